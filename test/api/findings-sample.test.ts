import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import type { Api } from '../../src/api/routes/methods.js'
import type { FindingRow, FindingsBody } from '../../src/api/schemas/findings.js'
import { checkSpan } from '../../src/load/quality.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { createEstate } from '../../src/sample/estate.js'
import { allocatedAt, type ClusterModel, isWithin, type PodModel, type Span } from '../../src/sample/model.js'
import { ingestAll } from '../support/ingest.js'
import { FIRST, HOUR, openSampleWorld, type SampleWorld } from '../support/sample-world.js'
import { SECRET, urlOf } from './world.js'

// Afternoon hours without a gap, of every cluster.
const RANGE = { from: FIRST + 13 * HOUR, to: FIRST + 17 * HOUR }
const ESTATE = createEstate({ start: RANGE.from, end: RANGE.to })
const CLUSTERS = ESTATE.accounts.flatMap(({ cloudAccountId, clusters }) =>
  clusters.map(cluster => ({ account: cloudAccountId, cluster })),
)
const NAMED = CLUSTERS.map(one => [`${one.account.slice(0, 4)} ${one.cluster.clusterId}`, one] as const)

let world: SampleWorld
let app: Api
beforeAll(async () => {
  world = await openSampleWorld({ estate: ESTATE })
  expect((await ingestAll(world.context())).open).toBe(0)
  app = buildApp({ pool: world.database.pool, clusterSecret: SECRET, now: () => world.now })
})
afterAll(async () => {
  await app.close()
  await world.close()
})

async function rowsOf(account: string, cluster: string, finding?: string): Promise<FindingRow[]> {
  const query = new URLSearchParams({
    ...{ start_date: String(RANGE.from), end_date: String(RANGE.to), k8s_cluster: cluster },
    ...{ min_confidence: '0', limit: '1000', minimum_nodes: '1' },
    ...(finding === undefined ? {} : { finding }),
  })
  const { statusCode, body } = await app.inject({
    url: `${urlOf(account, 'findings')}?${query}`,
    headers: { secret: SECRET },
  })
  expect(statusCode, body).toBe(200)
  return (JSON.parse(body) as FindingsBody).findings
}

const namesOf = (rows: readonly FindingRow[]) => rows.map(({ name }) => name).sort()
const meets = (one: Span, other: Span) => one.from < other.to && other.from < one.to
const LAST_HOUR = { from: RANGE.to - HOUR, to: RANGE.to }

/** Volumes of the last hour that no pod of the range mounts, as the estate has them. */
function unclaimed({ volumes, pods }: ClusterModel): string[] {
  return volumes
    .filter(volume => meets(volume, LAST_HOUR))
    .filter(
      ({ claim }) =>
        claim === null ||
        !pods.some(
          pod => meets(pod, RANGE) && pod.namespace === claim.namespace && pod.claims.includes(claim.name),
        ),
    )
    .map(({ name }) => name)
    .sort()
}

/** Balancers of the last hour before which no pod ran in it. */
function withoutPods({ loadBalancers, pods }: ClusterModel): string[] {
  return loadBalancers
    .filter(balancer => meets(balancer, LAST_HOUR))
    .filter(
      ({ namespace, selector }) =>
        !pods.some(
          pod =>
            meets(pod, LAST_HOUR) &&
            pod.namespace === namespace &&
            selector !== null &&
            [...selector].every(([label, value]) =>
              pod.labels.some(({ labels }) => labels.get(label) === value),
            ),
        ),
    )
    .map(({ service }) => service)
    .sort()
}

const comesWithNodes = ({ owner }: PodModel) => owner?.kind === 'DaemonSet' || owner?.kind === 'Node'

/** The most of a node's capacity that pods other than DaemonSets' were allocated in any hour, minute by minute. */
function highestShare({ machines, pods, gaps }: ClusterModel, node: string, resource: 'cpu' | 'ram'): number {
  let highest = 0
  for (let hour = RANGE.from; hour < RANGE.to; hour += HOUR) {
    let [allocated, capacity] = [0, 0]
    for (let t = hour; t < hour + HOUR; t += 60) {
      const machine = machines.find(one => one.node === node && one.from <= t && t < one.to)
      if (machine === undefined || isWithin(gaps, t)) continue
      capacity += resource === 'cpu' ? machine.cores : machine.ramBytes
      for (const pod of pods) {
        if (pod.machine.node !== node || t < pod.from || t >= pod.to || comesWithNodes(pod)) continue
        for (const container of pod.containers) allocated += allocatedAt(container, resource, t)
      }
    }
    if (capacity > 0) highest = Math.max(highest, allocated / capacity)
  }
  return highest
}

async function expectIdleNodes(account: string, cluster: ClusterModel): Promise<void> {
  const nodes = new Set(cluster.machines.filter(one => meets(one, LAST_HOUR)).map(({ node }) => node))
  const used = new Set(
    cluster.pods
      .filter(pod => meets(pod, RANGE) && pod.containers.some(({ gpus }) => gpus > 0))
      .map(({ machine }) => machine.node),
  )
  const idle = [...nodes].filter(
    node =>
      !used.has(node) && highestShare(cluster, node, 'cpu') < 0.1 && highestShare(cluster, node, 'ram') < 0.1,
  )
  const found = await rowsOf(account, cluster.clusterId, 'idle_node')
  expect(namesOf(found)).toEqual(idle.sort())
  for (const { name, evidence } of found) {
    expect(evidence).toMatchObject({
      highest_cpu_share: expect.closeTo(highestShare(cluster, name, 'cpu'), 2),
      highest_ram_share: expect.closeTo(highestShare(cluster, name, 'ram'), 2),
    })
  }
}

describe.each(NAMED)('the sample cluster %s', (_name, { account, cluster }) => {
  const { clusterId } = cluster

  it('has the volumes and balancers that its pods leave alone, and no other', async () => {
    expect(namesOf(await rowsOf(account, clusterId, 'unclaimed_volume'))).toEqual(unclaimed(cluster))
    expect(namesOf(await rowsOf(account, clusterId, 'balancer_without_pods'))).toEqual(withoutPods(cluster))
  })

  it('has the idle nodes that its pods leave idle', () => expectIdleNodes(account, cluster))

  it('has namespaces without requests where all containers of the estate lack them', async () => {
    const living = cluster.pods.filter(pod => meets(pod, RANGE))
    const asking = new Set(
      living
        .filter(({ containers }) =>
          containers.some(one => one.cpuRequest !== null || one.ramRequest !== null),
        )
        .map(({ namespace }) => namespace),
    )
    const bare = new Set(living.map(({ namespace }) => namespace).filter(one => !asking.has(one)))
    expect(namesOf(await rowsOf(account, clusterId, 'namespace_without_requests'))).toEqual([...bare].sort())
  })

  it('would save no more a month than it costs', async () => {
    const rows = await rowsOf(account, clusterId)
    const { rows: cost } = await world.database.pool.query<{ total: number }>(
      `select sum(asset_cost + network_cost)::float8 as total from warehouse.window_ledger
       where cloud_account_id = $1 and cluster_id = $2`,
      [account, clusterId],
    )
    const saved = rows.reduce((sum, row) => sum + (row.saving_month ?? 0), 0)
    expect(saved).toBeGreaterThan(0)
    expect(saved).toBeLessThanOrEqual((730 * (cost[0]?.total ?? 0)) / ((RANGE.to - RANGE.from) / HOUR))
  })

  it('is allocated what Kubecost says of it, where it says anything', async () => {
    const { pool } = world.database
    await checkSpan(pool, 'day', { cloudAccountId: account, clusterId, day: FIRST }, world.now)
    const { rows } = await pool.query<{ ok: boolean; observed: string }>(
      `select ok, observed, expected from warehouse.quality_result
       where cloud_account_id = $1 and cluster_id = $2 and check_id = 'allocation_agrees'`,
      [account, clusterId],
    )
    if (!cluster.collection.recordingRules) expect(rows).toEqual([])
    else expect(rows).toMatchObject([{ ok: true, observed: expect.stringMatching(/ cores, .* GiB$/) }])
  })
})

// Last, as they change what is there.
describe('once its day is summed', () => {
  beforeAll(async () => {
    for (const { account, cluster } of CLUSTERS) {
      const day = { cloudAccountId: account, clusterId: cluster.clusterId, day: FIRST }
      await rollUpDay(world.database.pool, day)
    }
  })

  it.each(NAMED)('the sample cluster %s has the same idle nodes', (_name, { account, cluster }) =>
    expectIdleNodes(account, cluster),
  )
})

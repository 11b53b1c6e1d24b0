import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FindingRow, FindingsBody } from '../../src/api/schemas/findings.js'
import { toMoney } from '../../src/domain/money.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { type ContainerFact, type NodeFact, publishFacts, type WindowFacts } from '../support/facts.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { bodyOf } from './ask-route.js'
import { FIRST, HOUR, MONDAY, openWorld, type World } from './world.js'

const HOURS = 24
const TO = MONDAY + HOURS * HOUR
const CLUSTERS = [
  ['one', clusterOne],
  ['untold', () => unheard('web', 'n')],
] as const

let world: World
beforeAll(async () => {
  world = await openWorld(TO + HOUR)
  const { pool } = world.database
  await seedAccount(pool, FIRST)
  for (const [cluster, factsOf] of CLUSTERS) {
    const key = { account: FIRST, cluster }
    await seedCluster(pool, key, MONDAY, TO - HOUR)
    for (let hour = 0; hour < HOURS; hour++)
      await publishFacts(pool, key, MONDAY + hour * HOUR, factsOf(hour))
  }
})
afterAll(() => world.close())

/** A node of 4 cores at 3 cents and 16 GiB at half a cent, for some minutes of the hour. */
function node(name: string, minutes = 60, more: Partial<NodeFact> = {}): NodeFact {
  const share = minutes / 60
  return {
    ...{ node: name, nodePool: name, minutes, gpuCost: 0n },
    ...{ cpuCost: toMoney(0.12 * share), ramCost: toMoney(0.08 * share) },
    ...more,
  }
}

function pod(on: string, cores: number, minutes = 60, more: Partial<ContainerFact> = {}): ContainerFact {
  const hours = (cores * minutes) / 60
  return {
    ...{
      namespace: 'shop',
      pod: `web-${on}`,
      node: on,
      minutes,
      controllerKind: 'Deployment',
      controller: 'web',
    },
    ...{ cpuHours: hours, cpuRequest: hours, cpuUsed: hours / 2, cpuCost: toMoney(0.03 * hours) },
    ...{ ramHours: hours, ramRequest: hours, ramUsed: hours / 2, ramCost: toMoney(0.005 * hours) },
    ...{ gpuCost: 0n, pvCost: 0n, balancerCost: 0n, zoneCost: 0n, regionCost: 0n, internetCost: 0n },
    ...more,
  }
}

const agent = (on: string, cores: number, minutes = 60, name = 'agent') =>
  pod(on, cores, minutes, { controllerKind: 'DaemonSet', controller: 'agent', pod: `${name}-${on}` })

const staticPod = (on: string, cores: number, name: string) =>
  pod(on, cores, 60, { controllerKind: 'Node', controller: on, pod: `${name}-${on}` })

const CORES = 0.1
const PRICE_THAT_ENDS_NOWHERE = 1 / 30

/** On each of the first four nodes a tenth of a core is allocated beside what comes with it. */
function clusterOne(hour: number): WindowFacts {
  const begins = hour === 0 ? 30 : 60
  const silent = unheard('mute', 'busy')
  return {
    nodes: [
      node('late'),
      node('short', begins),
      ...['a', 'b'].map(providerId => node('twins', 30, { providerId })),
      node('static'),
      node('gpu', 60, { gpuCost: null }),
      node('tenth', 60, { cpuCost: toMoney(4 * PRICE_THAT_ENDS_NOWHERE) }),
      node('busy'),
    ],
    containers: [
      pod('late', CORES),
      ...(hour < 12 ? [] : [agent('late', 1)]),
      pod('short', CORES, begins),
      agent('short', 0.8, begins),
      pod('twins', CORES),
      agent('twins', 1, 30, 'first'),
      agent('twins', 1, 30, 'second'),
      pod('static', CORES),
      staticPod('static', 0.5, 'one'),
      staticPod('static', 0.5, 'another'),
      pod('gpu', CORES, 60, { gpuHours: hour === 12 ? 1 : 0, gpuCost: null }),
      pod('tenth', 0.4, 60, { cpuCost: toMoney(0.4 * PRICE_THAT_ENDS_NOWHERE) }),
      pod('busy', 2),
      ...(silent.containers ?? []),
    ],
    metrics: [
      {
        metric: 'kubecost_pod_network_egress_bytes_total',
        labels: { namespace: 'shop', pod_name: 'web-busy' },
        increase: 1e6,
      },
    ],
  }
}

/** A quiet workload that no counter of traffic tells of. */
function unheard(name: string, on: string): WindowFacts {
  return {
    nodes: [node(on)],
    containers: [pod(on, 1, 60, { pod: `${name}-${on}`, controller: name, cpuUsed: 0.001 })],
  }
}

type Query = Record<string, string | number>

const ask = (query: Query = {}) =>
  bodyOf<FindingsBody>(world, 'findings', {
    ...{ start_date: MONDAY, end_date: TO, min_confidence: 0, minimum_nodes: 0, abandoned_days: 1 },
    ...query,
  })

async function idleNodes(query: Query = {}): Promise<Map<string, FindingRow['evidence']>> {
  const { findings } = await ask({ finding: 'idle_node', k8s_cluster: 'one', ...query })
  return new Map(findings.map(row => [row.name, row.evidence]))
}

/** What holds of the hours, and of the days that are made of them. */
function itHolds(): void {
  it('leaves out what comes with a node, whenever it came and however long the node was there', async () => {
    const found = await idleNodes()
    expect([...found.keys()].sort()).toEqual(['late', 'short', 'static', 'twins'])
    const daemons = { late: 0.5, short: 0.8, static: 1, twins: 1 }
    for (const [name, cores] of Object.entries(daemons)) {
      expect(found.get(name), name).toMatchObject({
        highest_cpu_share: expect.closeTo(CORES / 4, 9),
        highest_ram_share: expect.closeTo(CORES / 16, 9),
        daemonset_cpu_share: expect.closeTo(cores / 4, 9),
        daemonset_ram_share: expect.closeTo(cores / 16, 9),
      })
    }
  })

  it('does so in a range that cuts the day', async () => {
    const found = await idleNodes({ start_date: MONDAY + 6 * HOUR, end_date: TO - 6 * HOUR })
    expect([...found.keys()].sort()).toEqual(['late', 'short', 'static', 'twins'])
    expect(found.get('late')).toMatchObject({
      highest_cpu_share: expect.closeTo(CORES / 4, 9),
      daemonset_cpu_share: expect.closeTo(0.5 / 4, 9),
    })
  })

  it('takes traffic of a pod for none where the cluster counts that of others only', async () => {
    const { findings, by_finding } = await ask({ finding: 'abandoned_workload' })
    expect(findings).toMatchObject([{ name: 'mute', evidence: { traffic_bytes_per_second: 0 } }])
    expect(by_finding).toMatchObject([{ count: 1, unknown: 1 }])
  })
}

describe('of hours that are not summed yet', itHolds)

// Last, as they change what is there.
describe('of days', () => {
  beforeAll(async () => {
    const { pool } = world.database
    for (const [clusterId] of CLUSTERS) {
      await rollUpDay(pool, { cloudAccountId: FIRST, clusterId, day: MONDAY })
    }
    await pool.query(
      `update warehouse.allocation_hourly set cpu_core_hours = 4, ram_gib_hours = 16, gpu_hours = 8`,
    )
  })

  describe('whose hours nobody reads', itHolds)
})

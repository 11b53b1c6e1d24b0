import { type FactRecord, factPage } from '../../src/api/facts/answer.js'
import { hoursOnly } from '../../src/api/facts/day-plan.js'
import { askedFacts } from '../../src/api/query/asked-facts.js'
import { readQuery } from '../../src/api/query/read-query.js'
import { CostAllocationQuery } from '../../src/api/schemas/cost-allocation.js'
import { readSnapshot } from '../../src/api/snapshot.js'
import { type Money, sumMoney, toMoney } from '../../src/domain/money.js'
import {
  type SeedContainer,
  type SeedNode,
  type SeedRemainder,
  seedAccount,
  seedCluster,
  seedWindow,
} from '../support/seed.js'
import { randomNumbers } from './invented.js'
import { FIRST, HOUR, MONDAY, openWorld, type Question, type World } from './world.js'

interface MeasuredFact {
  readonly cluster: string
  readonly window: number
  readonly containers: SeedContainer[]
  readonly nodes: SeedNode[]
  readonly remainders: SeedRemainder[]
  readonly warnings: { code: string; detail: string }[]
}

// Over a midnight, so that every step but the month has an edge inside.
export const FROM = MONDAY - 5 * HOUR
const TO = MONDAY + 6 * HOUR
export const RANGE = { start_date: FROM, end_date: TO }

/** Values that a query could trip over, each of a pod of its own in namespace `odd`. */
export const ODD = ["a'b", '"', '\\', '%', '__proto__', '{"x":1}', '😀', '; drop table x', '__idle__', 'null']

/**
 * Two clusters with every part of the cost. Cluster two has no GPU series before Monday, says so, and never tells its
 * fee; the network of the pod `deaf` is known in no hour of no cluster, and nothing says why.
 */
export const measured: readonly MeasuredFact[] = inventFacts()

export async function openMeasuredWorld(): Promise<World> {
  const world = await openWorld(TO + 2 * HOUR)
  const { pool } = world.database
  await seedAccount(pool, FIRST)
  for (const cluster of ['one', 'two']) {
    await seedCluster(pool, { account: FIRST, cluster }, FROM, TO - HOUR)
  }
  for (const fact of measured) {
    await seedWindow(pool, { account: FIRST, cluster: fact.cluster }, fact.window, fact)
  }
  return world
}

function inventFacts(): MeasuredFact[] {
  const random = randomNumbers(20_260_303)
  const money = () => toMoney(random() * 0.05)
  const invented: MeasuredFact[] = []
  for (const cluster of ['one', 'two']) {
    for (let window = FROM; window < TO; window += HOUR) {
      const hasGpus = cluster === 'one' || window >= MONDAY
      const parts = () => ({
        ...{ container: 'main', cpuCost: money(), ramCost: money(), pvCost: money(), pvGibHours: random() },
        ...(hasGpus ? { gpuHours: random(), gpuCost: money() } : {}),
        ...{ networkZoneCost: money(), networkRegionCost: money(), networkInternetCost: money() },
        loadBalancerCost: money(),
      })
      const containers: SeedContainer[] = [
        { ...parts(), ...ids('shop', 'web', 'n1'), labels: { team: 'red', app: 'web' } },
        { ...parts(), ...ids('shop', 'db', 'n2'), labels: { team: 'blue', app: 'db' } },
        { ...parts(), ...ids('load', 'burst', 'n1'), labels: { app: 'burst', team: '' } },
        {
          ...{ ...parts(), networkZoneCost: null, networkRegionCost: null, networkInternetCost: null },
          ...{ ...ids('load', 'deaf', 'n2'), labels: { app: 'deaf' } },
        },
      ]
      if (window === MONDAY) {
        for (const value of ODD) {
          const labels = JSON.parse(`{"odd":${JSON.stringify(value)},"__proto__":${JSON.stringify(value)}}`)
          containers.push({ ...parts(), ...ids('odd', value, 'n1'), labels })
        }
      }
      const nodes = ['n1', 'n2'].map(node => ({
        ...{ node, cpuCost: toMoney(0.4 * random()), ramCost: toMoney(0.4 * random()) },
        ...(hasGpus ? { gpuCost: money() } : {}),
      }))
      const remainders: SeedRemainder[] = [
        { kind: 'unmounted', part: 'pv', namespace: 'shop', name: 'old-data', quantity: 8, cost: money() },
        { kind: 'unmounted', part: 'pv', name: 'pv-1', quantity: 4, cost: money() },
        { kind: 'unmounted', part: 'load_balancer', namespace: 'edge', name: 'edge/front', cost: money() },
        { kind: 'unallocated', part: 'network_zone', namespace: 'ghost', name: 'gone', cost: money() },
        { kind: 'unallocated', part: 'network_internet', name: 'gone', cost: money() },
      ]
      if (cluster === 'one') {
        remainders.push({ kind: 'cluster_management', part: 'management', name: 'EKS', cost: toMoney(0.1) })
      }
      const warnings = hasGpus ? [] : [{ code: 'gpu_not_collected', detail: 'no GPU series' }]
      if (cluster === 'two') warnings.push({ code: 'management_not_collected', detail: 'no fee series' })
      invented.push({ cluster, window, containers, nodes, remainders, warnings })
    }
  }
  return invented
}

function ids(namespace: string, pod: string, node: string) {
  return {
    namespace,
    pod,
    node,
    ...(pod === 'web' ? { controller: 'web', controllerKind: 'deployment' } : {}),
  }
}

/** All rows of a query as the database gives them: money as exact text. */
export async function recordsOf(
  world: World,
  query: Question,
): Promise<{ records: FactRecord[]; total: Money; count: number }> {
  const asked = readQuery(CostAllocationQuery, { ...RANGE, limit: 1000, ...query }, askedFacts)
  const scope = { ...asked, cloudAccountId: FIRST }
  const facts = { scope, shape: asked, plan: hoursOnly(asked.range) }
  const page = await readSnapshot(world.database.pool, FIRST, run =>
    run(factPage(facts, { ...asked, offset: 0 })),
  )
  return {
    records: page.flatMap(({ set_count: _count, set_cost: _cost, missing: _missing, ...record }) =>
      record.id === null ? [] : [record as FactRecord],
    ),
    total: moneyOf(page[0]?.set_cost),
    count: page[0]?.set_count ?? 0,
  }
}

/** Exact money of decimal text; null counts 0. */
export function moneyOf(text: string | null | undefined): Money {
  const [whole = '0', digits = ''] = (text ?? '0').replace('-', '').split('.')
  if (digits.length > 12) throw new Error(`${text} has more than twelve places`)
  const money = BigInt(whole + digits.padEnd(12, '0'))
  return text?.startsWith('-') ? -money : money
}

/** What each field of the answer should sum up to over all rows, worked out from the facts alone. */
export function expectedSums(idle: 'separate' | 'hide'): Record<string, Money> {
  const containers = measured.flatMap(fact => fact.containers)
  const own = (cost: (one: SeedContainer) => Money | null | undefined) =>
    sumMoney(containers.map(one => cost(one) ?? 0n))
  const rest = (part: SeedRemainder['part']) =>
    sumMoney(measured.flatMap(({ remainders }) => remainders.map(one => (one.part === part ? one.cost : 0n))))
  // With idle, what runs on nodes adds up to what the nodes cost.
  const onNodes = (cost: (one: SeedNode | SeedContainer) => Money | null | undefined) =>
    idle === 'hide' ? own(cost) : sumMoney(measured.flatMap(({ nodes }) => nodes.map(one => cost(one) ?? 0n)))
  const sums = {
    cpu_cost: onNodes(({ cpuCost }) => cpuCost),
    ram_cost: onNodes(({ ramCost }) => ramCost),
    gpu_cost: onNodes(({ gpuCost }) => gpuCost),
    pv_cost: own(({ pvCost }) => pvCost) + rest('pv'),
    network_zone_cost: own(({ networkZoneCost }) => networkZoneCost) + rest('network_zone'),
    network_region_cost: own(({ networkRegionCost }) => networkRegionCost) + rest('network_region'),
    network_internet_cost: own(({ networkInternetCost }) => networkInternetCost) + rest('network_internet'),
    load_balancer_cost: own(({ loadBalancerCost }) => loadBalancerCost) + rest('load_balancer'),
    management_cost: rest('management'),
  }
  return { ...sums, total_cost: sumMoney(Object.values(sums)) }
}

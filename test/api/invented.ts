import { DIMENSIONS, type Dimension, type Step } from '../../src/api/query/parameters.js'
import type { CostAllocationRow } from '../../src/api/schemas/cost-allocation.js'
import { toMoney } from '../../src/domain/money.js'
import { type SeedContainer, type SeedNode, seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { FIRST, HOUR, MONDAY, openWorld, type World } from './world.js'

export interface Fact {
  readonly cluster: string
  readonly window: number
  readonly coverage: number
  readonly containers: SeedContainer[]
  readonly nodes: SeedNode[]
}

// From Saturday evening to Monday noon over the end of a month: every step has an edge inside.
export const FROM = MONDAY - 30 * HOUR
export const TO = MONDAY + 12 * HOUR
export const RANGE = { start_date: FROM, end_date: TO }

export const SPECIAL = [
  "o'brien",
  '"quoted"',
  '__proto__',
  '😀-pod',
  'a\\b',
  '__idle__',
  'tab\there',
  '%',
  'ünï',
]

/** Two clusters with all that is awkward about containers, and what the answers should be, worked out here alone. */
export const facts: readonly Fact[] = inventFacts()

/** A world in which the invented facts are loaded for the first account. */
export async function openInventedWorld(): Promise<World> {
  const world = await openWorld(TO + 2 * HOUR)
  const { pool } = world.database
  await seedAccount(pool, FIRST, 'EUR')
  for (const cluster of ['one', 'two']) {
    await seedCluster(pool, { account: FIRST, cluster }, FROM, TO - HOUR)
  }
  for (const fact of facts) {
    await seedWindow(pool, { account: FIRST, cluster: fact.cluster }, fact.window, fact)
  }
  return world
}

function inventFacts(): Fact[] {
  const random = randomNumbers(20_260_302)
  const money = () => toMoney(random() * 0.05)
  const invented: Fact[] = []
  for (const cluster of ['one', 'two']) {
    for (let window = FROM; window < TO; window += HOUR) {
      const containers: SeedContainer[] = [
        {
          ...ids('shop', 'web', 'busy', 'web-set'),
          cpuRequest: 1,
          cpuUsed: random(),
          cpuCost: money(),
          ramCost: money(),
        },
        {
          ...ids('shop', `${cluster}-own`, 'same'),
          minutes: 30 * random(),
          cpuCost: money(),
          ramCost: money(),
        },
        {
          ...ids('load', 'bursty', 'same', 'burst'),
          ...{ cpuRequest: 2, cpuUsed: 0.5, ramRequest: 1, ramUsed: 2 },
          cpuCost: money(),
          ramCost: money(),
        },
        {
          ...ids('load', 'unrequested', 'same'),
          cpuUsed: 0.1,
          ramUsed: 0,
          cpuCost: money(),
          ramCost: money(),
        },
        { ...ids('mixed', 'unmeasured', 'same'), cpuRequest: 9, cpuCost: money(), ramCost: money() },
        {
          ...ids('mixed', 'measured', 'same'),
          cpuRequest: 1,
          cpuUsed: 0.5,
          cpuCost: money(),
          ramCost: money(),
        },
      ]
      if (window === MONDAY && cluster === 'one') {
        for (const pod of SPECIAL)
          containers.push({ ...ids(pod, pod, 'same', pod), cpuCost: money(), ramCost: money() })
      }
      const nodes: SeedNode[] = [
        { node: 'busy', cpuCost: toMoney(0.001), ramCost: toMoney(0.1) },
        { node: 'same', cpuCost: toMoney(0.5), ramCost: toMoney(0.4) },
      ]
      if (cluster === 'two') nodes.push({ node: 'empty', cpuCost: money(), ramCost: money() })
      invented.push({ cluster, window, coverage: 0.5 + random() / 2, containers, nodes })
    }
  }
  return invented
}

function ids(namespace: string, pod: string, node: string, controller: string | null = null) {
  return { namespace, pod, container: 'main', node, controller, controllerKind: controller && 'deployment' }
}

/** A small generator (mulberry32), so that a failure can be repeated. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function ownContainers(isOwn: (container: SeedContainer) => boolean) {
  return facts.flatMap(({ cluster, window, coverage, containers }) =>
    containers.filter(isOwn).map(container => ({ cluster, window, coverage, container })),
  )
}

export function cost({ container }: { container: SeedContainer }): number {
  return Number(container.cpuCost + container.ramCost) / 1e12
}

export function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

export function expectedTotal(idle: 'separate' | 'hide'): number {
  const money = facts.flatMap<Pick<SeedNode, 'cpuCost' | 'ramCost'>>(({ containers, nodes }) =>
    idle === 'hide' ? containers : nodes,
  )
  return Number(money.reduce((all, { cpuCost, ramCost }) => all + cpuCost + ramCost, 0n)) / 1e12
}

/** Kind, entity and start of every row that there should be, worked out from the invented facts alone. */
export function expectedKeys(dimension: Dimension, step: Step, idle: 'separate' | 'hide'): Set<string> {
  const keys = new Set<string>()
  for (const { cluster, window, containers, nodes } of facts) {
    const start = startOf(step, window)
    for (const container of containers) {
      const value = entityOf(dimension, cluster, container)
      keys.add(JSON.stringify([value === null ? 'unallocated' : 'workload', value, start]))
    }
    if (idle === 'hide') continue
    for (const { node } of nodes) {
      const value = dimension === 'cluster' ? cluster : dimension === 'node' ? node : null
      keys.add(JSON.stringify(['idle', value, start]))
    }
  }
  return keys
}

export function keyOf(row: CostAllocationRow): string {
  const value = DIMENSIONS.map(dimension => row[dimension]).find(one => one !== null) ?? null
  return JSON.stringify([row.kind, value, row.start_date])
}

function entityOf(dimension: Dimension, cluster: string, container: SeedContainer): string | null {
  if (dimension === 'cluster') return cluster
  if (dimension === 'controller_kind') return container.controllerKind ?? null
  return container[dimension] ?? null
}

function startOf(step: Step, window: number): number {
  const date = new Date(window * 1000)
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) / 1000
  if (step === 'all') return FROM
  if (step === 'hour') return window
  if (step === 'day') return midnight
  if (step === 'week') return midnight - ((date.getUTCDay() + 6) % 7) * 24 * HOUR
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000
}

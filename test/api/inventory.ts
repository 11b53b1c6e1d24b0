import { formatMoney, type Money, sumMoney, toMoney } from '../../src/domain/money.js'
import { type AssetFact, type NodeFact, publishFacts, type WindowFacts } from '../support/facts.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { randomNumbers } from './invented.js'
import { FIRST, HOUR, MONDAY, openWorld, type World } from './world.js'

/** Three days, of which the first begins and the last ends in the middle. */
export const FROM = MONDAY - 18 * HOUR
export const TO = MONDAY + 40 * HOUR
export const RANGE = { start_date: FROM, end_date: TO }
export const HOSTILE = `'; drop table x; -- <img src=x onerror=alert(1)> \u202e😀 =1+2`

interface Hour extends WindowFacts {
  readonly cluster: string
  readonly window: number
  readonly coverage: number
}

const key = (cluster: string) => ({ account: FIRST, cluster })

/**
 * Cluster one: a node that stays; a name that two machines have one after the other, both for half of an hour; a node
 * whose capacity is not reported for one hour of Monday; one with GPUs; disks, of which one grows and one has the worst
 * of names; a balancer and a fee. Cluster two: a spot node that nobody says how large it is.
 */
export const hours: readonly Hour[] = Array.from({ length: (TO - FROM) / HOUR }, (_, index) => {
  const window = FROM + index * HOUR
  const random = randomNumbers(index + 17)
  return [inventOne(window, random), inventTwo(window, random)]
}).flat()

function inventOne(window: number, random: () => number): Hour {
  const money = () => toMoney(random() * 0.1)
  const machine = (node: string, more: Partial<NodeFact>): NodeFact => ({
    ...{ node, cpuCost: money(), ramCost: money(), gpuCost: 0n, gpus: 0, spot: 0 },
    ...more,
  })
  const isDark = window === MONDAY + 5 * HOUR
  const change = MONDAY + 9 * HOUR
  const reused = [
    ...(window <= change ? [{ providerId: 'aws:///i-old', instanceType: 'm5.large', spot: 0 }] : []),
    ...(window >= change ? [{ providerId: 'aws:///i-new', instanceType: 'm6.large', spot: 1 }] : []),
  ]
  const nodes = [
    machine('steady', { instanceType: window < MONDAY ? 'a1' : 'a2', nodePool: 'base', cores: 8 }),
    ...reused.map(one => machine('reused', { ...one, minutes: 60 / reused.length })),
    machine('dark', isDark ? { cores: null, cpuCost: null } : {}),
    machine('graphics', { gpus: 2, gpuCost: money(), minutes: 45 }),
  ]
  const assets: AssetFact[] = [
    ...(window >= MONDAY - 3 * HOUR && window < MONDAY + 30 * HOUR
      ? [
          {
            type: 'disk' as const,
            id: 'pv-1',
            name: 'data',
            namespace: 'shop',
            claim: 'db',
            gib: window < MONDAY ? 10 : 20,
            storageClass: window < MONDAY ? 'slow' : 'fast',
            cost: money(),
          },
        ]
      : []),
    { type: 'disk', id: 'steady:sda', gib: 100, minutes: 30, cost: money() },
    { type: 'disk', id: HOSTILE, namespace: HOSTILE, claim: HOSTILE, gib: 1, cost: money() },
    { type: 'load_balancer', id: 'shop/front', namespace: 'shop', cost: money() },
    { type: 'management', id: 'EKS', cost: toMoney(0.1) },
  ]
  const pods = ['steady', 'reused', 'graphics'].map(node => ({
    ...{ namespace: 'shop', pod: `on-${node}`, node, cpuCost: money(), ramCost: money(), gpuCost: 0n },
  }))
  return { cluster: 'one', window, nodes, assets, containers: pods, coverage: window < MONDAY ? 0.5 : 1 }
}

function inventTwo(window: number, random: () => number): Hour {
  const cpuCost = toMoney(random())
  const nodes = [{ node: 'steady', cores: null, spot: 1, cpuCost: null, ramCost: cpuCost }]
  return { cluster: 'two', window, nodes, coverage: 1 }
}

export async function openInventory(): Promise<World> {
  const world = await openWorld(TO + 2 * HOUR)
  const { pool } = world.database
  await seedAccount(pool, FIRST)
  for (const cluster of ['one', 'two']) await seedCluster(pool, key(cluster), FROM, TO - HOUR)
  for (const { cluster, window, coverage, ...facts } of hours) {
    await publishFacts(pool, key(cluster), window, facts)
    await pool.query(
      `update warehouse.window_ledger set coverage = $4, unmounted_cost = 0, management_cost = 0, network_cost = 0
       where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
      [FIRST, cluster, window, coverage],
    )
  }
  return world
}

interface Seen {
  readonly hour: Hour
  readonly fact: NodeFact | AssetFact
}

const isNode = (fact: NodeFact | AssetFact): fact is NodeFact => 'node' in fact
const dayOf = (window: number) => Math.floor(window / (24 * HOUR))
const sum = (amounts: readonly (Money | null | undefined)[]) => sumMoney(amounts.map(one => one ?? 0n))
const costOf = (fact: NodeFact | AssetFact) =>
  isNode(fact) ? sum([fact.cpuCost, fact.ramCost, fact.gpuCost]) : fact.cost
const number = (money: Money) => Number(formatMoney(money))
const sumOrNull = (amounts: readonly (Money | null | undefined)[]) =>
  amounts.every(one => one == null) ? null : number(sum(amounts))

/** What should be told of each asset over `[from, to)`, by cluster, type, asset_id and name. */
export function expectedAssets(from = FROM, to = TO): object[] {
  const groups = new Map<string, Seen[]>()
  for (const hour of hours.filter(({ window }) => window >= from && window < to)) {
    for (const fact of [...(hour.nodes ?? []), ...(hour.assets ?? [])]) {
      const id = isNode(fact)
        ? ['node', fact.providerId ?? fact.node, fact.node]
        : [fact.type, fact.id, fact.name ?? fact.id]
      const text = JSON.stringify([hour.cluster, ...id])
      groups.set(text, [...(groups.get(text) ?? []), { hour, fact }])
    }
  }
  return [...groups].map(([text, seen]) => {
    const [cluster, asset_type, asset_id, name] = JSON.parse(text) as string[]
    return { cluster, asset_type, asset_id, name, ...describe(seen, from, to) }
  })
}

function describe(seen: readonly Seen[], from: number, to: number): object {
  const nodes = seen.flatMap(({ fact }) => (isNode(fact) ? [fact] : []))
  const others = seen.flatMap(({ fact }) => (isNode(fact) ? [] : [fact]))
  const windows = seen.map(({ hour }) => hour.window)
  const minutes = seen.reduce((all, { fact }) => all + (fact.minutes ?? 60), 0)
  const total = number(sum(seen.map(({ fact }) => costOf(fact))))
  const last = <T>(values: readonly (T | undefined)[]) => values.findLast(one => one !== undefined) ?? null
  const [first] = nodes
  return {
    ...{ provider_id: first?.providerId ?? null, instance_type: last(nodes.map(one => one.instanceType)) },
    ...{ region: null, zone: null, node_pool: last(nodes.map(one => one.nodePool)) },
    is_spot: first === undefined ? null : first.spot === 1,
    storage_class: last(others.map(one => one.storageClass)),
    ...{ namespace: last(others.map(one => one.namespace)), claim: last(others.map(one => one.claim)) },
    ...{ first_seen: Math.min(...windows), last_seen: Math.max(...windows) + HOUR, minutes },
    cpu_cores: meanOf(seen, fact => (isNode(fact) ? (fact.cores === undefined ? 4 : fact.cores) : null)),
    ram_gib: nodes.length > 0 ? 16 : null,
    gpus: meanOf(seen, fact => (isNode(fact) ? (fact.gpus ?? null) : null)),
    size_gib: meanOf(seen, fact => (isNode(fact) ? null : (fact.gib ?? null))),
    cpu_cost: sumOrNull(nodes.map(one => one.cpuCost)),
    ram_cost: sumOrNull(nodes.map(one => one.ramCost)),
    gpu_cost: sumOrNull(nodes.map(one => one.gpuCost)),
    ...{ total_cost: total, idle_cost: idleOf(seen, from, to), monthly_rate: (total / minutes) * 60 * 730 },
    coverage: coverageOf(seen),
  }
}

/** Mean over the minutes of the days that tell it in every hour, to the ninth place. */
function meanOf(
  seen: readonly Seen[],
  amountOf: (fact: NodeFact | AssetFact) => number | null,
): number | null {
  const isDark = (day: number) =>
    seen.some(({ hour, fact }) => dayOf(hour.window) === day && amountOf(fact) === null)
  const known = seen.filter(({ hour }) => !isDark(dayOf(hour.window)))
  const minutes = known.reduce((all, { fact }) => all + (fact.minutes ?? 60), 0)
  const amount = known.reduce((all, { fact }) => all + (amountOf(fact) ?? 0) * (fact.minutes ?? 60), 0)
  return minutes === 0 ? null : Math.round((amount / minutes) * 1e9) / 1e9
}

/** Mean over the hours seen of how well the day was measured. */
function coverageOf(seen: readonly Seen[]): number {
  const share = ({ hour }: Seen) =>
    hour.cluster === 'two' ? 1 : dayOf(hour.window) < dayOf(MONDAY) ? 0.5 : 1
  return seen.reduce((all, one) => all + share(one), 0) / seen.length
}

// By the day: where two machines had the name, each bears a part like its cost, and the last what is left by rounding.
function idleOf(seen: readonly Seen[], from: number, to: number): number | null {
  const days = new Set(seen.map(({ hour }) => dayOf(hour.window)))
  const parts = [...days].map(day => {
    const [one] = seen.filter(({ hour }) => dayOf(hour.window) === day)
    return one === undefined || !isNode(one.fact)
      ? null
      : idleOfDay(one.hour.cluster, one.fact, day, [from, to])
  })
  return sumOrNull(parts)
}

function idleOfDay(
  cluster: string,
  { node, providerId }: NodeFact,
  day: number,
  [from = 0, to = 0]: number[],
): Money | null {
  const all = hours.filter(
    one => one.cluster === cluster && dayOf(one.window) === day && one.window >= from && one.window < to,
  )
  const idle = all.flatMap(({ nodes = [], containers = [] }) => {
    const own = nodes.filter(one => one.node === node)
    if (own.some(one => one.cpuCost === null)) return []
    const charged = containers.filter(one => one.node === node)
    return [sum(own.map(costOf)) - sum(charged.map(one => sum([one.cpuCost, one.ramCost])))]
  })
  if (idle.length === 0) return null
  const costs = new Map<string, Money>()
  for (const one of all.flatMap(({ nodes = [] }) => nodes.filter(other => other.node === node)))
    costs.set(one.providerId ?? '', (costs.get(one.providerId ?? '') ?? 0n) + costOf(one))
  const [last = '', ...others] = [...costs.keys()].sort().reverse()
  const whole = sum([...costs.values()])
  const shareOf = (machine: string) => rounded(sum(idle) * (costs.get(machine) ?? 0n), whole)
  return providerId === undefined || providerId !== last
    ? costs.size === 1
      ? sum(idle)
      : shareOf(providerId ?? '')
    : sum(idle) - sum(others.map(shareOf))
}

function rounded(amount: bigint, by: bigint): bigint {
  const half = amount < 0n ? -by : by
  return (2n * amount + half) / (2n * by)
}

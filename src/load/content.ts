import type { Money } from '../domain/money.js'
import type { RemainderRow, WindowRows } from '../domain/rows.js'
import { formatWindow } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { DigestWriter } from './digest.js'
import { COST_TABLES, type FactRows, METRIC_TABLE } from './fact-tables.js'
import type { Keys } from './keys.js'

/** The rows of a window in their one order, with all that the ledger keeps about them. */
export interface WindowContent {
  readonly source: WindowRows
  readonly facts: FactRows
  /** SHA-256 over coverage and costs: the same for the same rows in any order. */
  readonly costHash: Buffer
  /** SHA-256 over the exporter's own series. */
  readonly metricHash: Buffer
  readonly totals: Totals
}

/** allocated + idle + unmounted + management + unallocated = asset + network, where every node's cost is known. */
export interface Totals {
  readonly asset: Money
  readonly allocated: Money
  readonly idle: Money
  readonly unmounted: Money
  readonly management: Money
  /** All traffic, of containers and of pods that nothing else knows. */
  readonly network: Money
  readonly unallocated: Money
}

/** Orders the rows of a window, totals them and hashes them. Two rows under one key are an error of the transform. */
export function contentOf(source: WindowRows, keys: Keys): WindowContent {
  const facts = factsOf(source, keys)
  refuseTwins(facts)
  const costs = new DigestWriter()
  costs.float8(source.coverage)
  for (const table of COST_TABLES) table.digest(costs, facts)
  const metrics = new DigestWriter()
  METRIC_TABLE.digest(metrics, facts)
  return {
    source,
    facts,
    costHash: costs.digest(),
    metricHash: metrics.digest(),
    totals: totalsOf(source),
  }
}

function factsOf(source: WindowRows, keys: Keys): FactRows {
  return {
    window: source.window,
    allocations: source.allocations
      .map(row => ({ key: keys.container(row), labelSetKey: keys.labelSet(row.labels), row }))
      .sort((a, b) => compare(a.key, b.key)),
    nodes: [...source.nodes].sort((a, b) => compare(a.node, b.node) || compare(a.providerId, b.providerId)),
    idle: [...source.idle].sort((a, b) => compare(a.node, b.node)),
    assets: [...source.assets].sort(
      (a, b) => compare(a.assetType, b.assetType) || compare(a.assetId, b.assetId),
    ),
    remainders: [...source.remainders].sort(
      (a, b) =>
        compare(a.kind, b.kind) ||
        compare(a.part, b.part) ||
        compare(a.namespace, b.namespace) ||
        compare(a.name, b.name),
    ),
    metrics: source.metrics
      .map(row => ({ key: keys.series(row), row }))
      .sort((a, b) => compare(a.key, b.key)),
  }
}

// By code unit: no locale may change the order.
function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function refuseTwins(facts: FactRows): void {
  const { window } = facts
  refuse(
    window,
    facts.allocations,
    a => a.key,
    ({ row }) => `${row.namespace}/${row.pod}/${row.container}`,
  )
  refuse(
    window,
    facts.nodes,
    a => JSON.stringify([a.node, a.providerId]),
    a => `node ${a.node}`,
  )
  refuse(
    window,
    facts.idle,
    a => a.node,
    a => `idle of node ${a.node}`,
  )
  refuse(
    window,
    facts.assets,
    a => JSON.stringify([a.assetType, a.assetId]),
    a => `${a.assetType} ${a.assetId}`,
  )
  refuse(
    window,
    facts.remainders,
    a => JSON.stringify([a.kind, a.part, a.namespace, a.name]),
    a => `${a.kind} ${a.part} ${a.namespace}/${a.name}`,
  )
  refuse(
    window,
    facts.metrics,
    a => a.key,
    ({ row }) => `a series of ${row.metric}`,
  )
}

function refuse<T>(
  window: FactRows['window'],
  sorted: readonly T[],
  keyOf: (row: T) => string | bigint,
  name: (row: T) => string,
): void {
  let before: string | bigint | undefined
  for (const row of sorted) {
    const key = keyOf(row)
    if (key === before) {
      throw new NamedError(
        'TRANSFORM_FAILED',
        `Window ${formatWindow(window)} has two rows for ${name(row).slice(0, 200)}, which would be one cost twice.`,
      )
    }
    before = key
  }
}

const RESOURCES = ['cpuCost', 'ramCost', 'gpuCost'] as const
const NETWORK = ['networkZoneCost', 'networkRegionCost', 'networkInternetCost'] as const
const CHARGES = [...RESOURCES, ...NETWORK, 'pvCost', 'loadBalancerCost'] as const

function totalsOf({ allocations, nodes, idle, assets, remainders }: WindowRows): Totals {
  const remaining = (isMeant: (row: RemainderRow) => boolean) => sumOf(remainders.filter(isMeant), ['cost'])
  return {
    asset: sumOf(nodes, RESOURCES) + sumOf(assets, ['totalCost']),
    allocated: sumOf(allocations, CHARGES),
    idle: sumOf(idle, RESOURCES),
    unmounted: remaining(row => row.kind === 'unmounted'),
    management: remaining(row => row.kind === 'cluster_management'),
    network: sumOf(allocations, NETWORK) + remaining(row => row.part.startsWith('network_')),
    unallocated: remaining(row => row.kind === 'unallocated'),
  }
}

/** Of what is known. Most parts of most rows are not there, and adding nothing to a bigint is not free. */
function sumOf<K extends string>(
  rows: readonly Readonly<Record<K, Money | null>>[],
  parts: readonly K[],
): Money {
  let sum = 0n
  for (const row of rows) {
    for (const part of parts) if (row[part]) sum += row[part]
  }
  return sum
}

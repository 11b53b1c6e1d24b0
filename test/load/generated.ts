import fc from 'fast-check'
import type {
  AllocationRow,
  AssetRow,
  IdleRow,
  MetricRow,
  NodeRow,
  PriceSource,
  RemainderRow,
  WindowRows,
} from '../../src/domain/rows.js'
import { allocation, asset, idle, metric, NOON, node, remainder, windowRows } from './rows.js'

const PRICE_SOURCES: PriceSource[] = [
  ...(['measured', 'repaired', 'carried', 'instance_type', 'node_total', 'default'] as const),
]

/** Any text that PostgreSQL can store, up to 300 characters. */
const name = fc
  .oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 300, size: 'max' }))
  .map(text => text.replaceAll('\0', ''))
const nameOrNull = fc.option(name)
const measure = fc.double({ noNaN: true, noDefaultInfinity: true })
const measureOrNull = fc.option(measure)
/** From a picodollar to a million, of which a window's totals still hold a hundred. */
const money = fc.oneof(
  fc.constantFrom(0n, 1n, 9_999n, 10_000n, 10n ** 12n, 10n ** 18n),
  fc.bigInt({ min: 0n, max: 10n ** 18n }),
)
const moneyOrNull = fc.option(money)
const priceSource = fc.constantFrom(...PRICE_SOURCES)
const labels = fc
  .uniqueArray(fc.tuple(name, name), { maxLength: 40, selector: ([label]) => label })
  .map(pairs => new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1))))

const allocations = fc.uniqueArray(
  fc
    .record({
      namespace: name,
      pod: name,
      container: name,
      node: name,
      providerId: nameOrNull,
      controllerKind: nameOrNull,
      controller: nameOrNull,
      podUid: nameOrNull,
      minutes: measure,
      cpuCoreHours: measure,
      cpuCoreRequestHours: measureOrNull,
      cpuCoreUsedHours: measureOrNull,
      ramGibHours: measure,
      ramGibRequestHours: measureOrNull,
      ramGibUsedHours: measureOrNull,
      gpuHours: measureOrNull,
      pvGibHours: measureOrNull,
      networkZoneGib: measureOrNull,
      networkRegionGib: measureOrNull,
      networkInternetGib: measureOrNull,
      loadBalancerHours: measureOrNull,
      cpuCost: money,
      ramCost: money,
      gpuCost: moneyOrNull,
      pvCost: moneyOrNull,
      networkZoneCost: moneyOrNull,
      networkRegionCost: moneyOrNull,
      networkInternetCost: moneyOrNull,
      loadBalancerCost: moneyOrNull,
      priceSource,
      labels: fc.option(labels),
    })
    .map((row): AllocationRow => ({ ...allocation(0), ...row })),
  { maxLength: 6, selector: row => JSON.stringify([row.namespace, row.pod, row.container, row.node]) },
)

const range = fc.record({ min: measure, max: measure })
const nodes = fc.uniqueArray(
  fc
    .record({
      node: name,
      providerId: name,
      instanceType: nameOrNull,
      region: nameOrNull,
      minutes: measure,
      cpuCores: measureOrNull,
      ramGib: measureOrNull,
      gpus: measureOrNull,
      cpuPrice: measure,
      ramPrice: measure,
      gpuPrice: measureOrNull,
      cpuPriceRange: range,
      ramPriceRange: range,
      priceSource,
      spotRatio: measureOrNull,
      zone: nameOrNull,
      nodePool: nameOrNull,
      cpuCost: moneyOrNull,
      ramCost: moneyOrNull,
      gpuCost: moneyOrNull,
    })
    .map((row): NodeRow => ({ ...node(0), ...row })),
  { maxLength: 4, selector: row => JSON.stringify([row.node, row.providerId]) },
)

const signed = fc.tuple(money, fc.boolean()).map(([amount, isNegative]) => (isNegative ? -amount : amount))
const idles = fc.uniqueArray(
  fc
    .record({ node: name, cpuCost: signed, ramCost: signed, gpuCost: fc.option(signed) })
    .map((row): IdleRow => ({ ...idle(0), ...row })),
  { maxLength: 4, selector: row => row.node },
)

const assets = fc.uniqueArray(
  fc
    .record({
      assetType: fc.constantFrom('disk' as const, 'load_balancer' as const, 'management' as const),
      assetId: name,
      name,
      namespace: nameOrNull,
      claim: nameOrNull,
      storageClass: nameOrNull,
      providerId: nameOrNull,
      minutes: measure,
      gib: measureOrNull,
      price: measure,
      priceSource: fc.constantFrom('measured' as const, 'repaired' as const, 'default' as const),
      totalCost: money,
    })
    .map((row): AssetRow => ({ ...asset(0), ...row })),
  { maxLength: 5, selector: row => JSON.stringify([row.assetType, row.assetId]) },
)

const remainders = fc.uniqueArray(
  fc
    .record({
      kind: fc.constantFrom('unmounted' as const, 'cluster_management' as const, 'unallocated' as const),
      part: fc.constantFrom(
        'pv' as const,
        'management' as const,
        'network_zone' as const,
        'load_balancer' as const,
      ),
      namespace: name,
      name,
      quantity: measure,
      cost: money,
    })
    .map((row): RemainderRow => ({ ...remainder(0), ...row })),
  { maxLength: 5, selector: row => JSON.stringify([row.kind, row.part, row.namespace, row.name]) },
)

const metrics = fc.uniqueArray(
  fc
    .record({
      metric: name,
      labels,
      samples: measure,
      avg: measureOrNull,
      min: measureOrNull,
      max: measureOrNull,
      last: measureOrNull,
      increase: measureOrNull,
    })
    .map((row): MetricRow => ({ ...metric(0), ...row })),
  { maxLength: 5, selector: row => JSON.stringify([row.metric, ...row.labels]) },
)

/** Rows of any content, of the window of noon until told otherwise. */
export const anyRows: fc.Arbitrary<WindowRows> = fc
  .record({ allocations, nodes, idle: idles, assets, remainders, metrics })
  .map(facts => windowRows(NOON, facts))

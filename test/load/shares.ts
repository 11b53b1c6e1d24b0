import fc from 'fast-check'
import { formatMoney, type Money, sumMoney } from '../../src/domain/money.js'

type Maybe<T> = T | null
type Part = 'gpuCost' | 'pvCost' | 'balancerCost' | 'zoneCost' | 'regionCost' | 'internetCost'

/** One row of an hour; quantities in core-hours and GiB-hours. */
interface SharedContainer extends Readonly<Record<Part, Maybe<Money>>> {
  readonly namespace: string
  readonly pod: string
  readonly node: string
  readonly cpuHours: number
  readonly cpuUsed: Maybe<number>
  readonly ramHours: number
  readonly ramUsed: Maybe<number>
  readonly cpuCost: Money
  readonly ramCost: Money
}

interface SharedNode {
  readonly node: string
  readonly cpuCost: Money
  readonly ramCost: Money
  readonly gpuCost: Maybe<Money>
}

interface SharedHour {
  /** Of the UTC day. */
  readonly hour: number
  readonly containers: readonly SharedContainer[]
  readonly nodes: readonly SharedNode[]
}

const cost = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.constant(0n))
const maybe = fc.option(cost, { nil: null })
const container = fc.record({
  namespace: fc.constantFrom('a', 'b'),
  pod: fc.constantFrom('p0', 'p1'),
  // Nobody knows what n3 cost; nothing ever runs on n4.
  node: fc.constantFrom('n0', 'n1', 'n2', 'n3'),
  cpuHours: fc.oneof(fc.double({ min: 0.001, max: 4, noNaN: true }), fc.constant(0)),
  cpuUsed: fc.option(fc.double({ min: 0, max: 4, noNaN: true }), { nil: null }),
  ramHours: fc.oneof(fc.double({ min: 0.001, max: 4, noNaN: true }), fc.constant(0)),
  ramUsed: fc.option(fc.double({ min: 0, max: 4, noNaN: true }), { nil: null }),
  cpuCost: cost,
  ramCost: cost,
  ...{ gpuCost: maybe, pvCost: maybe, balancerCost: maybe },
  ...{ zoneCost: maybe, regionCost: maybe, internetCost: maybe },
})
const node = fc.record({
  node: fc.constantFrom('n0', 'n1', 'n2', 'n4'),
  cpuCost: cost,
  ramCost: cost,
  gpuCost: maybe,
})
const anyHour: fc.Arbitrary<SharedHour> = fc.record({
  hour: fc.integer({ min: 0, max: 23 }),
  containers: fc.uniqueArray(container, {
    maxLength: 6,
    selector: one => `${one.namespace}/${one.pod}/${one.node}`,
  }),
  nodes: fc.uniqueArray(node, { maxLength: 4, selector: one => one.node }),
})
/** Some hours of a day, in any order. */
export const anyDay = fc.uniqueArray(anyHour, { minLength: 1, maxLength: 5, selector: one => one.hour })

type Resource = 'cpuCost' | 'ramCost' | 'gpuCost'
const RESOURCES = [
  ['cpuCost', 'cpu'],
  ['ramCost', 'ram'],
  ['gpuCost', 'gpu'],
] as const

/** An exact fraction, here of picodollars. */
class Fraction {
  constructor(
    readonly over: bigint,
    readonly under: bigint,
  ) {}

  plus(other: Fraction): Fraction {
    return new Fraction(this.over * other.under + other.over * this.under, this.under * other.under)
  }

  /** Whether the two are further apart than `units / of`. */
  differsFrom(other: Fraction, { units, of }: { units: bigint; of: bigint }): boolean {
    const apart = this.over * other.under - other.over * this.under
    return (apart < 0n ? -apart : apart) * of > units * this.under * other.under
  }
}

/** Decimal text of an amount, as a fraction of picodollars. */
export function shareOf(text: unknown): Fraction {
  const [, sign, whole, digits] = /^(-?)(\d+)\.(\d{24})$/.exec(String(text)) ?? []
  if (whole === undefined || digits === undefined) throw new Error(`not a share: ${text}`)
  return new Fraction(BigInt(`${sign}${whole}${digits}`), 10n ** 12n)
}

const amount = (row: Readonly<Record<Resource, Maybe<Money>>>, resource: Resource) => row[resource] ?? 0n
const onNode = (node: string) => (row: { readonly node: string }) => row.node === node

/** Idle of the nodes, and what the containers of the same unit were charged, of a resource in an hour. */
function unitOf(hour: SharedHour, resource: Resource, node: string | null) {
  const inUnit = node === null ? () => true : onNode(node)
  const nodes = hour.nodes.filter(inUnit)
  const known = nodes.filter(one => one[resource] !== null)
  const charged = (rows: readonly SharedContainer[]) => sumMoney(rows.map(row => amount(row, resource)))
  const idle = known.map(one => amount(one, resource) - charged(hour.containers.filter(onNode(one.node))))
  return { idle: sumMoney(idle), charged: charged(hour.containers.filter(inUnit)) }
}

function shareOfRow(hour: SharedHour, row: SharedContainer, node: string | null): Fraction {
  return RESOURCES.map(([resource]) => {
    const { idle, charged } = unitOf(hour, resource, node)
    return charged === 0n ? new Fraction(0n, 1n) : new Fraction(amount(row, resource) * idle, charged)
  }).reduce((sum, share) => sum.plus(share))
}

/** Of a cost, in picodollars, the ratio as the database writes a double in decimal: with fifteen digits. */
function usedOf(cost: Money, used: Maybe<number>, allocated: number): Money {
  if (used === null || !(allocated > 0)) return cost
  const [digits = '', exponent = ''] = Math.min(1, used / allocated)
    .toExponential(14)
    .split('e')
  const product = cost * BigInt(digits.replace('.', ''))
  const divisor = 10n ** BigInt(14 - Number(exponent))
  return (2n * product + divisor) / (2n * divisor)
}

const mask = (hours: readonly SharedHour[], has: (hour: SharedHour) => boolean) =>
  hours.filter(has).reduce((bits, { hour }) => bits + 2 ** hour, 0)

function expectedAllocation(hours: readonly SharedHour[], namespace: string, node: string) {
  const isOwn = (row: SharedContainer) => row.namespace === namespace && row.node === node
  const own = hours.flatMap(hour => hour.containers.filter(isOwn).map(row => ({ hour, row })))
  const lacking = (...parts: Part[]) =>
    mask(hours, hour => hour.containers.some(row => isOwn(row) && parts.some(part => row[part] === null)))
  const shares = (unit: string | null) =>
    own.map(({ hour, row }) => shareOfRow(hour, row, unit)).reduce((sum, share) => sum.plus(share))
  return {
    namespace,
    node,
    hour_mask: mask(hours, hour => hour.containers.some(isOwn)),
    no_gpu: lacking('gpuCost'),
    no_pv: lacking('pvCost'),
    no_network: lacking('zoneCost', 'regionCost', 'internetCost'),
    no_load_balancer: lacking('balancerCost'),
    cpu_used_cost: formatMoney(
      sumMoney(own.map(({ row }) => usedOf(row.cpuCost, row.cpuUsed, row.cpuHours))),
    ),
    ram_used_cost: formatMoney(
      sumMoney(own.map(({ row }) => usedOf(row.ramCost, row.ramUsed, row.ramHours))),
    ),
    byCluster: shares(null),
    byNode: shares(node),
  }
}

function expectedIdle(hours: readonly SharedHour[], node: string) {
  const own = hours.filter(hour => hour.nodes.some(onNode(node)))
  const left = (resource: Resource, unit: string | null) =>
    sumMoney(
      own
        .filter(hour => unitOf(hour, resource, unit).charged === 0n)
        .map(hour => unitOf(hour, resource, node).idle),
    )
  const columns = RESOURCES.flatMap(([resource, name]) => [
    [`${name}_left_by_cluster`, formatMoney(left(resource, null))],
    [`${name}_left_by_node`, formatMoney(left(resource, node))],
  ])
  return {
    node,
    hour_mask: mask(own, () => true),
    no_gpu: mask(own, hour => hour.nodes.some(one => one.node === node && one.gpuCost === null)),
    ...Object.fromEntries(columns),
  }
}

export interface ExpectedDay {
  readonly allocations: readonly ReturnType<typeof expectedAllocation>[]
  readonly idles: readonly ReturnType<typeof expectedIdle>[]
}

/** What the hours make of a day, each computed by itself in whole numbers: rows by namespace and node, idle by node. */
export function expectedDay(hours: readonly SharedHour[]): ExpectedDay {
  const groups = new Set(
    hours.flatMap(({ containers }) => containers.map(row => `${row.namespace}/${row.node}`)),
  )
  const nodes = new Set(hours.flatMap(hour => hour.nodes.map(one => one.node)))
  return {
    allocations: [...groups].sort().map(group => {
      const [namespace = '', node = ''] = group.split('/')
      return expectedAllocation(hours, namespace, node)
    }),
    idles: [...nodes].sort().map(node => expectedIdle(hours, node)),
  }
}

import { formatMoney, type Money, sumMoney } from '../domain/money.js'
import type { AllocationRow, CheckResult, RemainderRow, WindowRows } from '../domain/rows.js'
import { machinesByNode, RESOURCES, type ResourceCost } from './idle.js'

type Rows = Pick<WindowRows, 'allocations' | 'nodes' | 'idle' | 'assets' | 'remainders' | 'coverage'>

/** What allocations may fall short of requests by: rounding of sums of samples. */
const NOISE = 1e-9

/** The identities of the cost model that one window can be held to, computed anew from its finished rows. */
export function checkRows(rows: Rows): CheckResult[] {
  const sides = nodeSides(rows)
  return [nodesAddUp(sides), assetsAddUp(rows), clusterAddsUp(rows, sides), quantitiesAreSane(rows)]
}

interface NodeSides {
  readonly node: string
  readonly resource: ResourceCost
  /** Containers and idle. */
  readonly borne: Money
  readonly paid: Money
}

/** Both sides of what each node cost, per resource. Where a part of either is unknown so is idle, and neither counts. */
function nodeSides({ allocations, nodes, idle }: Rows): NodeSides[] {
  const charged = rowsByNode(allocations)
  const rest = rowsByNode(idle)
  const paidFor = machinesByNode(nodes)
  const names = new Set([...paidFor.keys(), ...charged.keys(), ...rest.keys()])
  return [...names].flatMap(node => {
    const machines = paidFor.get(node) ?? []
    const containers = charged.get(node) ?? []
    const isKnown = (resource: ResourceCost) =>
      [...machines, ...containers].every(row => row[resource] !== null)
    if (!isKnown('cpuCost') || !isKnown('ramCost')) return []
    return RESOURCES.filter(isKnown).map(resource => {
      const sum = (rows: readonly Readonly<Record<ResourceCost, Money | null>>[]) =>
        sumMoney(rows.map(row => row[resource] ?? 0n))
      return { node, resource, borne: sum(containers) + sum(rest.get(node) ?? []), paid: sum(machines) }
    })
  })
}

function rowsByNode<T extends { readonly node: string }>(rows: readonly T[]): Map<string, T[]> {
  const byNode = new Map<string, T[]>()
  for (const row of rows) {
    const list = byNode.get(row.node)
    if (list) list.push(row)
    else byNode.set(row.node, [row])
  }
  return byNode
}

/** I1: per node and resource, containers + idle = what the node cost. */
function nodesAddUp(sides: readonly NodeSides[]): CheckResult {
  const fault = sides.find(({ borne, paid }) => borne !== paid)
  const named = fault && (fault.resource === 'gpuCost' ? 'GPU' : fault.resource.slice(0, 3))
  return money(
    'I1',
    sumMoney(sides.map(({ borne }) => borne)),
    sumMoney(sides.map(({ paid }) => paid)),
    fault && `node ${fault.node}: ${named} ${formatMoney(fault.borne)} of ${formatMoney(fault.paid)}`,
  )
}

/** I2: volumes on pods + unmounted = disks, and the same for load balancers. */
function assetsAddUp({ allocations, assets, remainders }: Rows): CheckResult {
  const paid = (type: string) =>
    sumMoney(assets.filter(row => row.assetType === type).map(row => row.totalCost))
  const disks = sumMoney(allocations.map(row => row.pvCost ?? 0n)) + costOf(remainders, 'pv')
  const balancers =
    sumMoney(allocations.map(row => row.loadBalancerCost ?? 0n)) + costOf(remainders, 'load_balancer')
  const fault =
    disks !== paid('disk')
      ? 'volumes and disks differ'
      : balancers !== paid('load_balancer')
        ? 'shares of load balancers and load balancers differ'
        : undefined
  return money('I2', disks + balancers, paid('disk') + paid('load_balancer'), fault)
}

/** I3: allocations + idle + remainders = assets + network. */
function clusterAddsUp({ allocations, assets, remainders }: Rows, sides: readonly NodeSides[]): CheckResult {
  const network = (row: AllocationRow) =>
    (row.networkZoneCost ?? 0n) + (row.networkRegionCost ?? 0n) + (row.networkInternetCost ?? 0n)
  const rest = (row: AllocationRow) => network(row) + (row.pvCost ?? 0n) + (row.loadBalancerCost ?? 0n)
  const observed =
    sumMoney(sides.map(({ borne }) => borne)) +
    sumMoney(allocations.map(rest)) +
    sumMoney(remainders.map(row => row.cost))
  const expected =
    sumMoney(sides.map(({ paid }) => paid)) +
    sumMoney(assets.map(row => row.totalCost)) +
    sumMoney(allocations.map(network)) +
    sumMoney(remainders.filter(row => row.part.startsWith('network_')).map(row => row.cost))
  return money('I3', observed, expected, observed === expected ? undefined : 'the cluster does not add up')
}

/** I7: allocated ≥ requested, at most the hour, coverage within 0 and 1. */
function quantitiesAreSane({ allocations, coverage }: Rows): CheckResult {
  const isShort = (allocated: number, requested: number | null) => allocated < (requested ?? 0) * (1 - NOISE)
  const odd = allocations.filter(
    row =>
      isShort(row.cpuCoreHours, row.cpuCoreRequestHours) ||
      isShort(row.ramGibHours, row.ramGibRequestHours) ||
      !(row.minutes >= 0 && row.minutes <= 60 + NOISE),
  )
  const [first] = odd
  const isCovered = coverage >= 0 && coverage <= 1
  const detail = first
    ? `${first.namespace}/${first.pod}/${first.container}: less than requested, or longer than the hour`
    : `coverage ${coverage}`
  return {
    check: 'I7',
    ok: odd.length === 0 && isCovered,
    observed: String(odd.length),
    expected: '0',
    ...(odd.length === 0 && isCovered ? {} : { detail }),
  }
}

function costOf(remainders: readonly RemainderRow[], part: RemainderRow['part']): Money {
  return sumMoney(remainders.filter(row => row.part === part).map(row => row.cost))
}

function money(check: string, observed: Money, expected: Money, fault: string | undefined): CheckResult {
  return {
    check,
    ok: fault === undefined,
    observed: formatMoney(observed),
    expected: formatMoney(expected),
    ...(fault === undefined ? {} : { detail: fault }),
  }
}

import { formatMoney, type Money, sumMoney } from '../domain/money.js'
import type { AllocationRow, CheckResult, RemainderRow, WindowRows } from '../domain/rows.js'
import { machinesByNode, RESOURCES, type ResourceCost } from './idle.js'

type Rows = Pick<WindowRows, 'allocations' | 'nodes' | 'idle' | 'assets' | 'remainders' | 'coverage'>

/** What allocations may fall short of requests by: rounding of sums of samples. */
const NOISE = 1e-9

/** The identities of the cost model that one window can be held to, computed anew from its finished rows. */
export function checkRows(rows: Rows): CheckResult[] {
  return [nodesAddUp(rows), assetsAddUp(rows), clusterAddsUp(rows), quantitiesAreSane(rows)]
}

/** I1: per node and resource, containers + idle = what the node cost. */
function nodesAddUp({ allocations, nodes, idle }: Rows): CheckResult {
  const charged = new Map<string, Record<ResourceCost, Money>>()
  for (const row of [...allocations, ...idle]) {
    const sums = charged.get(row.node) ?? { cpuCost: 0n, ramCost: 0n, gpuCost: 0n }
    for (const resource of RESOURCES) sums[resource] += row[resource] ?? 0n
    charged.set(row.node, sums)
  }
  let observed = 0n
  let expected = 0n
  let fault: string | undefined
  for (const [node, machines] of machinesByNode(nodes)) {
    for (const resource of RESOURCES) {
      const paid = sumMoney(machines.map(row => row[resource] ?? 0n))
      const borne = charged.get(node)?.[resource] ?? 0n
      observed += borne
      expected += paid
      if (borne !== paid)
        fault ??= `node ${node}: ${resource === 'gpuCost' ? 'GPU' : resource.slice(0, 3)} ${formatMoney(borne)} of ${formatMoney(paid)}`
    }
  }
  return money('I1', observed, expected, fault)
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
function clusterAddsUp({ allocations, nodes, idle, assets, remainders }: Rows): CheckResult {
  const network = (row: AllocationRow) =>
    (row.networkZoneCost ?? 0n) + (row.networkRegionCost ?? 0n) + (row.networkInternetCost ?? 0n)
  const observed =
    sumMoney(allocations.map(totalOf)) +
    sumMoney(idle.map(row => row.cpuCost + row.ramCost + (row.gpuCost ?? 0n))) +
    sumMoney(remainders.map(row => row.cost))
  const expected =
    sumMoney(nodes.map(row => (row.cpuCost ?? 0n) + (row.ramCost ?? 0n) + (row.gpuCost ?? 0n))) +
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

function totalOf(row: AllocationRow): Money {
  return (
    row.cpuCost +
    row.ramCost +
    (row.gpuCost ?? 0n) +
    (row.pvCost ?? 0n) +
    (row.networkZoneCost ?? 0n) +
    (row.networkRegionCost ?? 0n) +
    (row.networkInternetCost ?? 0n) +
    (row.loadBalancerCost ?? 0n)
  )
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

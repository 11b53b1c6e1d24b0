import type { AllocationRecord } from './cost-allocation-query.js'
import type { CostAllocationRequest, Dimension } from './parameters.js'
import type { CostAllocationRow } from './schemas/cost-allocation.js'
import { stepEnd } from './steps.js'

const PARTS = {
  gpu: 'gpu_hours and gpu_cost',
  pv: 'pv_gib_hours and pv_cost',
  network: 'network_zone_cost, network_region_cost, network_internet_cost and network_cost',
  load_balancer: 'load_balancer_cost',
  management: 'management_cost',
  shared: 'shared_cost',
}

/** One entry per part of the cost that no row has yet; the totals are without them. */
export const missingParts = Object.entries(PARTS).map(([part, fields]) => ({
  code: `${part}_not_computed`,
  detail: `${fields} are null: this version does not compute them, and total_cost is without them`,
}))

const notComputed = {
  labels: null,
  gpu_hours: null,
  gpu_cost: null,
  pv_gib_hours: null,
  pv_cost: null,
  network_zone_cost: null,
  network_region_cost: null,
  network_internet_cost: null,
  network_cost: null,
  load_balancer_cost: null,
  management_cost: null,
  shared_cost: null,
}

/** The row as the API gives it, from the record as the database does. */
export function toCostAllocationRow(
  record: AllocationRecord,
  request: CostAllocationRequest,
): CostAllocationRow {
  return {
    id: record.id,
    name: record.name,
    kind: record.kind,
    ...identityOf(record.value, request.breakdownBy),
    ...notComputed,
    start_date: record.step_start,
    end_date: stepEnd(request.step, record.step_start, request.range),
    minutes: record.minutes,
    first_seen: record.first_seen,
    last_seen: record.last_seen,
    cpu_core_hours: record.cpu_core_hours,
    cpu_core_request_hours: record.cpu_core_request_hours,
    cpu_core_used_hours: record.cpu_core_used_hours,
    cpu_cost: Number(record.cpu_cost),
    ram_gib_hours: record.ram_gib_hours,
    ram_gib_request_hours: record.ram_gib_request_hours,
    ram_gib_used_hours: record.ram_gib_used_hours,
    ram_cost: Number(record.ram_cost),
    // No idle is shared out over workloads, which is known and therefore 0; for the idle itself the field means nothing.
    idle_cost: record.kind === 'idle' ? null : 0,
    total_cost: Number(record.total_cost),
    cpu_efficiency: record.cpu_efficiency,
    ram_efficiency: record.ram_efficiency,
    total_efficiency: record.total_efficiency,
    coverage: record.coverage,
  }
}

/** Only what the breakdown fixes: a namespace of two clusters is one row that belongs to neither. */
function identityOf(value: string | null, dimension: Dimension): Record<Dimension, string | null> {
  return {
    cluster: null,
    namespace: null,
    node: null,
    controller_kind: null,
    controller: null,
    pod: null,
    container: null,
    [dimension]: value,
  }
}

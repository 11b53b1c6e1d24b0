import type { FactRecord } from '../facts/answer.js'
import type { CostAllocationRow } from '../schemas/cost-allocation.js'
import type { AskedFacts } from './facts.js'
import { identityOf } from './identity.js'
import { stepEnd } from './steps.js'

/** The row as the API gives it, from the record as the database does. */
export function toCostAllocationRow(
  record: FactRecord,
  asked: Pick<AskedFacts, 'breakdownBy' | 'step' | 'range'>,
): CostAllocationRow {
  return {
    ...identityOf(record, asked.breakdownBy),
    start_date: record.step_start,
    end_date: stepEnd(asked.step, record.step_start, asked.range),
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
    gpu_hours: record.gpu_hours,
    gpu_cost: toNumber(record.gpu_cost),
    pv_gib_hours: record.pv_gib_hours,
    pv_cost: toNumber(record.pv_cost),
    network_zone_cost: toNumber(record.network_zone_cost),
    network_region_cost: toNumber(record.network_region_cost),
    network_internet_cost: toNumber(record.network_internet_cost),
    network_cost: toNumber(record.network_cost),
    load_balancer_cost: toNumber(record.load_balancer_cost),
    management_cost: Number(record.management_cost),
    shared_cost: Number(record.shared_cost),
    // Idle that was shared out onto the row; for the idle itself the field means nothing.
    idle_cost: record.kind === 'idle' ? null : Number(record.idle_cost),
    total_cost: Number(record.total_cost),
    cpu_efficiency: record.cpu_efficiency,
    ram_efficiency: record.ram_efficiency,
    total_efficiency: record.total_efficiency,
    coverage: record.coverage,
  }
}

function toNumber(amount: string | null): number | null {
  return amount === null ? null : Number(amount)
}

import type { Row } from '../../../../src/dashboard/views/allocation/drill.js'
import { NO_IDENTITY } from '../no-identity.js'

/** A row of cost_allocation: ten minutes of a workload, with nothing that a breakdown fixes but what is given. */
export function rowOf(given: Partial<Row>): Row {
  return {
    id: 'f28197fb-b237-3ee6-0a36-b2ea67938596',
    name: 'row',
    kind: 'workload',
    ...NO_IDENTITY,
    start_date: 0,
    end_date: 86_400,
    minutes: 10,
    first_seen: 0,
    last_seen: 86_400,
    cpu_core_hours: 1,
    cpu_core_request_hours: 1,
    cpu_core_used_hours: 1,
    cpu_cost: 1,
    ram_gib_hours: 1,
    ram_gib_request_hours: 1,
    ram_gib_used_hours: 1,
    ram_cost: 1,
    gpu_hours: 0,
    gpu_cost: 0,
    pv_gib_hours: 0,
    pv_cost: 0,
    network_zone_cost: null,
    network_region_cost: null,
    network_internet_cost: null,
    network_cost: null,
    load_balancer_cost: 0,
    management_cost: 0,
    shared_cost: 0,
    idle_cost: 0,
    total_cost: 2,
    cpu_efficiency: 1,
    ram_efficiency: 1,
    total_efficiency: 1,
    coverage: 1,
    ...given,
  }
}

import type { BodyOf } from '../../../../src/dashboard/api/routes.js'
import { NO_IDENTITY } from '../no-identity.js'

export type Row = BodyOf<'efficiency'>['efficiency'][number]

/** A row of an answer that has nothing but what is told. */
export const row = (told: Partial<Row>): Row => ({
  id: 'id',
  name: 'name',
  kind: 'workload',
  ...NO_IDENTITY,
  start_date: 0,
  end_date: 3600,
  cpu_core_request_hours: null,
  cpu_core_used_hours: null,
  cpu_core_hours: null,
  ram_gib_request_hours: null,
  ram_gib_used_hours: null,
  ram_gib_hours: null,
  cpu_efficiency: null,
  ram_efficiency: null,
  total_efficiency: null,
  no_requests: false,
  used_cost: 0,
  workload_idle_cost: 0,
  infra_idle_cost: 0,
  wasted_cost: 0,
  total_cost: 0,
  band: null,
  coverage: 1,
  ...told,
})

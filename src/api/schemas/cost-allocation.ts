import { type Static, Type } from 'typebox'
import { Meta, NullableLabels, NullableNumber, NullableString, Page, Timestamp } from './common.js'

const Kind = Type.Union([
  Type.Literal('workload'),
  Type.Literal('idle'),
  Type.Literal('unmounted'),
  Type.Literal('cluster_management'),
  Type.Literal('unallocated'),
])

// A part of the cost is null where none of it was measured, and 0 where it is known not to apply: an idle row has no
// volumes, and the management fee is in no row but its own.
export const CostAllocationRow = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Kind,
  cluster: NullableString,
  namespace: NullableString,
  node: NullableString,
  controller_kind: NullableString,
  controller: NullableString,
  pod: NullableString,
  container: NullableString,
  labels: NullableLabels,
  start_date: Timestamp,
  end_date: Timestamp,
  minutes: NullableNumber,
  first_seen: Timestamp,
  last_seen: Timestamp,
  cpu_core_hours: NullableNumber,
  cpu_core_request_hours: NullableNumber,
  cpu_core_used_hours: NullableNumber,
  cpu_cost: Type.Number(),
  ram_gib_hours: NullableNumber,
  ram_gib_request_hours: NullableNumber,
  ram_gib_used_hours: NullableNumber,
  ram_cost: Type.Number(),
  gpu_hours: NullableNumber,
  gpu_cost: NullableNumber,
  pv_gib_hours: NullableNumber,
  pv_cost: NullableNumber,
  network_zone_cost: NullableNumber,
  network_region_cost: NullableNumber,
  network_internet_cost: NullableNumber,
  network_cost: NullableNumber,
  load_balancer_cost: NullableNumber,
  management_cost: Type.Number({ description: 'The fee in its own row, 0 in all others.' }),
  shared_cost: Type.Number({ description: 'Cost shared out onto the row; 0 where no sharing is asked.' }),
  idle_cost: NullableNumber,
  total_cost: Type.Number(),
  cpu_efficiency: NullableNumber,
  ram_efficiency: NullableNumber,
  total_efficiency: NullableNumber,
  coverage: NullableNumber,
})
export type CostAllocationRow = Static<typeof CostAllocationRow>

export const CostAllocationBody = Type.Object({
  start_date: Timestamp,
  end_date: Timestamp,
  breakdown_by: Type.String(),
  step: Type.String(),
  total_cost: Type.Number(),
  total_count: Type.Integer(),
  previous_total: NullableNumber,
  previous_range_start: Timestamp,
  cost_allocation: Type.Array(CostAllocationRow),
  meta: Meta,
  page: Page,
})
export type CostAllocationBody = Static<typeof CostAllocationBody>

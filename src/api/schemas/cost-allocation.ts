import { type Static, Type } from 'typebox'
import { BREAKDOWN_BY, DATES, FILTERS, FORMAT, IDLE, paging, SHARING, STEP } from '../query/parameters.js'
import { Identity, ListHead, Meta, NullableNumber, Page, Timestamp } from './common.js'

// A part of the cost is null where none of it was measured, and 0 where it is known not to apply: an idle row has no
// volumes, and the management fee is in no row but its own.
export const CostAllocationRow = Type.Object({
  ...Identity,
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
  ...ListHead,
  cost_allocation: Type.Array(CostAllocationRow),
  meta: Meta,
  page: Page,
})
export type CostAllocationBody = Static<typeof CostAllocationBody>

const SORTS = [
  'total_cost',
  'cpu_cost',
  'ram_cost',
  'name',
  'start_date',
  'minutes',
  'cpu_core_hours',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'ram_gib_hours',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'gpu_hours',
  'gpu_cost',
  'pv_gib_hours',
  'pv_cost',
  'network_zone_cost',
  'network_region_cost',
  'network_internet_cost',
  'network_cost',
  'load_balancer_cost',
  'management_cost',
  'shared_cost',
  'idle_cost',
  'cpu_efficiency',
  'ram_efficiency',
  'total_efficiency',
  'coverage',
] as const

export const CostAllocationQuery = Type.Object({
  ...DATES,
  ...BREAKDOWN_BY,
  ...STEP,
  ...FILTERS,
  ...IDLE,
  ...SHARING,
  ...paging(SORTS, 'total_cost'),
  ...FORMAT,
})

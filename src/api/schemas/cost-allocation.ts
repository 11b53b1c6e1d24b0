import { type Static, Type } from 'typebox'
import { BREAKDOWN_BY, DATES, FILTERS, FORMAT, IDLE, paging, SHARING, STEP } from '../query/parameters.js'
import { Identity, ListHead, Meta, NullableNumber, Page } from './common.js'

// A part of the cost is null where none of it was measured, and 0 where it is known not to apply: an idle row has no
// volumes, and the management fee is in no row but its own.
export const CostAllocationRow = Type.Object(
  {
    ...Identity,
    start_date: Type.Integer({ description: 'Start of the step, Unix seconds UTC.' }),
    end_date: Type.Integer({ description: 'End of the step, Unix seconds UTC.' }),
    minutes: measured('Container-minutes.'),
    first_seen: Type.Integer({
      description: 'Start of the first window with anything of it, Unix seconds UTC.',
    }),
    last_seen: Type.Integer({ description: 'End of the last window with anything of it, Unix seconds UTC.' }),
    cpu_core_hours: measured('Core-hours charged: the larger of requested and used, minute by minute.'),
    cpu_core_request_hours: measured('Core-hours requested.'),
    cpu_core_used_hours: measured('Core-hours used.'),
    cpu_cost: Type.Number({ description: 'Cost of CPU.' }),
    ram_gib_hours: measured('GiB-hours of memory charged: the larger of requested and used.'),
    ram_gib_request_hours: measured('GiB-hours requested.'),
    ram_gib_used_hours: measured('GiB-hours used, as working set.'),
    ram_cost: Type.Number({ description: 'Cost of memory.' }),
    gpu_hours: measured('GPU-hours.'),
    gpu_cost: measured('Cost of GPUs.'),
    pv_gib_hours: measured('GiB-hours of persistent volumes.'),
    pv_cost: measured('Cost of persistent volumes.'),
    network_zone_cost: measured('Cost of traffic to other zones.'),
    network_region_cost: measured('Cost of traffic to other regions.'),
    network_internet_cost: measured('Cost of traffic to the internet.'),
    network_cost: measured('Sum of the three.'),
    load_balancer_cost: measured('Cost of load balancers.'),
    management_cost: Type.Number({ description: 'The fee in its own row, 0 in all others.' }),
    shared_cost: Type.Number({ description: 'Cost shared out onto the row; 0 where no sharing is asked.' }),
    idle_cost: measured('Idle cost shared out onto the row; null for idle itself.'),
    total_cost: Type.Number({ description: 'All parts that are known, with what was shared out.' }),
    cpu_efficiency: measured('Used ÷ requested; 1 for usage without any request. May exceed 1.'),
    ram_efficiency: measured('Used ÷ requested; 1 for usage without any request. May exceed 1.'),
    total_efficiency: measured('Of both, weighted by their cost.'),
    coverage: measured('Mean measured share of its windows, 0 to 1.'),
  },
  { description: 'A part of the cost that could not be measured is null; meta.warnings says why.' },
)
export type CostAllocationRow = Static<typeof CostAllocationRow>

function measured(description: string) {
  return Type.Unsafe<number | null>({ ...NullableNumber, description })
}

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

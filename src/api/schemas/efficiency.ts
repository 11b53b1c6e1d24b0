import { type Static, Type } from 'typebox'
import { BREAKDOWN_BY, DATES, FILTERS, FORMAT, IDLE, paging, SHARING, STEP } from '../query/parameters.js'
import { Identity, ListHead, Meta, NullableNumber, NullableString, Page, Timestamp } from './common.js'

const quantity = (description: string) =>
  Type.Unsafe<number | null>({ ...NullableNumber, description: `${description}; null where not measured.` })
const ratio = (description: string) =>
  Type.Unsafe<number | null>({
    ...NullableNumber,
    description: `${description} Ratio of sums; may exceed 1; 1 for usage without any request; null for neither.`,
  })

export const EfficiencyRow = Type.Object({
  ...Identity,
  start_date: Timestamp,
  end_date: Timestamp,
  cpu_core_request_hours: quantity('CPU requested, core-hours'),
  cpu_core_used_hours: quantity('CPU used, core-hours'),
  cpu_core_hours: quantity('CPU allocated, the larger of request and use at each moment, core-hours'),
  ram_gib_request_hours: quantity('Memory requested, GiB-hours'),
  ram_gib_used_hours: quantity('Memory used, GiB-hours'),
  ram_gib_hours: quantity('Memory allocated, the larger of request and use at each moment, GiB-hours'),
  cpu_efficiency: ratio('CPU used / requested.'),
  ram_efficiency: ratio('Memory used / requested.'),
  total_efficiency: ratio('Mean of both, weighted by their cost.'),
  no_requests: Type.Boolean({ description: 'True for usage without any request.' }),
  used_cost: Type.Number({
    description:
      'Cost of what was used. Network, volumes, balancers, fees and shared cost are used as bought, and so is what was not measured.',
  }),
  workload_idle_cost: Type.Number({ description: 'Cost of CPU and memory that was requested and not used.' }),
  infra_idle_cost: Type.Number({
    description:
      'Cost of what nobody requested: idle of nodes, in rows of its own or shared out, and volumes and balancers without a pod.',
  }),
  wasted_cost: Type.Number({ description: 'workload_idle_cost + infra_idle_cost.' }),
  total_cost: Type.Number({ description: 'used_cost + workload_idle_cost + infra_idle_cost.' }),
  band: Type.Unsafe<'good' | 'warning' | 'critical' | null>({
    ...NullableString,
    enum: ['good', 'warning', 'critical', null],
    description: 'Of total_efficiency: good above 0.6, critical below 0.4; null where that is.',
  }),
  coverage: NullableNumber,
})
export type EfficiencyRow = Static<typeof EfficiencyRow>

export const EfficiencyBody = Type.Object({
  ...ListHead,
  total_efficiency: ratio('total_efficiency of all workloads of the filtered set as if they were one row.'),
  wasted_cost: Type.Number({ description: 'Sum over all rows of the filtered set. Account currency.' }),
  previous_total_efficiency: ratio('The same of the equally long range immediately before.'),
  previous_wasted_cost: Type.Unsafe<number | null>({
    ...NullableNumber,
    description:
      'wasted_cost of the equally long range immediately before; null where nothing of it is loaded.',
  }),
  efficiency: Type.Array(EfficiencyRow),
  meta: Meta,
  page: Page,
})
export type EfficiencyBody = Static<typeof EfficiencyBody>

const SORTS = [
  'total_cost',
  'used_cost',
  'workload_idle_cost',
  'infra_idle_cost',
  'wasted_cost',
  'name',
  'start_date',
  'cpu_core_hours',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'ram_gib_hours',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'cpu_efficiency',
  'ram_efficiency',
  'total_efficiency',
  'coverage',
] as const

export const EfficiencyQuery = Type.Object({
  ...DATES,
  ...BREAKDOWN_BY,
  ...STEP,
  ...FILTERS,
  ...IDLE,
  ...SHARING,
  ...paging(SORTS, 'total_cost'),
  ...FORMAT,
})

import type { Filters, WindowRange } from '../query/asked.js'
import type { Breakdown, Step } from '../query/parameters.js'
import type { DayPlan } from './day-plan.js'

/** Which facts an answer is made of, and what is done with those that belong to nobody. */
export interface FactScope {
  readonly cloudAccountId: string
  readonly range: WindowRange
  readonly filters: Filters
  readonly idle: 'separate' | 'hide' | 'share'
  /** Within what idle cost is shared out. */
  readonly idleBy: 'cluster' | 'node'
  /** Namespaces whose cost is spread over the other rows. */
  readonly shareNamespaces: readonly string[]
  readonly shareSplit: 'weighted' | 'even'
}

/** What makes a row of the answer: no dimension, one or two. */
export interface RowShape {
  readonly breakdownBy: readonly Breakdown[]
  readonly step: Step
}

/** A scope, the rows it is cut into, and where each of its days is read from. */
export interface FactQuery {
  readonly scope: FactScope
  readonly shape: RowShape
  readonly plan: DayPlan
}

/** What a fact may lack; the column `no_<part>` of the parts tells in which hours. */
export const LACKABLE = ['gpu', 'pv', 'network', 'load_balancer', 'labels'] as const
export type Lackable = (typeof LACKABLE)[number]

/** Quantities and amounts that are summed up per entity, cluster and slot. */
export const MEASURES = [
  'minutes',
  'cpu_core_hours',
  'cpu_core_request_hours',
  'cpu_core_used_hours',
  'cpu_judged',
  'cpu_cost',
  'cpu_used_cost',
  'ram_gib_hours',
  'ram_gib_request_hours',
  'ram_gib_used_hours',
  'ram_judged',
  'ram_cost',
  'ram_used_cost',
  'gpu_hours',
  'gpu_cost',
  'pv_gib_hours',
  'pv_cost',
  'network_zone_cost',
  'network_region_cost',
  'network_internet_cost',
  'load_balancer_cost',
  'management_cost',
  'own_cost',
  'idle_cost',
] as const
export type Measure = (typeof MEASURES)[number]

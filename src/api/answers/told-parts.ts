import { type RawBuilder, sql } from 'kysely'
import { inDays, midnightOf } from '../facts/columns.js'
import type { DayPlan } from '../facts/day-plan.js'
import { stepStart } from '../facts/shared.js'
import type { Step } from '../query/parameters.js'
import { satisfies } from '../query/where.js'
import { isCollected, isLoadedWindow, type WindowScope } from './loaded.js'

interface ToldQuery extends WindowScope {
  readonly step: Step
  readonly plan: DayPlan
}

/**
 * Statement: of which part of the cost some window of a cluster tells in a step, though it may tell 0. Of days whose hours
 * have expired only the sums are left: there traffic was counted where some workload has a figure of it, and what else
 * is 0 is not known to be.
 */
export function toldParts(query: ToldQuery): RawBuilder<unknown> {
  const { cloudAccountId, clusters, step, range, plan } = query
  const parts = ['pv', 'management', 'network'] as const
  const ofWindows = sql`
    select l.cluster_id, ${stepStart(step, range, sql.ref('l.window_start'))} as step_start,
      num_nonnulls(l.unmounted_cost, l.management_cost, l.network_cost, l.unallocated_cost) > 0 as load_balancers,
      ${sql.join(parts.map(part => sql`${isCollected(part)} as ${sql.id(part)}`))}
    from warehouse.window_ledger l
    where ${isLoadedWindow(query)}`
  const ofDays = sql`
    select d.cluster_id, ${stepStart(step, range, midnightOf(sql.ref('d.day')))}, false, false, false,
      d.network_zone_cost is not null
    from warehouse.namespace_daily d
    join warehouse.day_ledger e
      on e.cloud_account_id = d.cloud_account_id and e.cluster_id = d.cluster_id and e.day = d.day and e.hours_expired
    where d.cloud_account_id = ${cloudAccountId}::uuid
      and d.kind = 'workload'
      and ${inDays(sql.ref('d.day'), plan.days)}
      and ${satisfies(sql.ref('d.cluster_id'), clusters)}`
  return sql`
    select cluster_id, step_start, bool_or(pv) as knows_pv, bool_or(load_balancers) as knows_load_balancers,
      bool_or(management) as knows_management, bool_or(network) as knows_network
    from (${plan.days.length > 0 ? sql`${ofWindows} union all ${ofDays}` : ofWindows}) w
    group by 1, 2`
}

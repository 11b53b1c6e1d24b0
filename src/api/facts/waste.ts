import { type RawBuilder, sql } from 'kysely'
import { efficiency } from './answer.js'
import type { FactQuery } from './scope.js'
import { partTables } from './shared.js'

/** How well requests fit the use over everything that a query covers, and what of its cost is wasted. */
export interface Waste {
  /** Ratio of sums, as of a row that has all workloads in it. */
  readonly total_efficiency: number | null
  /** Exact decimal text: the sum of all rows. Null where no window of the clusters is loaded. */
  readonly wasted_cost: string | null
}

const MEASURES = [
  ...(['cpu_core_used_hours', 'cpu_judged', 'cpu_cost', 'cpu_used_cost'] as const),
  ...(['ram_gib_used_hours', 'ram_judged', 'ram_cost', 'ram_used_cost', 'own_cost', 'idle_cost'] as const),
]

/** `isLoaded`: whether some window of the query's clusters is. */
export function wasteOf(query: FactQuery, isLoaded: RawBuilder<unknown>): RawBuilder<Waste> {
  const cost = (resource: string) =>
    sql`coalesce(sum(${sql.ref(`${resource}_cost`)}) filter (where kind is null), 0)::float8`
  const judged = (resource: string) =>
    sql`case when ${sql.ref(`${resource}_efficiency`)} is null then 0 else ${sql.ref(`${resource}_weight`)} end`
  return sql<Waste>`
    with ${partTables(query, MEASURES)},
    summed as (
      select ${efficiency(sql`sum(cpu_core_used_hours)`, sql`sum(cpu_judged)`)} as cpu_efficiency,
        ${efficiency(sql`sum(ram_gib_used_hours)`, sql`sum(ram_judged)`)} as ram_efficiency,
        ${cost('cpu')} as cpu_weight, ${cost('ram')} as ram_weight,
        coalesce(sum(case
          when kind is null then
            coalesce(cpu_cost, 0) + coalesce(ram_cost, 0) - coalesce(cpu_used_cost, 0) - coalesce(ram_used_cost, 0)
              + coalesce(idle_cost, 0)
          when kind in ('idle', 'unmounted') then own_cost
        end), 0) as wasted_cost
      from parts
    )
    select (coalesce(cpu_efficiency * cpu_weight, 0) + coalesce(ram_efficiency * ram_weight, 0))
        / nullif(${judged('cpu')} + ${judged('ram')}, 0) as total_efficiency,
      case when ${isLoaded} then round(wasted_cost, 12)::text end as wasted_cost
    from summed`
}

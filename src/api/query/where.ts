import { type RawBuilder, sql } from 'kysely'
import type { ValueFilter, WindowRange } from './asked.js'

/** An instant of Unix seconds as timestamptz. */
export function instant(seconds: number): RawBuilder<Date> {
  return sql<Date>`to_timestamp(${seconds}::double precision)`
}

/** Condition: the window starts in the range. */
export function startsIn(column: RawBuilder<unknown>, range: WindowRange): RawBuilder<boolean> {
  return sql<boolean>`(${column} >= ${instant(range.from)} and ${column} < ${instant(range.to)})`
}

/**
 * Condition of a filter on a column that may be null. Never null itself, and a filter and its opposite split the rows
 * in two without rest.
 */
export function satisfies(column: RawBuilder<unknown>, filter: ValueFilter): RawBuilder<boolean> {
  const conditions: RawBuilder<boolean>[] = []
  if (filter.anyOf.length > 0 || filter.orMissing) {
    const isAsked = sql<boolean>`coalesce(${column} = any(${filter.anyOf}::text[]), false)`
    conditions.push(filter.orMissing ? sql<boolean>`(${isAsked} or ${column} is null)` : isAsked)
  }
  if (filter.noneOf.length > 0) {
    conditions.push(sql<boolean>`coalesce(${column} <> all(${filter.noneOf}::text[]), true)`)
  }
  if (filter.notMissing) conditions.push(sql<boolean>`${column} is not null`)
  return allOf(conditions)
}

export function allOf(conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(conditions, sql` and `)})`
}

export function anyOf(conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return conditions.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(conditions, sql` or `)})`
}

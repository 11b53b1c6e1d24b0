import { type RawBuilder, sql } from 'kysely'
import { dateOf } from '../../domain/window.js'
import type { Filters, ValueFilter, WindowRange } from '../query/asked.js'
import { type Breakdown, type Dimension, isByLabel, labelOf } from '../query/parameters.js'
import { allOf, anyOf, instant, satisfies } from '../query/where.js'

export type Column = RawBuilder<unknown>

/** Where a source of facts keeps what they are told apart by; null for what its facts never have. */
export interface FactColumns extends Record<Dimension, Column> {
  label(name: string): Column
}

export const none: Column = sql`null::text`

/** A source whose facts have none of it but what is told. */
export function columnsOf(known: Partial<Record<Dimension, Column>>): FactColumns {
  const absent: Record<Dimension, Column> = {
    cluster: none,
    node: none,
    namespace: none,
    controller_kind: none,
    controller: none,
    pod: none,
    container: none,
  }
  return { ...absent, ...known, label: () => none }
}

export function columnOf(columns: FactColumns, breakdown: Breakdown): Column {
  return isByLabel(breakdown) ? columns.label(labelOf(breakdown)) : columns[breakdown]
}

/** Condition of all filters on a source's facts; never null. */
export function satisfiesAll(columns: FactColumns, filters: Filters): RawBuilder<boolean> {
  return allOf(
    filterPairs(columns, filters)
      .filter(([, values]) => asks(values))
      .map(([column, values]) => satisfies(column, values)),
  )
}

function filterPairs(columns: FactColumns, filters: Filters): (readonly [Column, ValueFilter])[] {
  return [
    [columns.cluster, filters.cluster],
    [columns.namespace, filters.namespace],
    [columns.node, filters.node],
    [columns.controller_kind, filters.controllerKind],
    [columns.controller, filters.controller],
    [columns.pod, filters.pod],
    [columns.container, filters.container],
    ...filters.labels.map(({ name, values }) => [columns.label(name), values] as const),
  ]
}

export function asks({ anyOf: wanted, noneOf, orMissing, notMissing }: ValueFilter): boolean {
  return wanted.length > 0 || noneOf.length > 0 || orMissing || notMissing
}

/** Every filter of a request, by itself. */
export function allFilters({ labels, ...named }: Pick<Filters, 'labels'> & Partial<Filters>): ValueFilter[] {
  return [...Object.values(named), ...labels.map(({ values }) => values)]
}

/** Condition: the window starts in one of the ranges. */
export function inHours(column: Column, ranges: readonly WindowRange[]): RawBuilder<boolean> {
  return anyOf(
    ranges.map(
      ({ from, to }) => sql<boolean>`(${column} >= ${instant(from)} and ${column} < ${instant(to)})`,
    ),
  )
}

/** Condition: the date is in one of the ranges of days. */
export function inDays(column: Column, ranges: readonly WindowRange[]): RawBuilder<boolean> {
  return anyOf(
    ranges.map(
      ({ from, to }) =>
        sql<boolean>`(${column} >= ${dateOf(from)}::date and ${column} < ${dateOf(to)}::date)`,
    ),
  )
}

/** Midnight UTC of an instant's day. */
export function dayOf(moment: Column): Column {
  return sql`date_bin('1 day', ${moment}, '2000-01-01T00:00Z'::timestamptz)`
}

/** Midnight UTC of a date. */
export function midnightOf(date: Column): Column {
  return sql`(${date}::timestamp at time zone 'UTC')`
}

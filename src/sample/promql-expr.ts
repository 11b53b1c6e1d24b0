import type { Matcher } from './promql-matchers.js'
import type { Replacement } from './promql-relabel.js'

export const OVER_TIME = [
  'sum_over_time',
  'avg_over_time',
  'count_over_time',
  'max_over_time',
  'min_over_time',
  'last_over_time',
  'increase',
  'deriv',
  'changes',
  'resets',
  'quantile_over_time',
] as const
export type OverTime = (typeof OVER_TIME)[number]

export const AGGREGATES = ['sum', 'max', 'min', 'avg', 'count', 'group'] as const
export type Aggregate = (typeof AGGREGATES)[number]

export const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='] as const
export type Comparison = (typeof COMPARISONS)[number]

export const ARITHMETIC = ['+', '-', '*', '/'] as const
export type Arithmetic = (typeof ARITHMETIC)[number]

/** The labels that make a group, or with `isWithout` those that don't; names are sorted. */
export interface Grouping {
  readonly isWithout: boolean
  readonly names: readonly string[]
}

/** Durations are milliseconds. */
export type RangeExpr =
  | {
      readonly kind: 'range'
      readonly matchers: readonly Matcher[]
      readonly range: number
      readonly offset: number
    }
  | {
      readonly kind: 'subquery'
      readonly inner: Expr
      readonly range: number
      readonly step: number
      readonly offset: number
    }

export type Expr =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'vector'; readonly value: number }
  | { readonly kind: 'selector'; readonly matchers: readonly Matcher[]; readonly offset: number }
  | {
      readonly kind: 'over_time'
      readonly fn: OverTime
      readonly of: RangeExpr
      readonly quantile?: number
    }
  | { readonly kind: 'timestamp'; readonly of: Expr }
  | {
      readonly kind: 'aggregate'
      readonly fn: Aggregate
      readonly grouping: Grouping
      readonly of: Expr
    }
  | ({ readonly kind: 'label_replace'; readonly of: Expr } & Replacement)
  | {
      readonly kind: 'scale'
      readonly fn: Arithmetic
      readonly of: Expr
      readonly by: number
      readonly isReversed: boolean
    }
  | {
      readonly kind: 'arithmetic'
      readonly fn: Arithmetic
      readonly left: Expr
      readonly right: Expr
    }
  | { readonly kind: 'or'; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'compare'; readonly fn: Comparison; readonly left: Expr; readonly right: number }

import { formatMoney } from '../domain/money.js'

/** What a recommendation consists of. Money is a bigint, moments are Unix seconds. */
export type Recommended<R> = { readonly [K in keyof R]: RecommendedValue }
type RecommendedValue = string | number | boolean | bigint | null | readonly string[]

/** A record of `warehouse.rightsizing` that JSON can carry: money as exact decimal text, moments as ISO text. */
export type RightsizingColumns = Readonly<Record<string, Exclude<RecommendedValue, bigint>>>

const MOMENTS: readonly string[] = ['computedAt', 'windowStart', 'windowEnd']

/**
 * A recommendation by the names of the columns of `warehouse.rightsizing`, for
 * `jsonb_populate_recordset(null::warehouse.rightsizing, $1)`. What it was computed for and with (`cloudAccountId`,
 * `profile`, `historyDays`, `computedAt`) may be added to it.
 */
export function toColumns<R extends Recommended<R>>(recommendation: R): RightsizingColumns {
  const columns: Record<string, Exclude<RecommendedValue, bigint>> = {}
  for (const [name, value] of Object.entries<RecommendedValue>(recommendation))
    columns[name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)] = toColumn(name, value)
  return columns
}

function toColumn(name: string, value: RecommendedValue): Exclude<RecommendedValue, bigint> {
  if (typeof value === 'bigint') return formatMoney(value)
  return typeof value === 'number' && MOMENTS.includes(name) ? new Date(value * 1000).toISOString() : value
}

/**
 * SQL of what was used of a resource's cost in an hour, in the currency of `cost`: never more than the cost, rounded to
 * whole picodollars; null where the cost is. `used` and `allocated` are expressions of the same unit, such as core-hours.
 *
 * Where the use was not measured, or nothing was allocated that it could be compared with, all of the cost counts as
 * used: nobody can call it waste. What is next to nothing is divided as a decimal, as a quotient too small for a floating
 * point number is an error to PostgreSQL.
 */
export function usedCost(cost: string, used: string, allocated: string): string {
  return `case
    when ${used} is null or ${allocated} is null or not ${allocated} > 0 or ${used} >= ${allocated} then ${cost}
    when ${used} < 1e-250 then round(${cost} * (${used}::numeric / ${allocated}::numeric), 12)
    else round(${cost} * (${used} / ${allocated})::numeric, 12)
  end`
}

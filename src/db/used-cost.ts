/**
 * SQL of what was used of a resource's cost in an hour, in the currency of `cost`: never more than the cost, rounded to
 * whole picodollars; null where the cost is. `used` and `allocated` are expressions of the same unit, such as core-hours.
 *
 * Where the use was not measured, or nothing was allocated that it could be compared with, all of the cost counts as
 * used: nobody can call it waste.
 */
export function usedCost(cost: string, used: string, allocated: string): string {
  return `case
    when ${used} is null or ${allocated} is null or not ${allocated} > 0 then ${cost}
    else round(${cost} * least(1, ${used} / ${allocated})::numeric, 12)
  end`
}

import { type Money, moneyToNumber, perMonth, toMoney } from '../domain/money.js'
import { Sketch } from '../domain/sketch.js'
import { MONTH_HOURS } from '../domain/units.js'

/** What a resource of a container cost over the measured hours, and how it was used. Cores or GiB. */
export interface Spending {
  readonly cost: Money
  readonly allocatedHours: number
  readonly podHours: number
  /** Encoded, of all use. */
  readonly sketch: Uint8Array
  readonly mean: number
}

export interface Saving {
  /** A month. */
  readonly amount: Money
  /** It was more than the resource costs. */
  readonly isBounded: boolean
}

/**
 * What a month costs less once another amount is requested. A container is charged for its request or its use, whichever
 * is higher at the moment, so use that the old or the new request doesn't cover is charged as before. null without a
 * price, which is what the allocated hours cost.
 */
export function savingOf(
  { cost, allocatedHours, podHours, sketch, mean }: Spending,
  current: number,
  recommended: number,
  measuredHours: number,
): Saving | null {
  const costMonth = perMonth(cost, measuredHours)
  if (costMonth === null || !(allocatedHours > 0)) return null
  const use = Sketch.decode(sketch)
  const freed = use.expectedAtLeast(current, mean) - use.expectedAtLeast(recommended, mean)
  const rate = moneyToNumber(cost) / allocatedHours
  const amount = toMoney((freed * rate * podHours * MONTH_HOURS) / measuredHours)
  return amount > costMonth ? { amount: costMonth, isBounded: true } : { amount, isBounded: false }
}

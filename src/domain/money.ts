import { MONTH_HOURS } from './units.js'

/**
 * Money as whole picodollars (1e-12 of the account's currency) in a bigint, so that sums are exact and idle, being a
 * difference, closes every identity to the last digit. Twelve places take the same bytes as ten in Postgres (three
 * groups of four digits) and keep a millicore's minute right to one part in a million.
 */
export type Money = bigint

export const MONEY_SCALE = 12
const UNITS = 1e12

/** Rounds a product of price and quantity to money. Throws on what is not a finite number: a price is never guessed here. */
export function toMoney(amount: number): Money {
  if (!Number.isFinite(amount)) throw new RangeError(`not an amount of money: ${amount}`)
  return BigInt(Math.round(amount * UNITS))
}

/** Exact decimal text, `-0.012644400000`. */
export function formatMoney(money: Money): string {
  const sign = money < 0n ? '-' : ''
  const digits = (money < 0n ? -money : money).toString().padStart(MONEY_SCALE + 1, '0')
  return `${sign}${digits.slice(0, -MONEY_SCALE)}.${digits.slice(-MONEY_SCALE)}`
}

/** Money of exact decimal text of at most twelve places; throws on any other. */
export function parseMoney(text: string): Money {
  const [, sign, whole, digits = ''] = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(text) ?? []
  if (whole === undefined) throw new RangeError(`not an amount of money: ${text}`)
  return BigInt(`${sign}${whole}${digits.padEnd(MONEY_SCALE, '0')}`)
}

const MICRO = 1e6

/** What costs so much in some hours costs a month, rounded down; null where there are no hours to tell by. */
export function perMonth(cost: Money, hours: number): Money | null {
  const whole = BigInt(Math.round(hours * 60 * MICRO))
  return whole <= 0n ? null : (cost * BigInt(MONTH_HOURS * 60 * MICRO)) / whole
}

/** The nearest double, for comparison and display only. */
export function moneyToNumber(money: Money): number {
  return Number(money) / UNITS
}

export function sumMoney(amounts: Iterable<Money>): Money {
  let sum = 0n
  for (const amount of amounts) sum += amount
  return sum
}

/**
 * Shares an amount out in proportion to weights so that the shares add up to it to the last digit: each is rounded
 * down, and the units left over go to those that lost most by it, earlier ones first. Throws where no weight is
 * positive or one is negative or not a number.
 */
export function splitMoney(total: Money, weights: readonly number[]): Money[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  if (!(sum > 0) || !Number.isFinite(sum) || weights.some(weight => !(weight >= 0)))
    throw new RangeError(`cannot share out by the weights ${weights.slice(0, 5).join(', ')}`)
  // Weights as whole numbers: products with money in doubles would lose digits.
  const scaled = weights.map(weight => BigInt(Math.round((weight / sum) * SHARE_UNITS)))
  const whole = sumMoney(scaled)
  const shares = scaled.map(weight => (total * weight) / whole)
  const lost = scaled.map((weight, i) => total * weight - (shares[i] ?? 0n) * whole)
  let left = total - sumMoney(shares)
  const order = lost.map((_, i) => i).sort((a, b) => compareMoney(lost[b] ?? 0n, lost[a] ?? 0n) || a - b)
  for (const i of order) {
    if (left === 0n) break
    shares[i] = (shares[i] ?? 0n) + 1n
    left--
  }
  return shares
}

/** Fine enough that a share is right to fifteen digits. */
const SHARE_UNITS = 2 ** 53

function compareMoney(a: Money, b: Money): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** No price of a unit or an hour is as high, in whatever currency: such a number is broken. */
export const HIGHEST_PRICE = 1e5

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

/** The nearest double, for comparison and display only. */
export function moneyToNumber(money: Money): number {
  return Number(money) / UNITS
}

export function sumMoney(amounts: Iterable<Money>): Money {
  let sum = 0n
  for (const amount of amounts) sum += amount
  return sum
}

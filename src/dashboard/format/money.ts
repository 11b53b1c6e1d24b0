/** What is shown where a value is not known. Unknown is not 0. */
export const UNKNOWN = '–'

/**
 * Amounts of one currency as text. Amounts below a cent keep two significant digits, so that nothing that costs something
 * reads as free.
 */
export interface Money {
  readonly currency: string
  /** `$1,234.56`. */
  exact(amount: number | null): string
  /** `$1.2K`, for axes. */
  compact(amount: number): string
  /** `+$3.10`, `−$3.10`, of a difference. */
  signed(amount: number | null): string
}

/** An amount in an ISO 4217 currency; a code that `Intl` doesn't take is written behind plain numbers. */
export function moneyIn(currency: string): Money {
  const exact = formatter(currency, {})
  const small = formatter(currency, { maximumSignificantDigits: 2 })
  const signed = formatter(currency, { signDisplay: 'exceptZero' })
  const compact = formatter(currency, {
    notation: 'compact',
    maximumFractionDigits: 1,
    minimumFractionDigits: 0,
  })
  const isSmall = (amount: number) => amount !== 0 && Math.abs(amount) < 0.005
  return {
    currency,
    exact: amount => (amount === null ? UNKNOWN : (isSmall(amount) ? small : exact)(amount)),
    compact,
    signed: amount => (amount === null ? UNKNOWN : signed(amount)),
  }
}

function formatter(currency: string, options: Intl.NumberFormatOptions): (amount: number) => string {
  if (!/^[A-Z]{3}$/.test(currency)) {
    const plain = new Intl.NumberFormat('en', {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
      ...options,
    })
    return amount => `${plain.format(amount)} ${currency}`
  }
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, ...options })
  return amount => format.format(amount)
}

/** What no machine costs: currency per core-hour and per GiB-hour, in currencies of about a dollar's worth. */
const BOUNDS = { cpu: { low: 0.001, high: 1 }, ram: { low: 0.0001, high: 0.2 } } as const
const DOLLAR_LIKE = new Set(['USD', 'EUR', 'GBP', 'CHF', 'CAD', 'AUD', 'NZD', 'SGD'])

/** More than so many times the usual price, or less than that part of it, is no change of price but a mistake. */
const HIGHEST_RATIO = 5
/** So many other machines of the kind outvote one that was never seen at another price. */
const ENOUGH_OTHERS = 2

/**
 * Why a price is not believed, in words; undefined: it is. `usual` is the machine's own median of the last 24 hours,
 * `others` the prices of like machines. A lasting change of price becomes the usual one within half a day.
 */
export function absurdity(
  resource: 'cpu' | 'ram',
  price: number,
  context: { usual: number | undefined; others: readonly number[]; currency: string | undefined },
): string | undefined {
  const { usual, others, currency } = context
  const { low, high } = BOUNDS[resource]
  if (currency !== undefined && DOLLAR_LIKE.has(currency) && (price < low || price > high))
    return `is outside ${low} to ${high} ${currency}`
  if (usual !== undefined && usual > 0 && isFar(price, usual))
    return `is more than ${HIGHEST_RATIO} times off its median of 24 hours, ${usual}`
  const far = others.filter(other => isFar(price, other)).length
  if (others.length >= ENOUGH_OTHERS && far > others.length / 2)
    return `is more than ${HIGHEST_RATIO} times off like machines`
  return undefined
}

function isFar(price: number, reference: number): boolean {
  const ratio = price / reference
  return ratio > HIGHEST_RATIO || ratio < 1 / HIGHEST_RATIO
}

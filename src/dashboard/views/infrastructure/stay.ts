import { moment } from '../../format/time.js'
import type { Asset } from './fields.js'

const HOUR = 3600

/**
 * What there is to say of when an asset was there; null where it was there all the time. `end` is that of the range, or
 * of what is loaded of it; Unix seconds.
 */
export function stayOf(
  { first_seen, last_seen, minutes }: Pick<Asset, 'first_seen' | 'last_seen' | 'minutes'>,
  start: number,
  end: number,
): string | null {
  const firstHour = start - (start % HOUR)
  const isFromStart = first_seen <= firstHour
  const isToEnd = last_seen >= end
  const span = (last_seen - first_seen) / 60
  const breaks = minutes < span - 60 ? ', with breaks' : ''
  if (isFromStart && isToEnd) return breaks === '' ? null : 'with breaks'
  if (isFromStart) return `until ${moment(last_seen)}${breaks}`
  return isToEnd
    ? `since ${moment(first_seen)}${breaks}`
    : `${moment(first_seen)} to ${moment(last_seen)}${breaks}`
}

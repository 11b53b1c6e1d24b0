import { InvalidArgumentError } from 'commander'
import { parseUuid } from '../domain/account.js'
import { NamedError } from '../errors.js'

/** A UUID in lower case, as an argument of a command. */
export function uuidArgument(text: string): string {
  const uuid = parseUuid(text)
  if (uuid === undefined)
    throw new InvalidArgumentError('It is not a UUID such as 7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f.')
  return uuid
}

/** An ISO 4217 code. Amounts are never converted, so a slip of the pen would stay for good. */
export function currencyArgument(text: string): string {
  if (Intl.supportedValuesOf('currency').includes(text)) return text
  throw new InvalidArgumentError('It is not an ISO 4217 code in capital letters such as USD or EUR.')
}

export function nameArgument(text: string): string {
  const name = text.trim()
  if (name === '') throw new InvalidArgumentError('It must not be empty.')
  return name
}

/** A whole number, `from` to `to` inclusive. */
export function integerArgument(from: number, to: number): (text: string) => number {
  return text => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
    if (value >= from && value <= to) return value
    throw new InvalidArgumentError(`It is not a whole number from ${from} to ${to}.`)
  }
}

/** A number of days from `least` to a hundred years, or `default`. */
export function daysArgument(least: number): (text: string) => number | 'default' {
  const parse = integerArgument(least, 36_500)
  return text => (text === 'default' ? text : parse(text))
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?Z)?$/

/** Unix seconds of a UTC day (`2026-10-01`), an instant (`2026-10-01T05:00Z`) or Unix seconds as they are. */
export function instantArgument(text: string): number {
  const seconds = /^\d{9,10}$/.test(text) ? Number(text) : secondsOfIso(text)
  if (seconds !== undefined) return seconds
  throw new InvalidArgumentError(
    'It is no UTC day such as 2026-10-01, no instant such as 2026-10-01T05:00Z, and no Unix time in seconds.',
  )
}

function secondsOfIso(text: string): number | undefined {
  const [, day, hour = '00', minute = '00', second = '00'] = ISO.exec(text) ?? []
  if (day === undefined) return undefined
  const wanted = `${day}T${hour}:${minute}:${second}.000Z`
  const date = new Date(wanted)
  // 31 February would be moved to March without a word.
  return !Number.isNaN(date.getTime()) && date.toISOString() === wanted ? date.getTime() / 1000 : undefined
}

/** Throws USAGE unless the range holds anything. */
export function requireRange(from: number, to: number): void {
  if (from < to) return
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
  throw new NamedError(
    'USAGE',
    `The range ends before it begins: --from is ${iso(from)} and --to is ${iso(to)}. Give a --to after --from.`,
  )
}

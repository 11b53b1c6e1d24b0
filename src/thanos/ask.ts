import { NamedError } from '../errors.js'
import { failure } from './classify.js'
import type { InstantAsk, RangeAsk } from './types.js'

// Thanos takes milliseconds for a far future and answers 200 with nothing, so they are refused before they are sent.
const LATEST_SECONDS = 1e11
const MOST_POINTS = 11_000

/** The form of a range query. Throws a `NamedError` for times that cannot be meant. */
export function rangeForm(ask: RangeAsk, timeoutMs: number): URLSearchParams {
  const { start, end, step } = ask
  const about = aboutRange(ask)
  for (const [name, seconds] of Object.entries({ start, end, step })) requireSeconds(name, seconds, about)
  if (step <= 0 || ![start, end, step].every(Number.isInteger) || start % step !== 0 || end % step !== 0) {
    throw failure(
      'THANOS_BAD_QUERY',
      `start ${start} or end ${end} is no multiple of the step ${step} s`,
      about,
    )
  }
  if (end < start) throw failure('THANOS_BAD_QUERY', `end ${end} is before start ${start}`, about)
  if ((end - start) / step >= MOST_POINTS) {
    throw failure('THANOS_TOO_MUCH', `${(end - start) / step + 1} points per series were asked for`, about)
  }
  return form(ask.expression, { start: `${start}`, end: `${end}`, step: `${step}` }, timeoutMs)
}

/** The form of an instant query. Throws a `NamedError` for a time that cannot be meant. */
export function instantForm(ask: InstantAsk, timeoutMs: number): URLSearchParams {
  requireSeconds('time', ask.time, aboutInstant(ask))
  return form(ask.expression, { time: `${ask.time}` }, timeoutMs)
}

function requireSeconds(name: string, seconds: number, about: string): void {
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= LATEST_SECONDS) return
  throw failure('THANOS_BAD_QUERY', `${name} ${seconds} is no time in Unix seconds`, about)
}

function form(query: string, times: Record<string, string>, timeoutMs: number): URLSearchParams {
  return new URLSearchParams({
    query,
    ...times,
    // The server should give up a little before the client does, to say why.
    timeout: `${Math.max(1, Math.floor(timeoutMs * 0.9))}ms`,
    dedup: 'true',
    partial_response: 'false',
    // Raw data only. Not 0: a query-frontend drops an explicit 0, and automatic downsampling could win behind it.
    max_source_resolution: '0.001',
  })
}

/** The tenant header. Throws a `NamedError` for an id that a header cannot carry unchanged. */
export function tenantHeaders(
  header: string,
  { account }: Pick<RangeAsk, 'account'>,
): Record<string, string> {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(account.tenantId)) return { [header]: account.tenantId }
  throw new NamedError(
    'THANOS_BAD_QUERY',
    `The tenant id of account ${account.cloudAccountId} cannot travel in the header ${header}: it is empty or holds ` +
      'blanks at its ends or characters beyond printable ASCII; correct it with `k8s-costs accounts add`',
  )
}

export function aboutRange({ account, start, end }: Pick<RangeAsk, 'account' | 'start' | 'end'>): string {
  return `account ${account.cloudAccountId}, ${iso(start)} to ${iso(end)}`
}

export function aboutInstant({ account, time }: InstantAsk): string {
  return `account ${account.cloudAccountId}, at ${iso(time)}`
}

function iso(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `${seconds}` : date.toISOString().replace('.000Z', 'Z')
}

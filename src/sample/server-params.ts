import type { Steps } from './promql.js'
import { PromqlError, parseDuration } from './promql-text.js'

const MOST_POINTS = 11_000

/** The `time` of an instant query in ms, `now` (seconds) where there is none. */
export function instantTime(form: URLSearchParams, now: number): number {
  const text = form.get('time')
  return text === null ? Math.round(now * 1000) : parseTime(text)
}

/** `start`, `end` and `step` of a range query. */
export function rangeSteps(form: URLSearchParams): Steps {
  const start = parseTime(form.get('start') ?? '')
  const end = parseTime(form.get('end') ?? '')
  if (end < start) throw new PromqlError('bad_data', 'end timestamp must not be before start time')
  const text = form.get('step')
  const step = text === null ? Math.max(Math.floor((end - start) / 250), 1000) : parseStep(text)
  if (step <= 0)
    throw new PromqlError(
      'bad_data',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    )
  if (Math.floor((end - start) / step) > MOST_POINTS) {
    throw new PromqlError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    )
  }
  return { start, step, count: Math.floor((end - start) / step) + 1 }
}

/** The optional `start` and `end` of a metadata request, in seconds. */
export function metadataBounds(form: URLSearchParams): { from: number; to: number } {
  const start = form.get('start')
  const end = form.get('end')
  return {
    from: start === null ? Number.NEGATIVE_INFINITY : parseTime(start) / 1000,
    to: end === null ? Number.POSITIVE_INFINITY : parseTime(end) / 1000,
  }
}

/** Milliseconds of Unix seconds with up to three decimals, or of RFC 3339. */
function parseTime(text: string): number {
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return Math.round(Number(text) * 1000)
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return Date.parse(text)
  throw new PromqlError('bad_data', `cannot parse ${JSON.stringify(text)} to a valid timestamp`)
}

function parseStep(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  try {
    return parseDuration(text)
  } catch {
    throw new PromqlError('bad_data', `cannot parse ${JSON.stringify(text)} to a valid duration`)
  }
}

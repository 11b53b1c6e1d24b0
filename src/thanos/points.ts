import { contract } from './classify.js'

/** Unix seconds, all multiples of `step`. */
export interface Grid {
  readonly start: number
  readonly end: number
  readonly step: number
}

interface Point {
  readonly time: number
  readonly number: number
}

/** The points of one series, ascending and, where there is a grid, on it. */
export function decodePoints(
  points: unknown,
  grid: Grid | undefined,
  about: string,
): { times: number[]; values: number[] } {
  if (!Array.isArray(points)) throw contract('a series has no list of points', about)
  const times = new Array<number>(points.length)
  const values = new Array<number>(points.length)
  let previous = Number.NEGATIVE_INFINITY
  for (let index = 0; index < points.length; index++) {
    const { time, number } = decodePoint(points[index], about)
    if (time <= previous) throw contract('the points of a series do not ascend in time', about)
    if (grid !== undefined && !isOn(grid, time)) {
      throw contract(
        'a point is off the hours that were asked for: a query-frontend seems to have moved the grid ' +
          '(its --query-range.align-range-with-step), ask Thanos Query directly or send it aligned hours',
        about,
      )
    }
    previous = time
    times[index] = time
    values[index] = number
  }
  return { times, values }
}

function isOn({ start, end, step }: Grid, time: number): boolean {
  return time >= start && time <= end && (time - start) % step === 0
}

/** `[seconds, "number"]`. Times are rounded to the milliseconds that Prometheus keeps. */
export function decodePoint(point: unknown, about: string): Point {
  if (!Array.isArray(point) || point.length !== 2)
    throw contract('a point is no pair of time and value', about)
  const seconds: unknown = point[0]
  const text: unknown = point[1]
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) throw contract('a point has no time', about)
  return { time: Math.round(seconds * 1000) / 1000, number: decodeNumber(text, about) }
}

const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/

// Not `Number(text)` alone, which makes 0 of an empty string and NaN of "+Inf".
function decodeNumber(text: unknown, about: string): number {
  if (typeof text === 'string' && DECIMAL.test(text)) {
    const number = Number(text)
    if (Number.isFinite(number)) return number
  }
  switch (text) {
    case 'NaN':
      return Number.NaN
    case '+Inf':
    case 'Inf':
      return Number.POSITIVE_INFINITY
    case '-Inf':
      return Number.NEGATIVE_INFINITY
    default:
      throw contract('a value is no number in quotes', about)
  }
}

import type { Grid, Span } from './model.js'

/** A stretch of a series: one sample at every instant of its grid in `[from, to)`. */
export interface Segment extends Span {
  readonly value: number | ((t: number) => number)
  /** The sender was away at the end, so no staleness marker followed the last sample. */
  readonly endsUnmarked: boolean
}

/** One series, its samples made when they are asked for. */
export interface SeriesModel extends Grid {
  readonly labels: ReadonlyMap<string, string>
  /** Ascending and disjoint. */
  readonly segments: readonly Segment[]
}

/** The first instant of the grid that is not before `t`, Unix seconds. */
export function gridFrom(grid: Grid, t: number): number {
  return Math.ceil((t - grid.offset) / grid.interval) * grid.interval + grid.offset
}

/** The last instant of the grid that is not after `t`, Unix seconds. */
function gridUpTo(grid: Grid, t: number): number {
  return Math.floor((t - grid.offset) / grid.interval) * grid.interval + grid.offset
}

export function valueAt(segment: Segment, t: number): number {
  return typeof segment.value === 'number' ? segment.value : segment.value(t)
}

/** Calls `visit` for every run of samples in `[from, to)`: its segment, first instant and number of samples. */
export function eachRun(
  series: SeriesModel,
  from: number,
  to: number,
  visit: (segment: Segment, first: number, count: number) => void,
): void {
  for (let i = firstAlive(series.segments, from); i < series.segments.length; i++) {
    const segment = series.segments[i]
    if (!segment || segment.from >= to) return
    const first = gridFrom(series, Math.max(from, segment.from))
    const end = Math.min(to, segment.to)
    if (first < end) visit(segment, first, Math.ceil((end - first) / series.interval))
  }
}

/** Index of the first segment that ends after `t`. */
function firstAlive(segments: readonly Segment[], t: number): number {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >> 1
    const segment = segments[middle]
    if (segment && segment.to <= t) low = middle + 1
    else high = middle
  }
  return low
}

/** How many samples there are in `[from, to)`. */
export function countSamples(series: SeriesModel, from: number, to: number): number {
  let total = 0
  eachRun(series, from, to, (_segment, _first, count) => {
    total += count
  })
  return total
}

/** Calls `visit` with every sample in `[from, to)`, ascending. */
export function eachSample(
  series: SeriesModel,
  from: number,
  to: number,
  visit: (t: number, value: number) => void,
): void {
  eachRun(series, from, to, (segment, first, count) => {
    for (let i = 0; i < count; i++) {
      const t = first + i * series.interval
      visit(t, valueAt(segment, t))
    }
  })
}

/** Every staleness marker in `[from, to)`: the first missed instant after a stretch that ended orderly. */
export function staleMarkers(series: SeriesModel, from: number, to: number): number[] {
  const markers: number[] = []
  series.segments.forEach((segment, i) => {
    if (segment.endsUnmarked) return
    const marker = gridFrom(series, segment.to)
    const next = series.segments[i + 1]
    if (marker < from || marker >= to) return
    if (!next || next.from > marker) markers.push(marker)
  })
  return markers
}

/**
 * The newest sample at or before `t` and not before `oldest`, unless the series was marked stale since.
 */
export function newestSample(
  series: SeriesModel,
  t: number,
  oldest: number,
): { t: number; value: number } | undefined {
  for (let i = series.segments.length - 1; i >= 0; i--) {
    const segment = series.segments[i]
    if (!segment || segment.from > t) continue
    const last = gridUpTo(series, Math.min(t, beforeEnd(series, segment)))
    if (last < segment.from) continue
    if (last < oldest) return undefined
    const marker = gridFrom(series, segment.to)
    if (!segment.endsUnmarked && segment.to <= t && marker <= t) return undefined
    return { t: last, value: valueAt(segment, last) }
  }
  return undefined
}

function beforeEnd(grid: Grid, segment: Segment): number {
  return gridFrom(grid, segment.to) - grid.interval
}

/** A series as if nothing had been collected within a span, staleness markers neither. */
export function withoutSpan(series: SeriesModel, span: Span): SeriesModel {
  const segments = series.segments.flatMap(segment => {
    const isUnmarked = segment.endsUnmarked || gridFrom(series, segment.to) >= span.from
    return [
      { ...segment, to: Math.min(segment.to, span.from), endsUnmarked: isUnmarked },
      { ...segment, from: Math.max(segment.from, span.to) },
    ].filter(piece => piece.from < piece.to)
  })
  return { ...series, segments }
}

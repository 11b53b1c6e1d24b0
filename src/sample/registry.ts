import type { Grid, Span } from './model.js'
import type { Segment, SeriesModel } from './series.js'

interface Entry {
  readonly labels: ReadonlyMap<string, string>
  readonly grid: Grid
  readonly segments: Segment[]
}

/** Labels as a list; empty values are no labels at all. */
export type LabelPairs = Readonly<Record<string, string>>

/**
 * Collects the series of one cluster. What is said twice about the same labels becomes one series with several
 * stretches, as with a node name or a StatefulSet's pod that comes back.
 */
export class SeriesRegistry {
  readonly #entries = new Map<string, Entry>()
  readonly #common: LabelPairs
  readonly #bounds: Span
  readonly #gaps: readonly Span[]

  /** `common` stands on every series; nothing is collected outside `bounds` or within the gaps. */
  constructor(common: LabelPairs, bounds: Span, gaps: readonly Span[]) {
    this.#common = common
    this.#bounds = bounds
    this.#gaps = [...gaps].sort((a, b) => a.from - b.from)
  }

  add(name: string, labels: LabelPairs, grid: Grid, span: Span, value: Segment['value']): void {
    const from = Math.max(span.from, this.#bounds.from)
    const to = Math.min(span.to, this.#bounds.to)
    if (from >= to) return
    this.#entry(name, labels, grid).segments.push(...this.#collected({ from, to }, span.to, value))
  }

  series(): SeriesModel[] {
    const all: SeriesModel[] = []
    for (const { labels, grid, segments } of this.#entries.values()) {
      segments.sort((a, b) => a.from - b.from)
      segments.forEach((segment, i) => {
        const before = segments[i - 1]
        if (before && before.to > segment.from) {
          throw new RangeError(`series said twice: ${JSON.stringify([...labels])}`)
        }
      })
      if (segments.length > 0) all.push({ labels, ...grid, segments })
    }
    return all
  }

  #entry(name: string, labels: LabelPairs, grid: Grid): Entry {
    const pairs = Object.entries({ ...labels, ...this.#common, __name__: name }).filter(
      ([, value]) => value !== '',
    )
    pairs.sort(([a], [b]) => (a < b ? -1 : 1))
    const key = pairs.flat().join('\0')
    const known = this.#entries.get(key)
    if (known) return known
    const entry = { labels: new Map(pairs), grid, segments: [] }
    this.#entries.set(key, entry)
    return entry
  }

  /** The span without the gaps. A stretch cut by a gap or by the end of all data ends without a staleness marker. */
  #collected(span: Span, trueEnd: number, value: Segment['value']): Segment[] {
    const pieces: Segment[] = []
    let from = span.from
    for (const gap of this.#gaps) {
      if (gap.to <= from || gap.from >= span.to) continue
      if (gap.from > from) pieces.push({ from, to: gap.from, value, endsUnmarked: true })
      from = gap.to
    }
    if (from < span.to) {
      pieces.push({ from, to: span.to, value, endsUnmarked: trueEnd > this.#bounds.to })
    }
    return pieces
  }
}

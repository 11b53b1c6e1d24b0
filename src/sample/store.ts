import type { Span } from './model.js'
import type { Matcher } from './promql-matchers.js'
import { PromqlError } from './promql-text.js'
import { type SeriesModel, withoutSpan } from './series.js'

const REMEMBERED_SELECTIONS = 2000
/** Labels that a Receiver puts on its series from outside; stores want at least one matcher besides. */
const EXTERNAL_LABELS = ['tenant_id', 'receive_replica']

/** Samples in a span of the series that have these labels, which are not there before an instant. Unix seconds. */
export interface Delay extends Span {
  readonly labels: ReadonlyMap<string, string>
  readonly visibleFrom: number
}

/** All series that a server holds, found by their labels. */
export class SeriesStore {
  readonly #byName = new Map<string, SeriesModel[]>()
  readonly #selections = new Map<string, readonly SeriesModel[]>()
  readonly #delays: readonly Delay[]

  constructor(series: Iterable<SeriesModel>, delays: readonly Delay[] = []) {
    this.#delays = delays
    for (const one of series) {
      const name = one.labels.get('__name__') ?? ''
      const same = this.#byName.get(name)
      if (same) same.push(one)
      else this.#byName.set(name, [one])
    }
  }

  /**
   * The series that match, with the samples that have arrived at `now` (Unix seconds), as Thanos selects: matchers on
   * external labels alone are refused.
   */
  select(matchers: readonly Matcher[], now: number): readonly SeriesModel[] {
    if (matchers.every(matcher => EXTERNAL_LABELS.includes(matcher.label))) {
      throw new PromqlError(
        'execution',
        'expanding series: no matchers specified (excluding external labels)',
      )
    }
    const pending = this.#delays.filter(delay => delay.visibleFrom > now)
    const key = [
      pending.map(delay => this.#delays.indexOf(delay)).join(),
      ...matchers.map(({ label, operator, value }) => `${label}${operator}${value}`),
    ].join('\0')
    const known = this.#selections.get(key)
    if (known) return known
    const found = this.#find(matchers).flatMap(series => arrived(series, pending) ?? [])
    if (this.#selections.size >= REMEMBERED_SELECTIONS) this.#selections.clear()
    this.#selections.set(key, found)
    return found
  }

  #find(matchers: readonly Matcher[]): SeriesModel[] {
    const onName = matchers.filter(matcher => matcher.label === '__name__')
    const others = matchers.filter(matcher => matcher.label !== '__name__')
    const found: SeriesModel[] = []
    for (const [name, candidates] of this.#byName) {
      if (!onName.every(matcher => matcher.matches(name))) continue
      for (const one of candidates) {
        if (others.every(matcher => matcher.matches(one.labels.get(matcher.label) ?? ''))) found.push(one)
      }
    }
    return found
  }
}

function arrived(series: SeriesModel, pending: readonly Delay[]): SeriesModel | undefined {
  let left = series
  for (const delay of pending) {
    const isDelayed = [...delay.labels].every(([name, value]) => series.labels.get(name) === value)
    if (isDelayed) left = withoutSpan(left, delay)
  }
  return left.segments.length > 0 ? left : undefined
}

import type { Matcher } from './promql-matchers.js'
import { PromqlError } from './promql-text.js'
import type { SeriesModel } from './series.js'

const REMEMBERED_SELECTIONS = 2000
/** Labels that a Receiver puts on its series from outside; stores want at least one matcher besides. */
const EXTERNAL_LABELS = ['tenant_id', 'receive_replica']

/** All series that a server holds, found by their labels. */
export class SeriesStore {
  readonly #byName = new Map<string, SeriesModel[]>()
  readonly #selections = new Map<string, readonly SeriesModel[]>()

  constructor(series: Iterable<SeriesModel>) {
    for (const one of series) {
      const name = one.labels.get('__name__') ?? ''
      const same = this.#byName.get(name)
      if (same) same.push(one)
      else this.#byName.set(name, [one])
    }
  }

  /** The series that match, as Thanos selects: matchers on external labels alone are refused. */
  select(matchers: readonly Matcher[]): readonly SeriesModel[] {
    if (matchers.every(matcher => EXTERNAL_LABELS.includes(matcher.label))) {
      throw new PromqlError(
        'execution',
        'expanding series: no matchers specified (excluding external labels)',
      )
    }
    const key = matchers.map(({ label, operator, value }) => `${label}${operator}${value}`).join('\0')
    const known = this.#selections.get(key)
    if (known) return known
    const found = this.#find(matchers)
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

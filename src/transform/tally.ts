import type { Reject, Warning } from '../domain/rows.js'
import { label, type Series } from '../domain/samples.js'

const EXAMPLE_LENGTH = 200

/** Counts what could not become a row and what had to be estimated, so that nothing goes missing in silence. */
export class Tally {
  readonly #rejects = new Map<string, { reason: string; metric: string; count: number; example: string }>()
  readonly #warnings = new Map<string, Warning>()

  reject(reason: string, metric: string, series: Pick<Series, 'labels'>): void {
    const key = `${reason}\0${metric}`
    const example = exampleOf(series)
    const known = this.#rejects.get(key)
    if (!known) this.#rejects.set(key, { reason, metric, count: 1, example })
    else {
      known.count++
      if (compare(example, known.example) < 0) known.example = example
    }
  }

  /** One warning per code; of several details the first in their order, so that the order of series is no matter. */
  warn(code: string, detail: string): void {
    const known = this.#warnings.get(code)
    if (!known || compare(detail, known.detail) < 0) this.#warnings.set(code, { code, detail })
  }

  result(): { rejects: Reject[]; warnings: Warning[] } {
    return { rejects: this.rejects(), warnings: this.warnings() }
  }

  rejects(): Reject[] {
    return [...this.#rejects.values()].sort(
      (a, b) => compare(a.reason, b.reason) || compare(a.metric, b.metric),
    )
  }

  warnings(): Warning[] {
    return [...this.#warnings.values()].sort((a, b) => compare(a.code, b.code))
  }
}

/** Order of code units: the same on every machine, unlike a locale's. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function exampleOf(series: Pick<Series, 'labels'>): string {
  const named = ['namespace', 'pod', 'container', 'node', 'instance', 'provider_id']
    .filter(name => label(series, name) !== '')
    .map(name => `${name}=${label(series, name)}`)
  return named.join(' ').slice(0, EXAMPLE_LENGTH)
}

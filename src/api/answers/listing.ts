import { type AskedPage, pagePlace } from './cursor.js'
import type { Subject } from './subject.js'

/** Which rows of a short list, in which order. */
export interface AskedListing extends AskedPage {
  readonly sort: string
  readonly order: 'asc' | 'desc'
}

type Value = string | number | boolean | null

/** One page of rows that are all at hand; ties by `id`, which no two rows share, rows without a value last. */
export function listPage<Row extends object>(
  subject: Subject<AskedListing>,
  rows: readonly Row[],
  id: keyof Row,
): { rows: Row[]; page: { limit: number; next: string | null } } {
  const { sort, order, limit } = subject.asked
  const place = pagePlace(subject)
  const fieldOf = (row: Row, name: string) => (row as Readonly<Record<string, Value>>)[name] ?? null
  const sorted = rows.toSorted((a, b) => {
    const [one, other] = [fieldOf(a, sort), fieldOf(b, sort)]
    const ties = compare(fieldOf(a, String(id)), fieldOf(b, String(id)))
    if (one === null || other === null) return Number(one === null) - Number(other === null) || ties
    return (order === 'asc' ? compare(one, other) : compare(other, one)) || ties
  })
  const shown = sorted.slice(place.offset, place.offset + limit)
  return { rows: shown, page: place.tell(shown.length, rows.length) }
}

function compare(a: Value, b: Value): number {
  if (a === null || b === null) return 0
  return a < b ? -1 : a > b ? 1 : 0
}

import { type Dimension, dimensionOf, HAS_NONE, isDimension, labelOf, parameterOf } from './dimensions.js'
import type { Field } from './fields.js'

/** One value that rows have, or don't have. Several of one dimension are "any of", or "none of". */
export interface Filter {
  readonly dimension: Dimension
  /** As the API takes it; `HAS_NONE` for what has none. */
  readonly value: string
  readonly isExcluded: boolean
}

/** A row that was looked into. */
export interface Place {
  readonly dimension: Dimension
  readonly value: string
}

/** The filters in a URL; there they are called and written as in the API. */
export function readFilters(params: URLSearchParams): Filter[] {
  const filters: Filter[] = []
  for (const [name, text] of params) {
    const dimension = dimensionOf(name)
    if (dimension === null || text === '' || text === '!') continue
    const isExcluded = text.startsWith('!')
    filters.push({ dimension, value: isExcluded ? text.slice(1) : text, isExcluded })
  }
  return filters
}

/** The URL's parameters with these filters in place of those that were there. */
export function writeFilters(params: URLSearchParams, filters: readonly Filter[]): URLSearchParams {
  const written = new URLSearchParams()
  for (const [name, value] of params) if (dimensionOf(name) === null) written.append(name, value)
  for (const filter of filters) written.append(parameterOf(filter.dimension), printFilter(filter))
  return written
}

/** `path=namespace:shop`, one for each row that was looked into, outermost first. */
export const pathField: Field<readonly Place[]> = {
  fallback: [],
  parse: values => {
    const places = values.map(parsePlace)
    return places.every(place => place !== undefined) ? places : undefined
  },
  print: places => places.map(({ dimension, value }) => `${dimension}:${value}`),
}

function parsePlace(text: string): Place | undefined {
  // A label's dimension has a colon of its own; label names have none.
  const end = text.indexOf(':', text.startsWith('label:') ? 'label:'.length : 0)
  const dimension = text.slice(0, end)
  const value = text.slice(end + 1)
  return end > 0 && value !== '' && isDimension(dimension) ? { dimension, value } : undefined
}

/** Arguments of the API for filters and for where one has looked into; the latter are narrower than the former. */
export interface FilterQuery {
  readonly k8s_cluster?: string[]
  readonly k8s_namespace?: string[]
  readonly k8s_node?: string[]
  readonly created_by_kind?: string[]
  readonly created_by_name?: string[]
  readonly k8s_pod?: string[]
  readonly k8s_container?: string[]
  readonly label?: Record<string, string[]>
}

export function filterQuery(filters: readonly Filter[], path: readonly Place[] = []): FilterQuery {
  const query: Record<string, string[]> = {}
  const label: Record<string, string[]> = {}
  const add = (dimension: Dimension, text: string) => {
    const name = parameterOf(dimension)
    const into = labelOf(dimension) === null ? query : label
    into[name] = [...(into[name] ?? []), text]
  }
  const narrowed = new Set(path.map(place => place.dimension))
  for (const filter of filters)
    if (!narrowed.has(filter.dimension)) add(filter.dimension, printFilter(filter))
  for (const { dimension, value } of path) add(dimension, value)
  return Object.keys(label).length === 0 ? query : { ...query, label }
}

const printFilter = ({ value, isExcluded }: Filter): string => (isExcluded ? `!${value}` : value)

/** How a value is read by people. */
export const shownValue = (value: string): string => (value === HAS_NONE ? 'not set' : value)

import { type Dimension, HAS_NONE, titleOf } from './dimensions.js'
import { type Filter, shownValue } from './filters.js'

/** Filters that are read as one: "any of" these values of a dimension, or "none of" them. */
export interface FilterGroup {
  readonly dimension: Dimension
  readonly isExcluded: boolean
  readonly filters: readonly Filter[]
}

/** Filters in the order in which their dimensions come first. */
export function groupFilters(filters: readonly Filter[]): FilterGroup[] {
  const groups = new Map<string, FilterGroup>()
  for (const filter of filters) {
    const { dimension, isExcluded } = filter
    const key = `${isExcluded} ${dimension}`
    const before = groups.get(key)?.filters ?? []
    groups.set(key, { dimension, isExcluded, filters: [...before, filter] })
  }
  return [...groups.values()]
}

/** What stands before the values of a group: `Namespace is`, `Label team is none of`. */
export function groupWords({ dimension, isExcluded, filters }: FilterGroup): string {
  const title = titleOf(dimension)
  if (filters.length > 1) return `${title} is ${isExcluded ? 'none of' : 'any of'}`
  return isExcluded && filters[0]?.value !== HAS_NONE ? `${title} is not` : `${title} is`
}

/** A value of a group; "not set" where there is none, and "set" for the opposite. */
export function valueWords({ value, isExcluded }: Filter, { filters }: FilterGroup): string {
  return value === HAS_NONE && isExcluded && filters.length === 1 ? 'set' : shownValue(value)
}

/** The filters with one more; none twice, and none beside its opposite. */
export function withFilter(filters: readonly Filter[], added: Filter): Filter[] {
  return [...filters.filter(filter => !isOfValue(filter, added)), added]
}

export function withoutFilter(filters: readonly Filter[], gone: Filter): Filter[] {
  return filters.filter(filter => !(isOfValue(filter, gone) && filter.isExcluded === gone.isExcluded))
}

const isOfValue = (one: Filter, other: Filter): boolean =>
  one.dimension === other.dimension && one.value === other.value

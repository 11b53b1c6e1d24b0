import type { BodyOf } from '../../api/routes.js'
import { type Dimension, HAS_NONE, labelOf, type NamedDimension, titleOf } from '../../state/dimensions.js'
import { writeState } from '../../state/fields.js'
import { type Place, shownValue } from '../../state/filters.js'
import { nextDimension, rungOf } from '../../state/levels.js'
import { FIRST_PAGE } from '../../state/page.js'
import { type AllocationState, FIELDS } from './fields.js'

export type Row = BodyOf<'cost_allocation'>['cost_allocation'][number]

/** What a row has of a dimension, as filters name it. */
export function dimensionValue(row: Row, dimension: Dimension): string {
  const label = labelOf(dimension)
  const value = label === null ? row[dimension as NamedDimension] : (row.labels?.[label] ?? null)
  return value ?? HAS_NONE
}

/** Whether it is made of containers. Traffic whose pods nobody knows has none, so there is nothing to look into. */
const hasContainers = ({ kind, minutes }: Row): boolean =>
  kind === 'workload' || (kind === 'unallocated' && minutes !== null)

/** The places of a row, outermost first; null for one that can't be looked into. */
export function placesOf(row: Row, { by, path }: Pick<AllocationState, 'by' | 'path'>): Place[] | null {
  if (!hasContainers(row) || nextDimension(by, path) === null) return null
  const places = [...by]
    .sort((left, right) => rungOf(left) - rungOf(right))
    .map(dimension => ({ dimension, value: dimensionValue(row, dimension) }))
  return [...path.filter(({ dimension }) => !by.includes(dimension)), ...places]
}

/** The page's parameters once a row is looked into; null for one that can't be. */
export function searchInto(params: URLSearchParams, row: Row, state: AllocationState): string | null {
  const places = placesOf(row, state)
  const next = nextDimension(state.by, state.path)
  if (places === null || next === null) return null
  return writeState(FIELDS, params, { path: places, by: [next], ...FIRST_PAGE }).toString()
}

/** One step of the way to where one is. */
export interface Crumb {
  readonly text: string
  /** The page's parameters back there; null for where one is. */
  readonly search: string | null
}

/** The way from all costs to where one is. Each level is broken down by what was chosen in it. */
export function crumbsOf(params: URLSearchParams, path: readonly Place[]): Crumb[] {
  const levels = [null, ...path]
  return levels.map((place, depth) => {
    const next = path[depth]
    return {
      text: place === null ? 'All' : placeWords(place),
      search:
        next === undefined
          ? null
          : writeState(FIELDS, params, {
              path: path.slice(0, depth),
              by: [next.dimension],
              ...FIRST_PAGE,
            }).toString(),
    }
  })
}

/** `Namespace shop`, `Label team not set`. */
export const placeWords = ({ dimension, value }: Place): string =>
  `${titleOf(dimension)} ${shownValue(value)}`

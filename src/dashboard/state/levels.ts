import type { Dimension } from './dimensions.js'
import { type Place, pathField } from './filters.js'

/** From the largest to the smallest. Labels, nodes and kinds of controllers are looked into as namespaces are. */
const LADDER: readonly Dimension[] = ['cluster', 'namespace', 'controller', 'pod', 'container']

/** How far down the ladder a dimension is. */
export function rungOf(dimension: Dimension): number {
  const rung = LADDER.indexOf(dimension)
  return rung === -1 ? LADDER.indexOf('namespace') : rung
}

/** By what a row is broken down when it is looked into; null where it is as small as it gets. */
export function nextDimension(by: readonly Dimension[], path: readonly Place[]): Dimension | null {
  const dimensions = [...by, ...path.map(({ dimension }) => dimension)]
  return LADDER[Math.max(...dimensions.map(rungOf)) + 1] ?? null
}

/** Where the costs within a place are shown; `shared` is what a link takes along. What is smallest is shown by pod. */
export function costsWithin(place: Place, shared: URLSearchParams): { pathname: string; search: string } {
  const search = new URLSearchParams(shared)
  for (const text of pathField.print([place])) search.append('path', text)
  search.set('by', nextDimension([place.dimension], []) ?? 'pod')
  return { pathname: '/allocation', search: search.toString() }
}

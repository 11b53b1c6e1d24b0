import { HOUR_SECONDS, type Window } from '../domain/window.js'
import { askHours, type Source } from './ask.js'
import { catalogue } from './catalogue.js'
import type { CatalogueQuery } from './query.js'

/** The samples that container-hours are made of, counted as loading counts them. */
const allContainerSamples: CatalogueQuery = {
  metric: catalogue.containerSamples.metric,
  purpose: 'how many samples there are by now of the containers of a window',
  unit: 'samples',
  labels: [],
  merge: 'sum',
  expression: (matchers, identity) =>
    `sum by (${identity}) (${catalogue.containerSamples.expression(matchers, identity)})`,
}

/** How many samples of containers the source has by now, of each window from `first` to `last` that has any. */
export async function countContainerSamples(
  source: Source,
  first: Window,
  last: Window,
): Promise<Map<Window, number>> {
  const counts = new Map<Window, number>()
  for (const { times, values } of await askHours(source, allContainerSamples, first, last)) {
    times.forEach((time, i) => {
      const window = (time - HOUR_SECONDS) as Window
      counts.set(window, (counts.get(window) ?? 0) + (values[i] ?? 0))
    })
  }
  return counts
}

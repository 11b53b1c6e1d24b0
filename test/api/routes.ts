import { costAllocation } from '../../src/api/routes/cost-allocation.js'
import { efficiency } from '../../src/api/routes/efficiency.js'
import type { Question } from './world.js'

interface RouteCase {
  /** Last part of its path, and name of the rows in its body. */
  readonly name: string
  /** Names of its parameters, `label` standing for all `label.<name>`. */
  readonly parameters: readonly string[]
  /** What it wants told besides the dates. */
  readonly needs: Question
}

/** Every answer about an account, as the tests that walk over all of them ask it. */
export const ROUTES: readonly RouteCase[] = [caseOf(costAllocation), caseOf(efficiency)]

const FILTERS = [
  ...['k8s_cluster', 'k8s_namespace', 'k8s_node', 'created_by_kind', 'created_by_name', 'k8s_pod'],
  ...['k8s_container', 'label'],
]

function caseOf(
  { name, query }: { name: string; query: { properties: object } },
  needs: Question = {},
): RouteCase {
  return { name, parameters: Object.keys(query.properties), needs }
}

/** The filters that a route takes, as parameters; of labels that by `team`. */
export function filtersOf({ parameters }: RouteCase): string[] {
  return FILTERS.filter(name => parameters.includes(name)).map(name =>
    name === 'label' ? 'label.team' : name,
  )
}

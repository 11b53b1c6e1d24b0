import type { TObject } from 'typebox'
import { assets } from '../../src/api/routes/assets.js'
import { clusterCost } from '../../src/api/routes/cluster-cost.js'
import { clusters } from '../../src/api/routes/clusters.js'
import { costAllocation } from '../../src/api/routes/cost-allocation.js'
import { efficiency } from '../../src/api/routes/efficiency.js'
import { filters } from '../../src/api/routes/filters.js'
import { findings } from '../../src/api/routes/findings.js'
import { rightsizing } from '../../src/api/routes/rightsizing.js'
import { status } from '../../src/api/routes/status.js'
import type { Question } from './world.js'

export interface RouteCase {
  /** Last part of its path, and name of the rows in its body. */
  readonly name: string
  /** Names of its parameters, `label` standing for all `label.<name>`. */
  readonly parameters: readonly string[]
  /** Those that it refuses to do without. */
  readonly required: readonly string[]
  /** It answers also before anything is loaded. */
  readonly answersEmpty: boolean
  /** What it has to be told besides the dates. */
  readonly needs: Question
}

/** Every answer about an account, as the tests that walk over all of them ask it. */
export const ROUTES: readonly RouteCase[] = [
  caseOf(costAllocation),
  caseOf(efficiency),
  caseOf(clusters),
  caseOf(clusterCost),
  caseOf(assets),
  caseOf(filters, { dimension: 'namespace' }),
  caseOf(rightsizing),
  caseOf(findings, { min_confidence: 0 }),
  caseOf(status),
]

const FILTERS = [
  ...['k8s_cluster', 'k8s_namespace', 'k8s_node', 'created_by_kind', 'created_by_name', 'k8s_pod'],
  ...['k8s_container', 'label'],
]

function caseOf(
  { name, query, answersEmpty = false }: { name: string; query: TObject; answersEmpty?: boolean },
  needs: Question = {},
): RouteCase {
  // A family of parameters (label.<name>) is nothing that could be left out.
  const required = Object.entries(query.properties).filter(
    ([parameter, schema]) =>
      query.required?.includes(parameter) && !('default' in schema) && !('patternProperties' in schema),
  )
  return {
    ...{ name, needs, answersEmpty, parameters: Object.keys(query.properties) },
    required: required.map(([parameter]) => parameter),
  }
}

/** The filters that a route takes, as parameters; of labels that by `team`. */
export function filtersOf({ parameters }: RouteCase): string[] {
  return FILTERS.filter(name => parameters.includes(name)).map(name =>
    name === 'label' ? 'label.team' : name,
  )
}

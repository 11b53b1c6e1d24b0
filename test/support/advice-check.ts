import type pg from 'pg'
import type { AdviceTruth } from '../../src/sample/truth-advice.js'

/** A recommendation as analysts see it, of the profile `balanced` from two weeks. */
export interface AdviceRow {
  readonly cluster: string
  readonly namespace: string
  readonly controller: string
  readonly container: string
  readonly cpu_request: number | null
  readonly cpu_limit: number | null
  readonly cpu_mean: number
  readonly cpu_p95: number
  readonly cpu_p99: number
  readonly cpu_max: number
  readonly cpu_recommended: number
  readonly cpu_action: string
  readonly cpu_saving: number
  readonly ram_request: number | null
  readonly ram_mean: number
  readonly ram_max: number
  readonly ram_recommended: number
  readonly ram_action: string
  readonly ram_saving: number
  readonly saving_month: number
  readonly cost_month: number
  readonly hpa: boolean | null
  readonly reasons: string[]
  readonly confidence: number
  readonly confidence_level: string
  readonly span_hours: number
  readonly coverage: number
  readonly samples: number
  readonly snippet: string | null
}

export async function readAdvice(pool: pg.Pool): Promise<AdviceRow[]> {
  const { rows } = await pool.query<AdviceRow>(
    `select cluster, namespace, controller, container, cpu_request, cpu_limit, hpa, cpu_mean, cpu_p95, cpu_p99, cpu_max, cpu_recommended,
       cpu_action, cpu_saving::float8 as cpu_saving, ram_request, ram_mean, ram_max, ram_recommended, ram_action,
       ram_saving::float8 as ram_saving, saving_month::float8 as saving_month, cost_month::float8 as cost_month, reasons,
       confidence, confidence_level, span_hours, coverage, samples::float8 as samples, snippet
     from analytics.rightsizing_latest order by cluster, namespace, controller, container`,
  )
  return rows
}

/** A recommendation and what the truth leads to. */
export interface Advice {
  readonly row: AdviceRow
  readonly truth: AdviceTruth
}

/** The workloads of a cluster in both; fails where one of them knows something that the other doesn't. */
export function paired(all: readonly AdviceRow[], cluster: string, truths: readonly AdviceTruth[]): Advice[] {
  const rows = all.filter(row => row.cluster === cluster)
  if (rows.length !== truths.length)
    throw new Error(`${rows.length} recommendations for ${cluster}, and ${truths.length} in truth`)
  return truths.map(truth => {
    const { namespace, controller, container } = truth.usage
    const row = rows.find(
      one => one.namespace === namespace && one.controller === controller && one.container === container,
    )
    if (row === undefined) throw new Error(`no recommendation for ${namespace}/${controller}/${container}`)
    return { row, truth }
  })
}

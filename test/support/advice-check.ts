import type pg from 'pg'
import type { AdviceTruth } from '../../src/sample/truth-advice.js'

/** A recommendation as analysts see it, of the profile `balanced` from two weeks. */
export interface AdviceRow {
  readonly namespace: string
  readonly controller: string
  readonly container: string
  readonly cpu_request: number | null
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
    `select namespace, controller, container, cpu_request, cpu_mean, cpu_p95, cpu_p99, cpu_max, cpu_recommended,
       cpu_action, cpu_saving::float8 as cpu_saving, ram_request, ram_mean, ram_max, ram_recommended, ram_action,
       ram_saving::float8 as ram_saving, saving_month::float8 as saving_month, cost_month::float8 as cost_month, reasons,
       confidence, confidence_level, span_hours, coverage, samples::float8 as samples, snippet
     from analytics.rightsizing_latest order by namespace, controller, container`,
  )
  return rows
}

/** The same workload and container in both; fails where one of them knows something that the other doesn't. */
export function paired(
  rows: readonly AdviceRow[],
  truths: readonly AdviceTruth[],
): { readonly row: AdviceRow; readonly truth: AdviceTruth }[] {
  if (rows.length !== truths.length)
    throw new Error(`${rows.length} recommendations, and ${truths.length} in truth`)
  return truths.map(truth => {
    const { namespace, controller, container } = truth.usage
    const row = rows.find(
      one => one.namespace === namespace && one.controller === controller && one.container === container,
    )
    if (row === undefined) throw new Error(`no recommendation for ${namespace}/${controller}/${container}`)
    return { row, truth }
  })
}

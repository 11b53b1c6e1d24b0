import { type RawBuilder, sql } from 'kysely'
import { OFFLINE_AFTER_SECONDS } from '../../domain/cluster.js'
import { HOUR_SECONDS } from '../../domain/window.js'
import { FULL_SPAN_HOURS, levelOf } from '../../rightsizing/confidence.js'
import type { ConfidenceLevel } from '../../rightsizing/recommendation.js'
import { isLoadedWindow, type WindowScope } from '../answers/loaded.js'

/** The hours of a cluster in which anything was seen of it, ascending, with their coverage. */
export interface MeasuredCluster {
  readonly cluster: string
  readonly windows: readonly number[]
  readonly coverages: readonly number[]
}

/** How sure a finding is. */
export interface Confidence {
  /** 0 to 1. */
  readonly confidence: number
  readonly level: ConfidenceLevel
}

/**
 * Common table `measured`: the published hours of the scope in which something was seen of the cluster, and whether they
 * tell who holds volumes and who is behind load balancers.
 */
export function measuredWindows(scope: WindowScope): RawBuilder<unknown> {
  return sql`
    measured as (
      select l.cluster_id, l.window_start, coalesce(l.coverage, 1) as coverage,
        not ${isWarned('pv_not_collected')} as knows_volumes,
        not ${isWarned('load_balancer_not_shared')} as knows_balancers
      from warehouse.window_ledger l
      where ${isLoadedWindow(scope)} and coalesce(l.coverage, 1) > 0
    )`
}

function isWarned(code: string): RawBuilder<boolean> {
  return sql<boolean>`coalesce(l.warnings @> ${JSON.stringify([{ code }])}::jsonb, false)`
}

export function measuredClusters(scope: WindowScope): RawBuilder<MeasuredCluster> {
  return sql<MeasuredCluster>`
    with ${measuredWindows(scope)}
    select cluster_id as cluster,
      array_agg(extract(epoch from window_start)::float8 order by window_start) as windows,
      array_agg(coverage order by window_start) as coverages
    from measured
    group by cluster_id
    order by cluster_id collate "C"`
}

/** End of the newest measured hour, Unix seconds. */
export function measuredUntil({ windows }: MeasuredCluster): number {
  return (windows.at(-1) ?? Number.NEGATIVE_INFINITY) + HOUR_SECONDS
}

/** Whether the cluster had not been heard of for so long at `end` (Unix seconds) that nothing of it is left to save. */
export function isGone(cluster: MeasuredCluster, end: number): boolean {
  return measuredUntil(cluster) < end - OFFLINE_AFTER_SECONDS
}

/**
 * Trust in something that holds from `since` on: a week of it is enough, and hours that are missing or were measured in
 * part lower it. `judgedShare` is that of the hours in which it could be told at all.
 */
export function confidenceOf(cluster: MeasuredCluster, since: number, judgedShare = 1): Confidence {
  const hours = (measuredUntil(cluster) - since) / HOUR_SECONDS
  const covered = cluster.coverages.reduce(
    (sum, coverage, i) => sum + ((cluster.windows[i] ?? 0) >= since ? coverage : 0),
    0,
  )
  const coverage = hours > 0 ? Math.min(1, covered / hours) : 0
  const confidence = Math.min(1, hours / FULL_SPAN_HOURS) * coverage * judgedShare
  return { confidence, level: levelOf(confidence) }
}

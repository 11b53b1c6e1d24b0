import { Sketch } from '../domain/sketch.js'
import type { ClusterUsage, UsageRow } from '../domain/usage.js'
import { cappedByCpuLimit, cappedByNode } from './ceilings.js'
import { type Draft, roundedUp } from './draft.js'
import type { Figures } from './figures.js'
import { floored } from './floors.js'
import { guardedForHotPod } from './hot-replica.js'
import type { Knobs } from './profiles.js'
import { inMillicores } from './request.js'
import { heldWhereThrottled } from './throttling.js'

/** The CPU request that the use calls for, millicores, whatever becomes of it. */
export function cpuDraft(
  usage: UsageRow,
  figures: Figures,
  cluster: ClusterUsage,
  request: number | null,
  knobs: Knobs,
): Draft {
  const { rules, cpuMargin } = knobs
  let draft: Draft = { amount: roundedUp(cpuBase(usage, figures, knobs) * (1 + cpuMargin), 1), reasons: [] }
  draft = floored(draft, knobs.cpuFloor * 1000, request, 'cpu_floor', rules.floorsRaise)
  if (rules.heedsHotPod) draft = guardedForHotPod(draft, hotMean(usage), cpuMargin, request)
  if (rules.heedsThrottling)
    draft = heldWhereThrottled(draft, usage.cpuPeriods, usage.cpuThrottledPeriods, request)
  if (rules.keepsCpuLimit) draft = cappedByCpuLimit(draft, inMillicores(usage.cpuLimit))
  return cappedByNode(draft, inMillicores(cluster.largestCpuCores), 1)
}

/** What the asked share of points doesn't exceed, or the mean use where that is more: rare, but heavy use. Millicores. */
function cpuBase(usage: UsageRow, figures: Figures, { cpuQuantile, rules }: Knobs): number {
  const hottest = rules.cpuOf === 'hottest_pod' ? usage.cpuHotSketch : null
  const bytes = hottest ?? usage.cpuSketch
  const quantile = bytes === null ? 0 : Sketch.decode(bytes).quantile(cpuQuantile, figures.max / 1000) * 1000
  return rules.atLeastMean ? Math.max(quantile, figures.mean) : quantile
}

function hotMean({ cpuHotSum, cpuHotHours }: UsageRow): number | null {
  return cpuHotSum === null || cpuHotHours === 0 ? null : (cpuHotSum / cpuHotHours) * 1000
}

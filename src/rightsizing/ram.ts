import { MIB } from '../domain/units.js'
import type { ClusterUsage, UsageRow } from '../domain/usage.js'
import { cappedByNode } from './ceilings.js'
import { type Draft, roundedUp } from './draft.js'
import type { Figures } from './figures.js'
import { floored } from './floors.js'
import { raisedAfterOom } from './oom.js'
import type { Knobs } from './profiles.js'

/**
 * The memory request that the use calls for, bytes, whatever becomes of it. The highest peak decides, not a quantile:
 * whoever lacks CPU waits, whoever lacks memory is killed.
 */
export function ramDraft(
  usage: UsageRow,
  figures: Figures,
  cluster: ClusterUsage,
  request: number | null,
  { ramMargin, ramFloor, rules }: Knobs,
): Draft {
  let draft: Draft = { amount: roundedUp(figures.max * (1 + ramMargin), MIB), reasons: [] }
  if (rules.heedsOom) draft = raisedAfterOom(draft, usage, request)
  draft = floored(draft, ramFloor, request, 'ram_floor', rules.floorsRaise)
  return cappedByNode(draft, cluster.largestRamBytes, MIB)
}

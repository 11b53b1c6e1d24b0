import type { CostAllocationBody } from '../schemas/cost-allocation.js'
import type { RunQuery } from '../snapshot.js'
import { toCostAllocationRow } from './cost-allocation-row.js'
import { type AskedFacts, answerFacts } from './facts.js'
import type { Subject } from './subject.js'

export async function answerCostAllocation(
  run: RunQuery,
  subject: Subject<AskedFacts>,
): Promise<CostAllocationBody> {
  const { records, head, meta, page } = await answerFacts(run, subject)
  return {
    ...head,
    cost_allocation: records.map(record => toCostAllocationRow(record, subject.asked)),
    meta,
    page,
  }
}

import { type FactRecord, isLoaded } from '../facts/answer.js'
import { type Waste, wasteOf } from '../facts/waste.js'
import { previousRange, type WindowRange } from '../query/asked.js'
import type { EfficiencyBody, EfficiencyRow } from '../schemas/efficiency.js'
import type { RunQuery } from '../snapshot.js'
import { type AskedFacts, answerFacts, factQuery } from './facts.js'
import { identityOf } from './identity.js'
import { stepEnd } from './steps.js'
import type { Subject } from './subject.js'

/** Total efficiency above which a row is good, and below which it is critical. */
const GOOD = 0.6
const CRITICAL = 0.4

export async function answerEfficiency(run: RunQuery, subject: Subject<AskedFacts>): Promise<EfficiencyBody> {
  const { records, head, meta, page } = await answerFacts(run, subject)
  const now = await wasteIn(run, subject, subject.asked.range)
  const before = await wasteIn(run, subject, previousRange(subject.asked.range))
  return {
    ...head,
    total_efficiency: now.total_efficiency,
    wasted_cost: Number(now.wasted_cost ?? 0),
    previous_total_efficiency: before.total_efficiency,
    previous_wasted_cost: before.wasted_cost === null ? null : Number(before.wasted_cost),
    efficiency: records.map(record => toEfficiencyRow(record, subject.asked)),
    meta,
    page,
  }
}

async function wasteIn(run: RunQuery, subject: Subject<AskedFacts>, range: WindowRange): Promise<Waste> {
  const query = await factQuery(run, subject, range)
  const [waste] = await run(wasteOf(query, isLoaded(query)))
  return waste ?? { total_efficiency: null, wasted_cost: null }
}

/** The row as the API gives it, from the record as the database does. */
export function toEfficiencyRow(
  record: FactRecord,
  asked: Pick<AskedFacts, 'breakdownBy' | 'step' | 'range'>,
): EfficiencyRow {
  return {
    ...identityOf(record, asked.breakdownBy),
    start_date: record.step_start,
    end_date: stepEnd(asked.step, record.step_start, asked.range),
    cpu_core_request_hours: record.cpu_core_request_hours,
    cpu_core_used_hours: record.cpu_core_used_hours,
    cpu_core_hours: record.cpu_core_hours,
    ram_gib_request_hours: record.ram_gib_request_hours,
    ram_gib_used_hours: record.ram_gib_used_hours,
    ram_gib_hours: record.ram_gib_hours,
    cpu_efficiency: record.cpu_efficiency,
    ram_efficiency: record.ram_efficiency,
    total_efficiency: record.total_efficiency,
    no_requests: record.no_requests,
    used_cost: Number(record.used_cost),
    workload_idle_cost: Number(record.workload_idle_cost),
    infra_idle_cost: Number(record.infra_idle_cost),
    wasted_cost: Number(record.wasted_cost),
    total_cost: Number(record.total_cost),
    band: bandOf(record.total_efficiency),
    coverage: record.coverage,
  }
}

function bandOf(efficiency: number | null): EfficiencyRow['band'] {
  if (efficiency === null) return null
  if (efficiency > GOOD) return 'good'
  return efficiency < CRITICAL ? 'critical' : 'warning'
}

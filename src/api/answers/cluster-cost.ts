import { hoursOnly, planDays } from '../facts/day-plan.js'
import { previousRange, type ValueFilter, type WindowRange } from '../query/asked.js'
import type { Step } from '../query/parameters.js'
import type { ClusterCostBody, ClusterCostRow } from '../schemas/cluster-cost.js'
import type { RunQuery } from '../snapshot.js'
import {
  type ClusterCostQuery,
  type ClusterCostRecord,
  clusterCostPage,
  clusterCostTotal,
} from './cluster-cost-query.js'
import { pagePlace } from './cursor.js'
import { refuseExpired } from './expired.js'
import { describeRange } from './facts.js'
import type { AskedListing } from './listing.js'
import { stepEnd } from './steps.js'
import type { AskedRange, Subject } from './subject.js'

export interface AskedClusterCost extends AskedRange, AskedListing {
  readonly clusters: ValueFilter
  readonly step: Step
}

export async function answerClusterCost(
  run: RunQuery,
  subject: Subject<AskedClusterCost>,
): Promise<ClusterCostBody> {
  const { asked } = subject
  const daysServe = asked.step !== 'hour'
  refuseExpired(subject, daysServe ? 'days' : 'hours')
  const place = pagePlace(subject)
  const query = await costQuery(run, subject, asked.range)
  const records = await run(clusterCostPage(query, { ...asked, offset: place.offset }))
  const rows = records.flatMap(record => (record.cluster === null ? [] : [toRow(record, asked)]))
  const count = records[0]?.set_count ?? 0
  const range = previousRange(asked.range)
  const before = await costQuery(run, { ...subject, asked: { ...asked, step: 'all' } }, range)
  const [previous] = await run(clusterCostTotal(before))
  const meta = await describeRange(run, subject, { clusters: asked.clusters, daysServe })
  return {
    start_date: asked.startDate,
    end_date: asked.endDate,
    step: asked.step,
    total_cost: Number(records[0]?.set_cost ?? 0),
    total_count: count,
    previous_total: toNumber(previous?.total ?? null),
    previous_range_start: range.from,
    cluster_cost: rows,
    meta: { ...meta, partial: meta.partial || records[0]?.is_partial === true },
    page: place.tell(rows.length, count),
  }
}

async function costQuery(
  run: RunQuery,
  { cloudAccountId, asked }: Subject<AskedClusterCost>,
  range: WindowRange,
): Promise<ClusterCostQuery> {
  const { clusters, step } = asked
  const plan = step === 'hour' ? hoursOnly(range) : await planDays(run, cloudAccountId, range)
  return { cloudAccountId, clusters, range, step, plan }
}

function toRow(record: ClusterCostRecord, { step, range }: AskedClusterCost): ClusterCostRow {
  return {
    cluster: record.cluster,
    start_date: record.step_start,
    end_date: stepEnd(step, record.step_start, range),
    cpu_cost: toNumber(record.cpu_cost),
    ram_cost: toNumber(record.ram_cost),
    gpu_cost: toNumber(record.gpu_cost),
    pv_cost: toNumber(record.pv_cost),
    load_balancer_cost: toNumber(record.load_balancer_cost),
    network_cost: toNumber(record.network_cost),
    management_cost: toNumber(record.management_cost),
    total_cost: Number(record.total_cost),
    allocated_cost: Number(record.allocated_cost),
    idle_cost: Number(record.idle_cost),
    unmounted_cost: toNumber(record.unmounted_cost),
  }
}

function toNumber(amount: string | null): number | null {
  return amount === null ? null : Number(amount)
}

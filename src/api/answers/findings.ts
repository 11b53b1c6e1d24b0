import { createHash } from 'node:crypto'
import { formatMoney, type Money, sumMoney, toMoney } from '../../domain/money.js'
import { DAY_SECONDS, HOUR_SECONDS } from '../../domain/window.js'
import { CONFIDENCE_LEVELS } from '../../rightsizing/recommendation.js'
import { planDays, wholeDays } from '../facts/day-plan.js'
import { assetFindings } from '../findings/assets.js'
import { freeAssets } from '../findings/assets-query.js'
import { FINDINGS, type FindingCode, type Findings, type Found } from '../findings/finding.js'
import { type Confidence, confidenceOf, isGone, measuredClusters } from '../findings/measured.js'
import { nodeFindings, type SizingTargets } from '../findings/nodes.js'
import { nodeUses } from '../findings/nodes-query.js'
import { trafficOf } from '../findings/traffic-query.js'
import {
  abandonedWorkloads,
  longQuiet,
  type MeasuredClusters,
  namespacesWithoutRequests,
} from '../findings/workloads.js'
import { workloadUses } from '../findings/workloads-query.js'
import { accepts, type OptionalDates, type ValueFilter } from '../query/asked.js'
import type { MetaBody } from '../schemas/common.js'
import type { FindingRow, FindingsBody } from '../schemas/findings.js'
import type { RunQuery } from '../snapshot.js'
import { BY_HASH } from './by-hash.js'
import { historyDates } from './dates.js'
import { refuseExpired } from './expired.js'
import { describeRange } from './facts.js'
import { type AskedListing, listPage } from './listing.js'
import type { WindowScope } from './loaded.js'
import type { Subject } from './subject.js'

export interface AskedFindings extends OptionalDates, AskedListing, SizingTargets {
  readonly clusters: ValueFilter
  readonly namespaces: ValueFilter
  /** Empty: all of them. */
  readonly findings: readonly FindingCode[]
  readonly abandonedDays: number
  readonly minConfidence: number
  /** Account currency a month. */
  readonly minSaving: number | undefined
}

/** A finding with how sure it is. */
type Judged = Found & Confidence

export async function answerFindings(run: RunQuery, given: Subject<AskedFindings>): Promise<FindingsBody> {
  const { asked, cloudAccountId } = given
  const dates = historyDates(given)
  const subject = { ...given, asked: { ...asked, ...dates } }
  refuseExpired(subject, 'hours')
  const scope = { cloudAccountId, range: dates.range, clusters: asked.clusters }
  const measured = await run(measuredClusters(scope))
  const end = Math.min(dates.range.to, given.newestDue + HOUR_SECONDS)
  const living = new Map(measured.flatMap(one => (isGone(one, end) ? [] : [[one.cluster, one] as const])))
  const parts = await findAll(run, scope, living, asked)
  const wanted = selected(parts, living, asked)
  const sure = wanted.filter(({ confidence }) => confidence >= asked.minConfidence)
  const rows = sure.map(one => toRow(cloudAccountId, one))
  const listed = listPage(given, rows, 'id')
  const meta = await describeRange(run, subject, { clusters: asked.clusters, daysServe: false })
  const warnings = warningsOf(wanted.length - sure.length, measured.length - living.size, asked)
  return {
    start_date: dates.startDate,
    end_date: dates.endDate,
    total_count: sure.length,
    saving_month: savingOf(sure),
    by_finding: askedFindings(asked).map(finding => ({
      finding,
      ...totalOf(sure.filter(one => one.finding === finding)),
      unknown: parts.reduce((sum, { unknown }) => sum + (unknown[finding] ?? 0), 0),
    })),
    by_confidence: CONFIDENCE_LEVELS.map(level => ({
      confidence_level: level,
      ...totalOf(sure.filter(one => one.level === level)),
    })),
    findings: listed.rows,
    meta: { ...meta, warnings: [...warnings, ...meta.warnings] },
    page: listed.page,
  }
}

/** Everything, whatever is asked for: what one finding counts depends on what the others do. */
async function findAll(
  run: RunQuery,
  { clusters: _clusters, ...rest }: WindowScope,
  living: MeasuredClusters,
  asked: AskedFindings,
): Promise<Findings[]> {
  if (living.size === 0) return []
  const clusters = { anyOf: [...living.keys()], noneOf: [], orMissing: false, notMissing: false }
  const scope = { ...rest, clusters }
  await run(BY_HASH)
  const [free] = await run(freeAssets(scope))
  const days = await planDays(run, scope.cloudAccountId, wholeDays(scope.range))
  const [machines] = await run(nodeUses(scope, days))
  const ofNodes = nodeFindings(machines ?? { nodes: [], groups: [] }, asked)
  return [
    assetFindings(free ?? { free: [], unknown_disks: 0, unknown_balancers: 0 }),
    ofNodes,
    ...(await workloadFindings(run, scope, { living, idle: ofNodes.found, asked })),
  ]
}

async function workloadFindings(
  run: RunQuery,
  scope: WindowScope,
  { living, idle, asked }: { living: MeasuredClusters; idle: readonly Found[]; asked: AskedFindings },
): Promise<Findings[]> {
  const counted = idle.flatMap(one =>
    one.finding === 'idle_node' && one.evidence.kept_for === null
      ? [{ cluster: one.cluster, node: one.name }]
      : [],
  )
  const plan = await planDays(run, scope.cloudAccountId, scope.range)
  const [uses] = await run(workloadUses(scope, plan, counted))
  const { workloads, namespaces } = uses ?? { workloads: [], namespaces: [] }
  const quiet = longQuiet(workloads, living, asked.abandonedDays)
  const since = Math.min(...quiet.map(({ until }) => until)) - asked.abandonedDays * DAY_SECONDS
  const range = { from: since, to: scope.range.to }
  const traffic = quiet.length === 0 ? [] : await run(trafficOf(scope, range, quiet))
  return [
    abandonedWorkloads(quiet, traffic, living, asked.abandonedDays),
    namespacesWithoutRequests(namespaces),
  ]
}

function askedFindings({ findings }: AskedFindings): readonly FindingCode[] {
  return findings.length === 0 ? FINDINGS : FINDINGS.filter(one => findings.includes(one))
}

/** What the filters leave, but for how sure it is. */
function selected(parts: readonly Findings[], living: MeasuredClusters, asked: AskedFindings): Judged[] {
  const wanted = askedFindings(asked)
  const least = asked.minSaving === undefined ? undefined : toMoney(asked.minSaving)
  return parts
    .flatMap(({ found }) => found)
    .filter(
      one =>
        wanted.includes(one.finding) &&
        accepts(one.namespace, asked.namespaces) &&
        (least === undefined || (one.savingMonth !== null && one.savingMonth >= least)),
    )
    .flatMap(one => {
      const cluster = living.get(one.cluster)
      return cluster === undefined ? [] : [{ ...one, ...confidenceOf(cluster, one.since, one.judgedShare) }]
    })
}

function toRow(cloudAccountId: string, one: Judged): FindingRow {
  return {
    id: idOf(cloudAccountId, one),
    finding: one.finding,
    cluster: one.cluster,
    namespace: one.namespace,
    name: one.name,
    since: one.since,
    cost: numberOf(one.cost),
    saving_month: one.savingMonth === null ? null : numberOf(one.savingMonth),
    evidence: one.evidence,
    confidence: one.confidence,
    confidence_level: one.level,
    detail: one.detail,
  }
}

/** The first half of a SHA-256, written as a UUID: a finding has the same id in every answer. */
function idOf(cloudAccountId: string, one: Found): string {
  const kind = one.finding === 'abandoned_workload' ? one.evidence.controller_kind : null
  const hex = createHash('sha256')
    .update(JSON.stringify([cloudAccountId, one.finding, one.cluster, one.namespace, kind, one.name]))
    .digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

function totalOf(list: readonly Judged[]): { count: number; saving_month: number } {
  return { count: list.length, saving_month: savingOf(list) }
}

function savingOf(list: readonly Judged[]): number {
  return numberOf(sumMoney(list.map(({ savingMonth }) => savingMonth ?? 0n)))
}

function numberOf(money: Money): number {
  return Number(formatMoney(money))
}

function warningsOf(unsure: number, gone: number, { minConfidence }: AskedFindings): MetaBody['warnings'] {
  const warnings: MetaBody['warnings'] = []
  if (unsure > 0) {
    const detail = `${unsure} findings with a confidence below ${minConfidence} are left out; min_confidence=0 gives them too`
    warnings.push({ code: 'findings_unsure', detail })
  }
  if (gone > 0) {
    const detail = `${gone} clusters had not been heard of for three days at the end of the range: nothing of them is judged`
    warnings.push({ code: 'cluster_gone', detail })
  }
  return warnings
}

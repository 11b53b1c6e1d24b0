import { createHash } from 'node:crypto'
import { formatMoney, type Money, parseMoney, sumMoney } from '../../domain/money.js'
import { MONTH_HOURS } from '../../domain/units.js'
import { type FactRecord, factRows } from '../facts/answer.js'
import { type Filters, previousRange, type ValueFilter } from '../query/asked.js'
import type { Breakdown } from '../query/parameters.js'
import type { ClusterRow, ClustersBody } from '../schemas/clusters.js'
import type { RunQuery } from '../snapshot.js'
import { type ClusterRecord, clusterRecords } from './clusters-query.js'
import { answerFacts, factQuery, rangeScope } from './facts.js'
import { type AskedListing, listPage } from './listing.js'
import type { AskedRange, Subject } from './subject.js'

export interface AskedClusters extends AskedRange, AskedListing {
  readonly clusters: ValueFilter
}

/** More than an account has clusters, five kinds of cost each. */
const ALL_ROWS = 1_000_000

const PARTS = [
  ...['cpu_cost', 'ram_cost', 'gpu_cost', 'pv_cost', 'network_zone_cost', 'network_region_cost'],
  ...['network_internet_cost', 'network_cost', 'load_balancer_cost', 'management_cost'],
] as const satisfies (keyof FactRecord & keyof ClusterRow)[]

export async function answerClusters(run: RunQuery, subject: Subject<AskedClusters>): Promise<ClustersBody> {
  const { asked, cloudAccountId } = subject
  const factSubject = { ...subject, asked: factsOfClusters(asked) }
  const { records, head, meta } = await answerFacts(run, factSubject)
  const range = previousRange(asked.range)
  const before = await run(factRows(await factQuery(run, factSubject, range), factSubject.asked))
  const scope = rangeScope(subject, { clusters: asked.clusters, daysServe: true })
  const clusters = await run(clusterRecords(cloudAccountId, scope, range))
  const [now, then] = [byCluster(records), byCluster(before)]
  const rows = clusters.map(cluster =>
    toRow(cloudAccountId, cluster, {
      now: now.get(cluster.cluster) ?? [],
      previous: then.get(cluster.cluster) ?? [],
    }),
  )
  const listed = listPage(subject, rows, 'cluster')
  return {
    start_date: head.start_date,
    end_date: head.end_date,
    total_cost: head.total_cost,
    total_count: rows.length,
    previous_total: head.previous_total,
    previous_range_start: head.previous_range_start,
    clusters: listed.rows,
    meta,
    page: listed.page,
  }
}

function factsOfClusters({ clusters, ...asked }: AskedClusters) {
  const nothing: ValueFilter = { anyOf: [], noneOf: [], orMissing: false, notMissing: false }
  const filters: Filters = {
    ...{ cluster: clusters, namespace: nothing, node: nothing, controllerKind: nothing, controller: nothing },
    ...{ pod: nothing, container: nothing, labels: [] },
  }
  const breakdownBy: Breakdown[] = ['cluster']
  return {
    ...asked,
    ...({ breakdownBy, step: 'all', filters, idle: 'separate', idleBy: 'cluster' } as const),
    ...({ shareNamespaces: [], shareSplit: 'weighted', sort: 'total_cost', order: 'desc' } as const),
    ...{ limit: ALL_ROWS, cursor: undefined },
  }
}

function byCluster(records: readonly FactRecord[]): Map<string | null, FactRecord[]> {
  const groups = new Map<string | null, FactRecord[]>()
  for (const record of records) groups.set(record.value_1, [...(groups.get(record.value_1) ?? []), record])
  return groups
}

function toRow(
  cloudAccountId: string,
  cluster: ClusterRecord,
  facts: { now: readonly FactRecord[]; previous: readonly FactRecord[] },
): ClusterRow {
  const { name, is_offline, loaded_hours, previous_hours, has_fee, ...known } = cluster
  const isLoaded = loaded_hours > 0
  const total = sumMoney(facts.now.map(({ total_cost }) => parseMoney(total_cost)))
  const workload = facts.now.find(({ kind }) => kind === 'workload')
  const parts = partsOf(facts.now, isLoaded, has_fee)
  const idle = facts.now.filter(({ kind }) => kind === 'idle').map(({ total_cost }) => parseMoney(total_cost))
  const before = sumMoney(facts.previous.map(({ total_cost }) => parseMoney(total_cost)))
  return {
    id: idOf(cloudAccountId, cluster.cluster),
    ...known,
    name: name ?? cluster.cluster,
    state: is_offline ? 'stale' : 'active',
    ...parts,
    idle_cost: isLoaded ? numberOf(sumMoney(idle)) : null,
    total_cost: numberOf(total),
    previous_total: previous_hours > 0 ? numberOf(before) : null,
    monthly_rate: isLoaded ? (numberOf(total) / loaded_hours) * MONTH_HOURS : null,
    cpu_efficiency: workload?.cpu_efficiency ?? null,
    ram_efficiency: workload?.ram_efficiency ?? null,
    total_efficiency: workload?.total_efficiency ?? null,
  }
}

/** Cost of each part without idle: of workloads, of what no pod holds, the fee, traffic of unknown pods. */
function partsOf(records: readonly FactRecord[], isLoaded: boolean, hasFee: boolean) {
  const owned = records.filter(({ kind }) => kind !== 'idle')
  const sumOf = (part: (typeof PARTS)[number]): number | null => {
    const amounts = owned.map(record => record[part])
    const sum = sumMoney(amounts.map(amount => (amount === null ? 0n : parseMoney(amount))))
    // Where none of it was measured, the rows that can't have any don't make a 0 of it.
    const isUnknown = !isLoaded || amounts.includes(null) || (part === 'management_cost' && !hasFee)
    return isUnknown && sum === 0n ? null : numberOf(sum)
  }
  const parts = Object.fromEntries(PARTS.map(part => [part, sumOf(part)]))
  return parts as Record<(typeof PARTS)[number], number | null>
}

function numberOf(money: Money): number {
  return Number(formatMoney(money))
}

/** The first half of a SHA-256, written as a UUID: a cluster has the same id in every answer. */
function idOf(cloudAccountId: string, cluster: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([cloudAccountId, 'cluster', cluster]))
    .digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

import { formatMoney, parseMoney } from '../../domain/money.js'
import { isSystemNamespace } from '../../domain/namespaces.js'
import { DAY_SECONDS, HOUR_SECONDS } from '../../domain/window.js'
import { type Findings, type Found, momentOf, monthlyCost } from './finding.js'
import { type MeasuredCluster, measuredUntil } from './measured.js'
import type { Traffic } from './traffic-query.js'
import type { NamespaceUse, QuietWorkload } from './workloads-query.js'

export type MeasuredClusters = ReadonlyMap<string, MeasuredCluster>

/** What a pod may send and receive within its zone, bytes a second, for probes and the like. */
const QUIET_BYTES_PER_SECOND = 500

/** Workloads that are still there, have been quiet for so many days at least, and are not of Kubernetes itself. */
export function longQuiet(
  workloads: readonly QuietWorkload[],
  clusters: MeasuredClusters,
  abandonedDays: number,
): QuietWorkload[] {
  return workloads.filter(({ cluster, namespace, since, until }) => {
    const measured = clusters.get(cluster)
    const isThere = measured !== undefined && until === measuredUntil(measured)
    return isThere && !isSystemNamespace(namespace) && until - since >= abandonedDays * DAY_SECONDS
  })
}

/**
 * Abandoned workloads among those that have long been quiet; `traffic` is theirs of the last `abandonedDays`. Where use
 * of CPU, or traffic of either kind, is never known, it is not known whether anybody uses the workload.
 */
export function abandonedWorkloads(
  quiet: readonly QuietWorkload[],
  traffic: readonly Traffic[],
  clusters: MeasuredClusters,
  abandonedDays: number,
): Findings {
  const bytes = new Map(traffic.map(one => [keyOf(one), one.bytes]))
  const found: Found[] = []
  let unknown = 0
  for (const workload of quiet) {
    const sent = bytes.get(keyOf(workload))
    if (workload.cpu_used === null || workload.traffic_days === 0 || sent === undefined) unknown++
    else {
      const hours = (workload.until - workload.since) / HOUR_SECONDS
      const meanPods = workload.pod_hours / hours
      const rate = sent / (abandonedDays * DAY_SECONDS * meanPods)
      if (rate <= QUIET_BYTES_PER_SECOND) found.push(abandoned(workload, rate, clusters))
    }
  }
  return { found, unknown: { abandoned_workload: unknown } }
}

function keyOf(one: Pick<QuietWorkload, 'cluster' | 'namespace' | 'controller_kind' | 'controller'>): string {
  return JSON.stringify([one.cluster, one.namespace, one.controller_kind, one.controller])
}

function abandoned(workload: QuietWorkload, rate: number, clusters: MeasuredClusters): Found {
  const { cluster, namespace, controller, controller_kind, since, until, pod_hours, days } = workload
  const cost = parseMoney(workload.cost)
  // What runs on a node that is told as idle is part of that node's money.
  const toldElsewhere = parseMoney(workload.cost_on_nodes)
  const windows = clusters.get(cluster)?.windows.filter(window => window >= since).length ?? 0
  const millicores = (1000 * (workload.cpu_used ?? 0)) / pod_hours
  return {
    finding: 'abandoned_workload',
    ...{ cluster, namespace, name: controller, since, cost },
    savingMonth: monthlyCost(cost - toldElsewhere, windows * 60),
    judgedShare: workload.traffic_days / days,
    evidence: {
      controller_kind,
      days: (until - since) / DAY_SECONDS,
      pod_hours,
      cpu_millicores: millicores,
      traffic_bytes_per_second: rate,
      traffic_known_share: workload.traffic_days / days,
      idle_node_share: cost === 0n ? 0 : Number(formatMoney(toldElsewhere)) / Number(formatMoney(cost)),
    },
    detail: `Since ${momentOf(since)} the ${controller_kind} ${namespace}/${controller} has sent nothing beyond its zone and used ${Number(millicores.toFixed(2))} millicores a pod on the average`,
  }
}

/** Namespaces whose containers ask for nothing, where their cluster tells of requests at all. */
export function namespacesWithoutRequests(namespaces: readonly NamespaceUse[]): Findings {
  const own = namespaces.filter(({ namespace }) => namespace !== '' && !isSystemNamespace(namespace))
  return {
    found: own.filter(one => one.told_days > 0 && !one.has_requests).map(withoutRequests),
    unknown: { namespace_without_requests: own.filter(one => one.told_days === 0).length },
  }
}

function withoutRequests(use: NamespaceUse): Found {
  const { cluster, namespace, since, containers, cluster_containers, told_days } = use
  return {
    finding: 'namespace_without_requests',
    ...{ cluster, namespace, name: namespace, since, cost: parseMoney(use.cost), savingMonth: null },
    judgedShare: told_days / use.days,
    evidence: {
      used_core_hours: use.used_core_hours,
      used_gib_hours: use.used_gib_hours,
      containers,
      share_of_containers: containers / cluster_containers,
      days: told_days,
    },
    detail: `Since ${momentOf(since)} none of the ${containers} containers of ${namespace} has asked for CPU or memory`,
  }
}

import type { Window } from '../domain/window.js'
import type { Source } from './ask.js'
import { askWindow, type Finding } from './finding.js'

interface ExpectedMetric {
  /** Forms of one fact, of which any is enough. */
  readonly names: readonly string[]
  readonly need: 'essential' | 'recommended' | 'optional'
  readonly lost: string
}

const essential = (lost: string, ...names: string[]): ExpectedMetric => ({ names, need: 'essential', lost })
const recommended = (lost: string, ...names: string[]): ExpectedMetric => ({
  names,
  need: 'recommended',
  lost,
})
const optional = (lost: string, ...names: string[]): ExpectedMetric => ({ names, need: 'optional', lost })

/** What a cluster should send, and what is lost without it. */
const EXPECTED: readonly ExpectedMetric[] = [
  essential('no price of a core-hour', 'node_cpu_hourly_cost'),
  essential('no price of a GiB-hour', 'node_ram_hourly_cost'),
  essential('no CPU allocation', 'container_cpu_allocation'),
  essential('no memory allocation', 'container_memory_allocation_bytes'),
  essential(
    'no cost of nodes and no idle',
    'kube_node_status_capacity',
    'kube_node_status_capacity_cpu_cores',
  ),
  recommended('running time of nodes is taken from their prices', 'node_total_hourly_cost'),
  recommended('coverage is taken from node series only', 'kubecost_cluster_info'),
  recommended('no management fee', 'kubecost_cluster_management_cost'),
  recommended('spot machines are unknown', 'kubecost_node_is_spot'),
  recommended(
    'no requests, no efficiency',
    'kube_pod_container_resource_requests',
    'kube_pod_container_resource_requests_cpu_cores',
  ),
  recommended('no controllers', 'kube_pod_owner'),
  recommended('Deployments are guessed from names', 'kube_replicaset_owner', 'deployment_match_labels'),
  optional('CronJobs are guessed from names', 'kube_job_owner'),
  recommended('no CPU use', 'kubecost_container_cpu_usage_irate', 'container_cpu_usage_seconds_total'),
  recommended('no memory use', 'container_memory_working_set_bytes'),
  recommended('no cost by label, no shares of load balancers', 'kube_pod_labels'),
  optional('no labels of namespaces', 'kube_namespace_labels'),
  optional('no zones and node pools', 'kube_node_labels'),
  recommended('no GPU cost of containers where machines have GPUs', 'container_gpu_allocation'),
  optional('GPUs cost the default price', 'node_gpu_hourly_cost'),
  recommended('no storage cost', 'pv_hourly_cost'),
  recommended('volumes cannot be shared out to pods', 'pod_pvc_allocation'),
  recommended('sizes of volumes are taken from their claims', 'kube_persistentvolume_capacity_bytes'),
  recommended('claims are known only while a pod holds them', 'kube_persistentvolumeclaim_info'),
  optional('sizes of claims are unknown', 'kube_persistentvolumeclaim_resource_requests_storage_bytes'),
  optional('no storage class of what nobody claims', 'kubecost_pv_info'),
  optional('no local disks', 'container_fs_limit_bytes'),
  optional('no load balancers, as far as is known', 'kubecost_load_balancer_cost'),
  recommended('load balancers cannot be shared out to pods', 'service_selector_labels'),
  optional(
    'no cost of traffic: it needs the network-costs DaemonSet',
    'kubecost_pod_network_egress_bytes_total',
  ),
  ...['zone', 'region', 'internet'].map(way =>
    optional(`traffic (${way}) costs the default price`, `kubecost_network_${way}_egress_cost`),
  ),
]

const KEEP =
  '(kubecost_.*|container_.*|kube_.*|node_.*|up|pv_hourly_cost|pod_pvc_allocation|service_selector_labels|deployment_match_labels|statefulSet_match_labels|kubelet_volume_stats_.*|DCGM_FI_.*|opencost_.*|prometheus_target_interval_length_seconds)'
const LEVELS = { essential: 'fail', recommended: 'warn', optional: 'note' } as const

/**
 * The expected metrics of one cluster in one window: the essential ones each, of the others those that are absent, with
 * what that costs and what would mend it.
 */
export async function checkMetrics(source: Source, window: Window): Promise<Finding[]> {
  const present = await presentMetrics(source, window)
  const isThere = ({ names }: ExpectedMetric) => names.some(name => present.has(name))
  const rest = EXPECTED.filter(({ need }) => need !== 'essential')
  const absent = EXPECTED.filter(metric => !isThere(metric))
  const findings = EXPECTED.filter(metric => metric.need === 'essential' && isThere(metric)).map(
    ({ names }): Finding => ({
      level: 'ok',
      check: `metric ${names.join(' or ')}`,
      detail: `${names.map(name => present.get(name)).find(count => count !== undefined)} series`,
    }),
  )
  findings.push({
    level: 'ok',
    check: 'other metrics',
    detail: `${rest.filter(isThere).length} of ${rest.length} arrive`,
  })
  for (const { names, need, lost } of absent) {
    const detail = `absent: ${lost}. ${likelyCause(names, present)}`
    findings.push({ level: LEVELS[need], check: `metric ${names.join(' or ')}`, detail })
  }
  if (absent.some(({ names }) => isFamilyAbsent(names, present)))
    findings.push({ level: 'note', check: 'remote write', detail: `a filter has to keep ${KEEP}` })
  return findings
}

async function presentMetrics(source: Source, window: Window): Promise<Map<string, number>> {
  const present = new Map<string, number>()
  const names = [...new Set(EXPECTED.flatMap(metric => metric.names))]
  await Promise.all(
    names.map(async name => {
      const [found] = await askWindow(
        source,
        window,
        (identity, matchers) =>
          `count by (${identity}) (count_over_time(${name}{${matchers}}[1h] offset 1ms))`,
      )
      const count = found?.values[0]
      if (count !== undefined) present.set(name, count)
    }),
  )
  return present
}

/** A family that is wholly absent was most likely dropped on the way; a single member was most likely never scraped. */
function likelyCause(names: readonly string[], present: ReadonlyMap<string, number>): string {
  return isFamilyAbsent(names, present)
    ? 'None of its family arrives: the remote-write filter probably drops it'
    : 'Others of its family arrive: its exporter is probably switched off or not scraped'
}

function isFamilyAbsent(names: readonly string[], present: ReadonlyMap<string, number>): boolean {
  const prefix = (name: string) => name.slice(0, name.indexOf('_') + 1)
  return ![...present.keys()].some(name => prefix(name) === prefix(names[0] ?? ''))
}

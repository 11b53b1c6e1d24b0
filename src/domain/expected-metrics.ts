/** One fact of the source that a cluster should send. */
export interface ExpectedMetric {
  /** Forms of one fact, of which any is enough. */
  readonly names: readonly string[]
  readonly need: 'essential' | 'recommended' | 'optional'
  /** What is not known without it. */
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
export const EXPECTED_METRICS: readonly ExpectedMetric[] = [
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
  optional(
    'limits are unknown to rightsizing',
    'kube_pod_container_resource_limits',
    'kube_pod_container_resource_limits_cpu_cores',
  ),
  optional(
    'restarts are unknown, and with them whether memory ran out',
    'kube_pod_container_status_restarts_total',
  ),
  optional(
    'that memory ran out is inferred from restarts next to the limit',
    'kube_pod_container_status_last_terminated_reason',
    'kube_pod_container_status_terminated_reason',
  ),
  optional('throttling by CPU limits is unknown', 'container_cpu_cfs_throttled_periods_total'),
  optional('autoscalers are unknown to rightsizing', 'kube_horizontalpodautoscaler_info'),
  optional(
    'by what autoscalers decide is unknown',
    'kube_horizontalpodautoscaler_spec_target_metric',
    'kube_hpa_spec_target_metric',
  ),
  optional(
    'what containers can have of a node is taken for all of it',
    'kube_node_status_allocatable',
    'kube_node_status_allocatable_cpu_cores',
  ),
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

/** What a remote-write filter has to keep, as a regular expression over metric names. */
export const REMOTE_WRITE_KEEP =
  '(kubecost_.*|container_.*|kube_.*|node_.*|up|pv_hourly_cost|pod_pvc_allocation|service_selector_labels|deployment_match_labels|statefulSet_match_labels|kubelet_volume_stats_.*|DCGM_FI_.*|opencost_.*|prometheus_target_interval_length_seconds)'

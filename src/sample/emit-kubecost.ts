import { emitPodLabels } from './emit-labels.js'
import { EXPORTER, KUBECOST_JOB as JOB } from './emit-sources.js'
import { ALWAYS } from './machines.js'
import type { ClusterModel, ContainerModel, Grid, LoadBalancer, Machine, PodModel, Span } from './model.js'
import { allocatedAt, GIB, isWithin, priceAt, stretches } from './model.js'
import type { SeriesRegistry } from './registry.js'
import type { Wave } from './wave.js'

/** What Kubecost's cost-model exposes, its copies of kube-state-metrics included where they are on. */
export function emitKubecost(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  emitCluster(registry, cluster, grid)
  for (const machine of cluster.machines) emitMachine(registry, cluster, machine, grid)
  for (const pod of cluster.pods) emitPod(registry, cluster, pod, grid)
  if (!cluster.collection.kubecostCopies) return
  for (const machine of cluster.machines) emitMachineCopies(registry, machine, grid)
  for (const pod of cluster.pods) emitPodCopies(registry, cluster, pod, grid)
  for (const pod of cluster.pending) {
    const labels = { job: JOB, instance: EXPORTER, namespace: pod.namespace, pod: pod.name, uid: pod.uid }
    for (const container of pod.containers) {
      emitRequests(registry, { ...labels, container: container.name }, container, grid, pod)
    }
  }
}

function emitCluster(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  const say = (name: string, labels: Record<string, string>, value: number): void =>
    registry.add(name, { job: JOB, instance: EXPORTER, ...labels }, grid, ALWAYS, value)
  say('up', {}, 1)
  const { provider, region, provisioner } = cluster
  const info = {
    id: cluster.clusterId,
    name: cluster.clusterId,
    provider,
    region,
    provisioner,
    clusterprofile: 'production',
    version: '1.29',
  }
  // Every cluster has this service, so that selectors are told even while no load balancer has one.
  say(
    'service_selector_labels',
    { namespace: 'kube-system', service: 'kube-dns', label_k8s_app: 'kube-dns' },
    1,
  )
  say('kubecost_cluster_info', info, 1)
  say('kubecost_cluster_management_cost', { provisioner_name: provisioner }, cluster.managementHourlyCost)
  const { zone, region: farther, internet } = cluster.egressPrices
  say('kubecost_network_zone_egress_cost', {}, zone)
  say('kubecost_network_region_egress_cost', {}, farther)
  say('kubecost_network_internet_egress_cost', {}, internet)
  for (const balancer of cluster.loadBalancers) emitBalancer(registry, balancer, grid)
  for (const deployment of cluster.deployments) {
    const labels = {
      job: JOB,
      instance: EXPORTER,
      namespace: deployment.namespace,
      deployment: deployment.name,
      ...Object.fromEntries(deployment.labels),
    }
    registry.add('deployment_match_labels', labels, grid, deployment, 1)
  }
}

function emitBalancer(registry: SeriesRegistry, balancer: LoadBalancer, grid: Grid): void {
  const { namespace, service, selector } = balancer
  const labels = { job: JOB, instance: EXPORTER, namespace }
  for (const { step, ...span } of stretches(balancer.addresses, balancer)) {
    const addressed = { ...labels, service_name: service, ingress_ip: step.address }
    registry.add('kubecost_load_balancer_cost', addressed, grid, span, balancer.hourlyCost)
  }
  if (selector === null) return
  const selecting = { ...labels, service, ...Object.fromEntries(selector) }
  registry.add('service_selector_labels', selecting, grid, balancer, 1)
}

function emitMachine(registry: SeriesRegistry, cluster: ClusterModel, machine: Machine, grid: Grid): void {
  const labels = {
    job: JOB,
    instance: machine.node,
    node: machine.node,
    instance_type: machine.instanceType,
    region: cluster.region,
    provider_id: machine.providerId,
    arch: 'amd64',
  }
  registry.add('kubecost_node_is_spot', labels, grid, machine, machine.isSpot ? 1 : 0)
  if (!machine.isPriced) return
  emitPrices(registry, machine, labels, grid)
  if (machine.hasUntypedTwin) emitPrices(registry, machine, { ...labels, instance_type: '' }, grid)
}

function emitPrices(
  registry: SeriesRegistry,
  machine: Machine,
  labels: Record<string, string>,
  grid: Grid,
): void {
  registry.add('node_gpu_count', labels, grid, machine, machine.gpus)
  const said = (of: (t: number) => number) => (t: number) =>
    isWithin(machine.unreadable, t) ? Number.NaN : of(t)
  for (const span of evenStretches(machine)) {
    const say = (name: string, of: (t: number) => number): void =>
      registry.add(name, labels, grid, span, said(of)(span.from))
    say('node_cpu_hourly_cost', t => priceAt(machine, t).cpu)
    say('node_ram_hourly_cost', t => priceAt(machine, t).ram)
    say('node_gpu_hourly_cost', t => priceAt(machine, t).gpu)
    say('node_total_hourly_cost', t => {
      const price = priceAt(machine, t)
      return machine.cores * price.cpu + (machine.ramBytes / GIB) * price.ram + machine.gpus * price.gpu
    })
  }
}

/** The machine's life cut where what is said of its price changes. */
function evenStretches(machine: Machine): Span[] {
  const cuts = [
    ...machine.prices.map(step => step.from),
    ...machine.unreadable.flatMap(span => [span.from, span.to]),
  ]
  const edges = [...new Set([machine.from, ...cuts, machine.to])]
    .filter(t => t >= machine.from && t <= machine.to)
    .sort((a, b) => a - b)
  return edges.slice(1).map((to, i) => ({ from: edges[i] ?? machine.from, to }))
}

function emitPod(registry: SeriesRegistry, cluster: ClusterModel, pod: PodModel, grid: Grid): void {
  const node = pod.machine.node
  for (const container of pod.containers) {
    const labels = {
      job: JOB,
      instance: node,
      node,
      namespace: pod.namespace,
      pod: pod.name,
      container: container.name,
      uid: cluster.collection.allocationUid ? pod.uid : '',
    }
    const said = (name: string, value: number | ((t: number) => number)): void =>
      registry.add(name, labels, grid, pod, value)
    said('container_cpu_allocation', allocated(container, 'cpu'))
    said('container_memory_allocation_bytes', allocated(container, 'ram'))
    said('container_gpu_allocation', container.gpus)
  }
}

/** What was asked for or used, whichever is more at the moment. */
function allocated(container: ContainerModel, resource: 'cpu' | 'ram'): number | ((t: number) => number) {
  const asked = (resource === 'cpu' ? container.cpuRequest : container.ramRequest) ?? 0
  const use: Wave = container[resource]
  const highest = use.level + use.swings.reduce((sum, swing) => sum + swing.size, 0)
  return asked >= highest ? asked : t => allocatedAt(container, resource, t)
}

function emitMachineCopies(registry: SeriesRegistry, machine: Machine, grid: Grid): void {
  const labels = { job: JOB, instance: machine.node, node: machine.node }
  const say = (name: string, more: Record<string, string>, value: number): void =>
    registry.add(name, { ...labels, ...more }, grid, machine, value)
  say('kube_node_status_capacity_cpu_cores', {}, machine.cores)
  say('kube_node_status_capacity_memory_bytes', {}, machine.ramBytes)
  say('kube_node_status_capacity', { resource: 'cpu', unit: 'core' }, machine.cores)
  say('kube_node_status_capacity', { resource: 'memory', unit: 'byte' }, machine.ramBytes)
  if (machine.gpus > 0)
    say('kube_node_status_capacity', { resource: 'nvidia_com_gpu', unit: 'integer' }, machine.gpus)
}

function emitPodCopies(registry: SeriesRegistry, cluster: ClusterModel, pod: PodModel, grid: Grid): void {
  const labels = { job: JOB, instance: EXPORTER, namespace: pod.namespace, pod: pod.name, uid: pod.uid }
  emitPodLabels(registry, labels, grid, pod, pod)
  if (pod.owner) {
    const owner = {
      owner_kind: pod.owner.kind,
      owner_name: pod.owner.name,
      owner_is_controller: 'true',
      uid: '',
    }
    registry.add('kube_pod_owner', { ...labels, ...owner }, grid, pod, 1)
  }
  for (const container of pod.containers) {
    const own = { ...labels, container: container.name }
    registry.add('kube_pod_container_status_running', own, grid, pod, 1)
    const placed = { ...own, node: pod.machine.node }
    emitRequests(registry, placed, container, grid, pod)
    if (cluster.collection.oldRequestNames) emitOldRequests(registry, placed, container, grid, pod)
  }
}

function emitOldRequests(
  registry: SeriesRegistry,
  labels: Record<string, string>,
  container: ContainerModel,
  grid: Grid,
  span: Span,
): void {
  const say = (what: string, value: number | null): void => {
    if (value !== null)
      registry.add(`kube_pod_container_resource_requests_${what}`, labels, grid, span, value)
  }
  say('cpu_cores', container.cpuRequest)
  say('memory_bytes', container.ramRequest)
}

/** The requests of one container for as long as `span` says; shared by both sources of them. */
export function emitRequests(
  registry: SeriesRegistry,
  labels: Record<string, string>,
  container: ContainerModel,
  grid: Grid,
  span: Span,
): void {
  const say = (resource: string, unit: string, value: number | null): void => {
    if (value === null) return
    registry.add('kube_pod_container_resource_requests', { ...labels, resource, unit }, grid, span, value)
  }
  say('cpu', 'core', container.cpuRequest)
  say('memory', 'byte', container.ramRequest)
  say('nvidia_com_gpu', 'integer', container.gpus || null)
}

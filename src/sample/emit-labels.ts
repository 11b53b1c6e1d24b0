import { KUBECOST_JOB, type KubeSource, kubeSources } from './emit-sources.js'
import { ALWAYS } from './machines.js'
import { type ClusterModel, type Grid, type Machine, type PodModel, type Span, stretches } from './model.js'
import type { LabelPairs, SeriesRegistry } from './registry.js'

/** Labels of namespaces and nodes, from every source that tells them. */
export function emitLabels(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  for (const source of kubeSources(cluster, grid)) {
    for (const [namespace, labels] of cluster.namespaceLabels) {
      const own = { ...source.labels, namespace, ...Object.fromEntries(labels) }
      registry.add('kube_namespace_labels', own, source.grid, ALWAYS, 1)
    }
    for (const machine of cluster.machines) {
      registry.add('kube_node_labels', nodeLabels(cluster, machine, source), source.grid, machine, 1)
    }
  }
}

function nodeLabels(cluster: ClusterModel, machine: Machine, source: KubeSource): LabelPairs {
  const isOnAws = cluster.provider === 'AWS'
  const pool = isOnAws ? 'label_eks_amazonaws_com_nodegroup' : 'label_cloud_google_com_gke_nodepool'
  const id = isOnAws ? `aws:///${machine.zone ?? ''}/${machine.providerId}` : machine.providerId
  const labels = {
    ...source.labels,
    node: machine.node,
    label_kubernetes_io_arch: 'amd64',
    label_kubernetes_io_hostname: machine.node,
    label_kubernetes_io_os: 'linux',
    label_node_kubernetes_io_instance_type: machine.instanceType,
    label_topology_kubernetes_io_region: cluster.region,
    label_topology_kubernetes_io_zone: machine.zone ?? '',
    [pool]: machine.nodePool ?? '',
  }
  if (source.labels.job !== KUBECOST_JOB) return labels
  return { ...labels, instance: machine.node, label_providerID: id }
}

/** `kube_pod_labels` of one source, a series for each set of labels that the pod has had. */
export function emitPodLabels(
  registry: SeriesRegistry,
  labels: LabelPairs,
  grid: Grid,
  pod: PodModel,
  span: Span,
): void {
  for (const { step, from, to } of stretches(pod.labels, span)) {
    const own = { ...labels, ...Object.fromEntries(step.labels) }
    registry.add('kube_pod_labels', own, grid, { from, to }, 1)
  }
}

import { label, type Series } from '../domain/samples.js'
import { type Hour, readingsOf } from './hour.js'

/** Where a machine stands and which group it was made by. */
export interface Place {
  readonly zone: string | null
  readonly nodePool: string | null
}

const ZONES = ['label_topology_kubernetes_io_zone', 'label_failure_domain_beta_kubernetes_io_zone']
/** Labels by which the providers and autoscalers mark their groups of nodes. */
const POOLS = [
  'label_eks_amazonaws_com_nodegroup',
  'label_alpha_eksctl_io_nodegroup_name',
  'label_cloud_google_com_gke_nodepool',
  'label_kubernetes_azure_com_agentpool',
  'label_agentpool',
  'label_karpenter_sh_nodepool',
  'label_karpenter_sh_provisioner_name',
  'label_doks_digitalocean_com_node_pool',
  'label_kops_k8s_io_instancegroup',
]

/** By node name; of several sources the first label that says anything. */
export function placesOf(hour: Hour): Map<string, Place> {
  const places = new Map<string, Place>()
  for (const { series } of readingsOf(hour, 'nodeLabels')) {
    const known = places.get(label(series, 'node'))
    places.set(label(series, 'node'), {
      zone: known?.zone ?? firstOf(series, ZONES),
      nodePool: known?.nodePool ?? firstOf(series, POOLS),
    })
  }
  return places
}

function firstOf(series: Series, names: readonly string[]): string | null {
  return names.map(name => label(series, name)).find(value => value !== '') ?? null
}

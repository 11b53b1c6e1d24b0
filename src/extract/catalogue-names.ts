import type { FactName } from '../domain/samples.js'
import { type CatalogueQuery, counted, maxBy } from './query.js'

/** Owners never change, so what was said shortly before the window holds for a pod that ended just after its start. */
const OWNER_RANGE = '[65m] offset 1ms'

/** Who owns a pod, and which labels it and its namespace had. */
export const nameQueries = {
  podOwner: owners(
    'kube_pod_owner',
    ['namespace', 'pod', 'owner_kind', 'owner_name'],
    'the immediate owner of a pod',
    ',owner_kind!=""',
  ),
  replicaSetOwner: owners(
    'kube_replicaset_owner',
    ['namespace', 'replicaset', 'owner_kind', 'owner_name'],
    'the Deployment or Rollout behind a ReplicaSet',
  ),
  jobOwner: owners(
    'kube_job_owner',
    ['namespace', 'job_name', 'owner_kind', 'owner_name'],
    'the CronJob behind a Job',
  ),
  deployments: owners(
    'deployment_match_labels',
    ['namespace', 'deployment'],
    'names of Deployments, to resolve a ReplicaSet where kube_replicaset_owner is absent',
  ),
  podLabels: {
    metric: 'kube_pod_labels',
    purpose: 'labels and uid of a pod, and for how long they were so',
    unit: 'samples',
    merge: 'sum',
    shardLabel: 'namespace',
    expression: counted('kube_pod_labels'),
  },
  namespaceLabels: {
    metric: 'kube_namespace_labels',
    purpose: 'labels of a namespace, and for how long they were so',
    unit: 'samples',
    merge: 'sum',
    expression: counted('kube_namespace_labels'),
  },
} as const satisfies Partial<Record<FactName, CatalogueQuery>>

function owners(metric: string, labels: readonly string[], purpose: string, extra = ''): CatalogueQuery {
  return {
    metric,
    purpose,
    unit: 'info',
    labels,
    merge: 'max',
    shardLabel: 'namespace',
    expression: maxBy('last_over_time', metric, extra, labels, OWNER_RANGE),
  }
}

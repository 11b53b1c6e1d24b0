import type { ContainerIdentity } from '../domain/rows.js'
import { type Cluster, type Dimension, keyOfParts } from './dimensions.js'

// Part of what is hashed: keys of another way of naming containers will differ from all of these.
const KEY_VERSION = '2'

/** Who the rows of allocation_hourly are. */
export const CONTAINERS: Dimension<ContainerIdentity> = {
  table: 'container',
  key: 'container_key',
  isOfCluster: true,
  columns: [
    ...['namespace', 'pod', 'container', 'node', 'provider_id', 'controller_kind', 'controller', 'pod_uid'],
  ],
  partsOf,
}

/** The key of a container, made of all that names it. */
export function containerKey(cluster: Cluster, identity: ContainerIdentity): bigint {
  return keyOfParts([KEY_VERSION, cluster.cloudAccountId, cluster.clusterId, ...partsOf(identity)])
}

function partsOf(identity: ContainerIdentity): (string | null)[] {
  const { namespace, pod, container, node, providerId, controllerKind, controller, podUid } = identity
  return [namespace, pod, container, node, providerId, controllerKind, controller, podUid]
}

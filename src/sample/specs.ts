/** A container of a workload: requests in cores and MiB, use as a share of them or as absolute levels. */
export interface ContainerSpec {
  readonly name: string
  readonly cpu: { readonly request: number | null; readonly use: number }
  readonly ramMib: { readonly request: number | null; readonly use: number }
  /** Seconds between restarts; none by default. */
  readonly restartEvery?: number
}

export interface WorkloadSpec {
  readonly kind: 'Deployment' | 'Rollout' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Node' | 'Pod'
  readonly namespace: string
  readonly name: string
  readonly replicas: number
  /** Nodes by name, one replica after the other. */
  readonly nodes: readonly string[]
  readonly containers: readonly ContainerSpec[]
  readonly labels?: Readonly<Record<string, string>>
}

export interface CronJobSpec {
  readonly kind: 'CronJob' | 'Job'
  readonly namespace: string
  readonly name: string
  readonly nodes: readonly string[]
  /** Seconds between runs, and of the first one after the epoch. */
  readonly every: number
  readonly phase: number
  readonly containers: readonly ContainerSpec[]
  /** How long kube-state-metrics still tells of the ended pod. Seconds. */
  readonly remembered: number
}

/** A container that asks for so many cores and MiB and uses about so many. */
export function container(
  name: string,
  cpuRequest: number,
  cpuUse: number,
  ramRequestMib: number,
  ramUseMib: number,
): ContainerSpec {
  return {
    name,
    cpu: { request: cpuRequest, use: cpuUse },
    ramMib: { request: ramRequestMib, use: ramUseMib },
  }
}

/** A container that asks for nothing. */
export function containerWithoutRequests(name: string, cpuUse: number, ramUseMib: number): ContainerSpec {
  return { name, cpu: { request: null, use: cpuUse }, ramMib: { request: null, use: ramUseMib } }
}

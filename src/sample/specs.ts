import type { AutoscalerModel, EgressClass, Span } from './model.js'

/** A container of a workload: requests in cores and MiB, use as a share of them or as absolute levels. */
export interface ContainerSpec {
  readonly name: string
  readonly cpu: { readonly request: number | null; readonly use: number }
  readonly ramMib: { readonly request: number | null; readonly use: number }
  /** Cores and MiB; none by default. */
  readonly limits?: { readonly cpu?: number; readonly ramMib?: number }
  /** How far use swings around its level, as a share of what is usual; 1 by default. */
  readonly swing?: number
  /** Share of scheduling periods in which the CPU limit holds the container back; 0 by default. */
  readonly throttled?: number
  /** Seconds between restarts; none by default. */
  readonly restartEvery?: number
  /** Why it is started anew; `Error` by default. */
  readonly endsBy?: 'Error' | 'OOMKilled'
  readonly gpus?: number
}

/** What pods of a workload have besides containers. */
interface PodExtras {
  /** A claim that all pods of the workload mount. */
  readonly claim?: string
  /** Bytes per second of each pod, about. */
  readonly egress?: Partial<Record<EgressClass, number>>
}

export interface WorkloadSpec extends PodExtras {
  readonly kind: 'Deployment' | 'Rollout' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Node' | 'Pod'
  readonly namespace: string
  readonly name: string
  readonly replicas: number
  /** Nodes by name, one replica after the other. */
  readonly nodes: readonly string[]
  readonly containers: readonly ContainerSpec[]
  readonly labels?: Readonly<Record<string, string>>
  /** Labels that hold instead from a time of day (seconds) to midnight. */
  readonly labelsLater?: { readonly at: number; readonly labels: Readonly<Record<string, string>> }
  /** When there are pods of it; always by default. */
  readonly life?: Span
  /** The first replica uses so many times as much CPU as each of the others. */
  readonly hot?: number
  readonly autoscaler?: Pick<AutoscalerModel, 'metric' | 'targetType' | 'value'>
  /** A claim of each replica's own, named as a StatefulSet names it: `<template>-<name>-<replica>`. */
  readonly claimTemplate?: string
}

export interface CronJobSpec extends PodExtras {
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

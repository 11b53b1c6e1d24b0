import { type Money, perMonth } from '../../domain/money.js'

/** What is found, in the order in which it is told. */
export const FINDINGS = [
  'unclaimed_volume',
  'balancer_without_pods',
  'idle_node',
  'over_provisioned_group',
  'abandoned_workload',
  'namespace_without_requests',
] as const
export type FindingCode = (typeof FINDINGS)[number]

/** Of each finding, what shows it. Quantities are named with their units; hours are Unix seconds of their start. */
export interface EvidenceOf {
  readonly unclaimed_volume: {
    readonly claim: string | null
    readonly storage_class: string | null
    readonly gib: number | null
    readonly hours: number
  }
  readonly balancer_without_pods: { readonly hours: number }
  readonly idle_node: {
    readonly node_pool: string | null
    readonly instance_type: string | null
    readonly hours: number
    readonly highest_cpu_share: number
    readonly highest_ram_share: number
    readonly daemonset_cpu_share: number
    readonly daemonset_ram_share: number
    readonly kept_for: 'minimum_nodes' | 'room' | null
  }
  readonly over_provisioned_group: {
    readonly grouped_by: 'node_pool' | 'instance_type' | 'nothing'
    readonly target_utilisation: number
    readonly minimum_nodes: number
    readonly peak_hour: number
    readonly peak_resource: 'cpu' | 'ram' | 'gpu' | 'none'
    readonly peak_cpu_cores: number
    readonly peak_ram_gib: number
    readonly peak_gpus: number
    readonly daemonset_cpu_cores: number
    readonly daemonset_ram_gib: number
    readonly node_cpu_cores: number
    readonly node_ram_gib: number
    readonly needed_cpu_cores: number
    readonly needed_ram_gib: number
    readonly nodes_now: number
    readonly nodes_needed: number
    readonly nodes_idle: number
    readonly nodes_surplus: number
    readonly node_cost_month: number
  }
  readonly abandoned_workload: {
    readonly controller_kind: string
    readonly days: number
    readonly pod_hours: number
    readonly cpu_millicores: number
    readonly traffic_bytes_per_second: number
    readonly traffic_known_share: number
    readonly idle_node_share: number
  }
  readonly namespace_without_requests: {
    readonly used_core_hours: number | null
    readonly used_gib_hours: number | null
    readonly containers: number
    readonly share_of_containers: number
    readonly days: number
  }
}

interface Base {
  readonly cluster: string
  readonly namespace: string | null
  /** What it is about: a volume, a service, a node, a group of nodes, a workload, a namespace. */
  readonly name: string
  /** Start of the hour from which on it holds without a break, Unix seconds. */
  readonly since: number
  /** What it cost from then on within the range. */
  readonly cost: Money
  /** Account currency a month of 730 hours; null where it isn't about money. */
  readonly savingMonth: Money | null
  /** Share of its hours in which it could be judged; 1 unless told. */
  readonly judgedShare?: number
  /** A sentence for a person. */
  readonly detail: string
}

/** Something found, whatever it is. */
export type Found = {
  [Code in FindingCode]: Base & { readonly finding: Code; readonly evidence: EvidenceOf[Code] }
}[FindingCode]

/** What was found of some kinds, and of how many things it could not be told. */
export interface Findings {
  readonly found: readonly Found[]
  readonly unknown: Partial<Record<FindingCode, number>>
}

/** What a cost over some minutes comes to in a month. */
export function monthlyCost(cost: Money, minutes: number): Money {
  return perMonth(cost, minutes / 60) ?? 0n
}

/** An instant as people read it, to the minute, UTC. */
export function momentOf(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

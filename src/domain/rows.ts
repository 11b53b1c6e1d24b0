import type { Money } from './money.js'
import type { Window } from './window.js'

/** Where a node's price came from, best first. */
export type PriceSource = 'measured' | 'repaired' | 'carried' | 'instance_type' | 'node_total' | 'default'

/** Who a container is in one window. `providerId` null: the source did not say which machine the node was. */
export interface ContainerIdentity {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly providerId: string | null
  readonly controllerKind: string | null
  readonly controller: string | null
}

/** What one container used or reserved in one window and what that cost. null = not measured. */
export interface AllocationRow extends ContainerIdentity {
  readonly minutes: number
  readonly cpuCoreHours: number
  readonly cpuCoreRequestHours: number | null
  readonly cpuCoreUsedHours: number | null
  readonly ramGibHours: number
  readonly ramGibRequestHours: number | null
  readonly ramGibUsedHours: number | null
  readonly cpuCost: Money
  readonly ramCost: Money
  readonly priceSource: PriceSource
}

/** One machine in one window. Costs are null where the capacity of that resource is unknown. */
export interface NodeRow {
  readonly node: string
  /** '' where the source did not say. */
  readonly providerId: string
  readonly instanceType: string | null
  readonly region: string | null
  readonly minutes: number
  readonly cpuCores: number | null
  readonly ramGib: number | null
  /** Currency per core-hour and per GiB-hour. */
  readonly cpuPrice: number
  readonly ramPrice: number
  readonly priceSource: PriceSource
  readonly spotRatio: number | null
  readonly cpuCost: Money | null
  readonly ramCost: Money | null
}

/** Node cost that no container was charged for, signed, by node name. */
export interface IdleRow {
  readonly node: string
  readonly cpuCost: Money
  readonly ramCost: Money
}

/** Something of the source that could not become a row: never dropped silently. */
export interface Reject {
  readonly reason: string
  readonly metric: string
  readonly count: number
  /** Identity of one of them, for a person; capped in length. */
  readonly example: string
}

/** A window that is not whole for a reason, or a part of it that was estimated. */
export interface Warning {
  readonly code: string
  readonly detail: string
}

/** All that is published for one window of one cluster. */
export interface WindowRows {
  readonly window: Window
  readonly allocations: readonly AllocationRow[]
  readonly nodes: readonly NodeRow[]
  readonly idle: readonly IdleRow[]
  /** Measured minutes of the heartbeat / 60, 0..1. */
  readonly coverage: number
  /** Samples of the heartbeat seen and expected. */
  readonly samplesSeen: number
  readonly samplesExpected: number
  /** Sample interval in seconds by job (`''` = no job label). */
  readonly intervals: Readonly<Record<string, number>>
  readonly warnings: readonly Warning[]
  readonly rejects: readonly Reject[]
  /** Points of the answers that this window was made of. */
  readonly points: number
}

import { GIB } from '../domain/units.js'
import type { ClusterUsage, UsageRow } from '../domain/usage.js'

/** What is requested of a resource, millicores or bytes. */
export interface Request {
  /** null: none, or unknown. */
  readonly amount: number | null
  readonly isKnown: boolean
  /** Another than the mean of the range by more than measuring explains. */
  readonly hasChanged: boolean
}

// Containers that come and go within the hour are measured to a minute.
const MEASURING_SHARE = 0.05

export function cpuRequest(usage: UsageRow, cluster: ClusterUsage): Request {
  return requestOf(inMillicores(usage.cpuRequest), usage.cpuCoreRequestHours, 1000, usage, cluster)
}

export function ramRequest(usage: UsageRow, cluster: ClusterUsage): Request {
  const bytes = usage.ramRequest === null ? null : Math.round(usage.ramRequest)
  return requestOf(bytes, usage.ramGibRequestHours, GIB, usage, cluster)
}

/** Whole millicores of cores, as Kubernetes knows nothing smaller. */
export function inMillicores(cores: number | null): number | null {
  return cores === null ? null : cores > 0 ? Math.max(1, Math.round(cores * 1000)) : 0
}

function requestOf(
  asked: number | null,
  requestHours: number | null,
  unit: number,
  { podSeconds }: UsageRow,
  { knowsRequests }: ClusterUsage,
): Request {
  // Kubernetes treats a request of nothing like none.
  const amount = asked === 0 ? null : asked
  const mean = podSeconds > 0 ? ((requestHours ?? 0) * 3600 * unit) / podSeconds : 0
  const isKnown = amount !== null || knowsRequests
  return {
    amount,
    isKnown,
    hasChanged: isKnown && Math.abs(mean - (amount ?? 0)) > MEASURING_SHARE * Math.max(mean, amount ?? 0),
  }
}

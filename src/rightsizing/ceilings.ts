import { type Draft, lowered, roundedDown } from './draft.js'

/** Nothing runs that requests more than the largest node has to give. `unit` is what amounts are rounded to. */
export function cappedByNode(draft: Draft, largestNode: number | null, unit: number): Draft {
  return largestNode === null ? draft : lowered(draft, roundedDown(largestNode, unit), 'exceeds_node')
}

/** Kubernetes refuses a request above the limit, and the CPU limit is not ours to change. Millicores. */
export function cappedByCpuLimit(draft: Draft, limit: number | null): Draft {
  return limit === null ? draft : lowered(draft, roundedDown(limit, 1), 'cpu_limit')
}

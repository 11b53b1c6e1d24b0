import { MIB } from '../domain/units.js'
import type { Severity } from './recommendation.js'
import type { Request } from './request.js'

/** Differences from which on a request is critically, notably or somewhat off: millicores and bytes. */
const THRESHOLDS = {
  cpu: [500, 250, 100],
  ram: [500 * MIB, 250 * MIB, 100 * MIB],
} as const

const BY_WEIGHT: readonly Severity[] = ['CRITICAL', 'WARNING', 'OK', 'GOOD', 'UNKNOWN']

/** How far a request is from what is recommended; `recommended` null where there is no value to compare with. */
export function severityOf(
  resource: keyof typeof THRESHOLDS,
  request: Request,
  recommended: number | null,
): Severity {
  if (!request.isKnown) return 'UNKNOWN'
  if (request.amount === null) return recommended === null ? 'GOOD' : 'WARNING'
  if (recommended === null) return 'UNKNOWN'
  const difference = Math.abs(recommended - request.amount)
  const [critical, warning, ok] = THRESHOLDS[resource]
  if (difference >= critical) return 'CRITICAL'
  if (difference >= warning) return 'WARNING'
  return difference >= ok ? 'OK' : 'GOOD'
}

/** The worst of those that are known. */
export function worst(...severities: readonly Severity[]): Severity {
  return BY_WEIGHT.find(severity => severities.includes(severity)) ?? 'UNKNOWN'
}

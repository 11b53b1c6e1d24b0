import { isInsideGate } from './gate.js'
import type { Knobs } from './profiles.js'
import type { Action } from './recommendation.js'
import type { Request } from './request.js'

/** What decides beside the amounts: units, and what speaks against a change. */
export interface Circumstances {
  readonly resource: 'cpu' | 'ram'
  /** What amounts are rounded to; requests closer than half of it are the same. */
  readonly unit: number
  readonly isDrivenByHpa: boolean
  /** Memory that ran out: never less, and any more is worth it. */
  readonly ranOut: boolean
}

/** What to do about a request that is to become `recommended`. */
export function actionOf(
  request: Request,
  recommended: number,
  { resource, unit, isDrivenByHpa, ranOut }: Circumstances,
  { changeGate, includeHpa }: Knobs,
): Action {
  if (!request.isKnown) return 'none'
  if (isDrivenByHpa && !includeHpa) return 'suppressed'
  if (request.amount === null) return 'set'
  const change = recommended - request.amount
  if (Math.abs(change) < unit / 2) return 'keep'
  if (ranOut) return change > 0 ? 'increase' : 'keep'
  if (isInsideGate(request.amount, recommended, changeGate, resource)) return 'keep'
  return change > 0 ? 'increase' : 'decrease'
}

/** Whether anything is to be changed. */
export function isChange(action: Action): boolean {
  return action === 'set' || action === 'increase' || action === 'decrease'
}

/** What risks an outage first, what saves next, what calls for nothing last. */
const BY_WEIGHT: readonly Action[] = ['increase', 'set', 'decrease', 'suppressed', 'keep', 'none']

export function weightier(a: Action, b: Action): Action {
  return BY_WEIGHT.find(action => action === a || action === b) ?? 'none'
}

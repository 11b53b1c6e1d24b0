import type { Row } from './fields.js'

type Action = Row['action']

/** What to do, with a sign that tells it apart without reading. */
export const ACTIONS: Readonly<Record<Action, { readonly sign: string; readonly text: string }>> = {
  decrease: { sign: '▼', text: 'lower' },
  increase: { sign: '▲', text: 'raise' },
  set: { sign: '+', text: 'set' },
  keep: { sign: '=', text: 'keep' },
  suppressed: { sign: '‖', text: 'held back' },
  none: { sign: '–', text: 'no advice' },
}

/** The same as a choice. */
export const ACTION_OPTIONS = {
  any: 'Any',
  decrease: 'Lower',
  increase: 'Raise',
  set: 'Set, as there is none',
  keep: 'Keep',
  suppressed: 'Held back',
  none: 'No advice',
} as const

/** How far off a request is. */
export const SEVERITIES: Readonly<Record<string, string>> = {
  CRITICAL: 'request is far off',
  WARNING: 'request is off',
  OK: 'request is a little off',
  GOOD: 'request is about right',
  UNKNOWN: 'nothing to compare',
}

export const LEVELS: Readonly<Record<Row['confidence_level'], string>> = {
  high: 'high',
  medium: 'medium',
  low: 'low',
  insufficient: 'too low',
}

export const CONFIDENCE_OPTIONS = {
  '0': 'Any',
  '0.1': 'Low or better',
  '0.4': 'Medium or better',
  '0.75': 'High',
} as const

export const PROFILES = {
  cost: 'Cost',
  balanced: 'Balanced',
  safe: 'Safe',
  krr: 'krr',
  kubecost: 'Kubecost',
} as const

/** What a profile does, in a sentence. */
export const PROFILE_HINTS: Readonly<Record<keyof typeof PROFILES, string>> = {
  cost: 'Cost: CPU for nine tenths of the time and the highest use of memory, with 10% of headroom. Saves most, and leaves least in reserve.',
  balanced:
    'Balanced: CPU for 95% of the time and the highest use of memory, with 15% of headroom. Small changes are left out.',
  safe: 'Safe: CPU for 99% of the time and the highest use of memory, with 30% of headroom.',
  krr: 'As krr: 95% of the time of the hottest pod without headroom, memory with 15%. To compare with that tool; running out of memory and limits are not heeded.',
  kubecost:
    'As Kubecost: the highest use of both, so that it is 70% of the request. To compare with that tool; running out of memory, limits and autoscalers are not heeded.',
}

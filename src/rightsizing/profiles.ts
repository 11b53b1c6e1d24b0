import { MIB } from '../domain/units.js'

/** How careful a recommendation is. Shares are of 1: a margin of 0.15 is 15 %. */
export interface Knobs {
  /** Share of CPU points that the request covers, above 0, at most 1. */
  readonly cpuQuantile: number
  /** Headroom above what was used. */
  readonly cpuMargin: number
  readonly ramMargin: number
  /** Lowest requests recommended: cores and bytes. */
  readonly cpuFloor: number
  readonly ramFloor: number
  /** Requests that differ less than this share from what is recommended are kept; 0 keeps none. */
  readonly changeGate: number
  /** Fewer points, or less confidence (0 to 1), give no advice. */
  readonly minSamples: number
  readonly minConfidence: number
  /** Whether to advise on what an autoscaler drives as well. */
  readonly includeHpa: boolean
  readonly rules: Rules
}

/** Where other tools decide differently. */
export interface Rules {
  /** Whose points the CPU quantile is taken of: all pods together, or the hottest pod alone. */
  readonly cpuOf: 'all_pods' | 'hottest_pod'
  /** A CPU request is at least the mean use, however rare the use is. */
  readonly atLeastMean: boolean
  /** A floor raises requests that are below it. */
  readonly floorsRaise: boolean
  /** Memory that ran out raises the request and forbids lowering it. */
  readonly heedsOom: boolean
  /** No request is lowered below what the hottest pod needs. */
  readonly heedsHotPod: boolean
  /** What a CPU limit holds back is not taken for all that is needed. */
  readonly heedsThrottling: boolean
  /** A CPU request stays below the CPU limit, which is left as it is. */
  readonly keepsCpuLimit: boolean
}

export type ProfileName = 'cost' | 'balanced' | 'safe' | 'krr' | 'kubecost'

const MILLICORE = 0.001

const OWN_RULES: Rules = {
  cpuOf: 'all_pods',
  atLeastMean: true,
  floorsRaise: false,
  heedsOom: true,
  heedsHotPod: true,
  heedsThrottling: true,
  keepsCpuLimit: true,
}

const BALANCED: Knobs = {
  cpuQuantile: 0.95,
  cpuMargin: 0.15,
  ramMargin: 0.15,
  cpuFloor: 10 * MILLICORE,
  ramFloor: 100 * MIB,
  changeGate: 0.1,
  minSamples: 100,
  minConfidence: 0.1,
  includeHpa: false,
  rules: OWN_RULES,
}

/** Rules of the tools whose numbers can be compared: they know usage, and floors that raise. */
const PLAIN_RULES: Rules = {
  cpuOf: 'all_pods',
  atLeastMean: false,
  floorsRaise: true,
  heedsOom: false,
  heedsHotPod: false,
  heedsThrottling: false,
  keepsCpuLimit: false,
}

export const PROFILES: Readonly<Record<ProfileName, Knobs>> = {
  cost: { ...BALANCED, cpuQuantile: 0.9, cpuMargin: 0.1, ramMargin: 0.1, ramFloor: 50 * MIB },
  balanced: BALANCED,
  safe: { ...BALANCED, cpuQuantile: 0.99, cpuMargin: 0.3, ramMargin: 0.3, cpuFloor: 25 * MILLICORE },
  krr: { ...BALANCED, cpuMargin: 0, changeGate: 0, rules: { ...PLAIN_RULES, cpuOf: 'hottest_pod' } },
  // It aims at 70 % of the request being used at the peak.
  kubecost: {
    ...BALANCED,
    cpuQuantile: 1,
    cpuMargin: 1 / 0.7 - 1,
    ramMargin: 1 / 0.7 - 1,
    ramFloor: 20 * MIB,
    changeGate: 0,
    includeHpa: true,
    rules: PLAIN_RULES,
  },
}

/** Days of history that advice is computed from ahead of being asked for. */
export const HISTORIES: readonly number[] = [7, 14, 30]

/** What a knob may be set to, both ends included; a quantile of 0 is none. */
export const KNOB_BOUNDS = {
  cpuQuantile: { above: 0, most: 1 },
  cpuMargin: { least: 0, most: 2 },
  ramMargin: { least: 0, most: 2 },
  cpuFloor: { least: MILLICORE },
  ramFloor: { least: 4 * MIB },
  changeGate: { least: 0, most: 0.5 },
} as const

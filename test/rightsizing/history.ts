import { toMoney } from '../../src/domain/money.js'
import type { ClusterUsage, UsageHistory, UsageRow } from '../../src/domain/usage.js'
import { DAY_SECONDS, HOUR_SECONDS, type Window } from '../../src/domain/window.js'
import type { Knobs } from '../../src/rightsizing/profiles.js'
import { recommend } from '../../src/rightsizing/recommend.js'
import type { Recommendation } from '../../src/rightsizing/recommendation.js'
import { encoded, GIB, MIB } from '../support/usage-rows.js'

/** Prices of the worked examples: per core-hour and GiB-hour. */
export const CPU_PRICE = 0.031611
export const RAM_PRICE = 0.004237
export const START = Date.UTC(2026, 4, 1) / 1000

type Points = readonly (readonly [value: number, times: number])[]

/** How a workload was used, in the words of a person: cores and MiB. */
export interface Told {
  readonly pods: number
  /** Hours that it ran, the newest of the range. */
  readonly hours: number
  readonly cpu: Points
  readonly cpuHot?: Points
  readonly cpuHotMean?: number
  readonly ramMax: number
  readonly ramMean: number
  readonly cpuRequest: number | null
  readonly ramRequest: number | null
  readonly more?: Partial<UsageRow>
}

export function clusterUsage(hours: number, changes: Partial<ClusterUsage> = {}): ClusterUsage {
  return {
    windows: Array.from({ length: hours }, (_, i) => (START + i * HOUR_SECONDS) as Window),
    cpuSource: 'counter',
    knowsRequests: true,
    knowsLimits: true,
    knowsOom: true,
    knowsThrottling: true,
    knowsHpa: true,
    largestCpuCores: 16,
    largestRamBytes: 64 * GIB,
    ...changes,
  }
}

/** Usage of the last `hours` of a range, charged for at the higher of request and use. */
export function usageOf(told: Told, rangeHours: number): UsageRow & { clusterId: string } {
  const { pods, hours, cpu, ramMax, ramMean, cpuRequest, ramRequest } = told
  const podHours = pods * hours
  const points = cpu.reduce((sum, [, times]) => sum + times, 0)
  const cpuSum = cpu.reduce((sum, [value, times]) => sum + value * times, 0)
  const charged = cpu.reduce((sum, [value, times]) => sum + Math.max(value, cpuRequest ?? 0) * times, 0)
  const cpuCoreHours = points === 0 ? (cpuRequest ?? 0) * podHours : (charged / points) * podHours
  const ramGibHours = (Math.max(ramMean, ramRequest ?? 0) / 1024) * podHours
  return {
    ...{
      clusterId: 'one',
      namespace: 'web',
      controllerKind: 'Deployment',
      controller: 'api',
      container: 'app',
    },
    firstWindow: (START + (rangeHours - hours) * HOUR_SECONDS) as Window,
    lastWindow: (START + (rangeHours - 1) * HOUR_SECONDS) as Window,
    ...{ hours, hoursCovered: hours, stepWorth: hours, pods, podSeconds: podHours * HOUR_SECONDS },
    ...{ cpuPoints: points, cpuPointsExpected: points, stepSeconds: 300, cpuWeight: points },
    cpuSum: points === 0 ? null : cpuSum,
    cpuMax: points === 0 ? null : Math.max(...cpu.map(([value]) => value)),
    cpuHotSum: points === 0 ? null : (told.cpuHotMean ?? cpuSum / points) * hours,
    cpuHotHours: points === 0 ? 0 : hours,
    cpuSketch: points === 0 ? null : encoded(...cpu),
    cpuHotSketch: told.cpuHot === undefined ? null : encoded(...told.cpuHot),
    ...{ cpuRequest, cpuLimit: null, cpuCoreHours, cpuCost: toMoney(cpuCoreHours * CPU_PRICE) },
    cpuCoreRequestHours: cpuRequest === null ? null : cpuRequest * podHours,
    ramWeight: podHours,
    ramMax: ramMax * MIB,
    ramPeakSketch: encoded([ramMax / 1024, podHours]),
    ramMeanSketch: encoded([ramMean / 1024, podHours]),
    ramUsedGibHours: (ramMean / 1024) * podHours,
    ramMeasuredHours: podHours,
    ramRequest: ramRequest === null ? null : ramRequest * MIB,
    ...{ ramLimit: null, ramGibHours, ramCost: toMoney(ramGibHours * RAM_PRICE) },
    ramGibRequestHours: ramRequest === null ? null : (ramRequest / 1024) * podHours,
    ...{ oom: false, oomInferred: false, oomBytes: null, restarts: 0 },
    ...{ cpuPeriods: null, cpuThrottledPeriods: null, hpaCpu: false, hpaRam: false },
    ...told.more,
  }
}

export function historyOf(
  rows: UsageHistory['rows'],
  rangeHours: number,
  changes: Partial<ClusterUsage> = {},
): UsageHistory {
  return { clusters: new Map([['one', clusterUsage(rangeHours, changes)]]), rows }
}

/** The recommendation for one workload in a cluster that was measured for `rangeHours`. */
export function recommendOne(
  told: Told,
  knobs: Knobs,
  { rangeHours = told.hours, cluster = {} }: { rangeHours?: number; cluster?: Partial<ClusterUsage> } = {},
): Recommendation {
  const range = { from: START, to: START + rangeHours * HOUR_SECONDS }
  const [one] = recommend(historyOf([usageOf(told, rangeHours)], rangeHours, cluster), range, knobs)
  if (one === undefined) throw new Error('nothing was recommended')
  return one
}

export const days = (count: number) => (count * DAY_SECONDS) / HOUR_SECONDS

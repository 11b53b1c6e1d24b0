import { Sketch } from '../../src/domain/sketch.js'
import type { UsageRow } from '../../src/domain/usage.js'
import { windowOf } from '../../src/domain/window.js'

export const GIB = 2 ** 30
export const MIB = 2 ** 20
export const USAGE_HOUR = windowOf(Date.UTC(2026, 4, 11, 9) / 1000)

/** An encoded sketch of values, each as often as it says. */
export function encoded(...values: readonly (readonly [value: number, times: number])[]): Uint8Array {
  const sketch = new Sketch()
  for (const [value, times] of values) sketch.add(value, times)
  return sketch.encode()
}

/** One pod of a workload in one hour: 0.1 cores and 0.5 GiB used, twice that requested. */
export function usageRow(changes: Partial<UsageRow> = {}): UsageRow {
  return {
    namespace: 'web',
    controllerKind: 'Deployment',
    controller: 'api',
    container: 'app',
    firstWindow: USAGE_HOUR,
    lastWindow: changes.firstWindow ?? USAGE_HOUR,
    hours: 1,
    hoursCovered: 1,
    stepWorth: 1,
    pods: 1,
    podSeconds: 3600,
    cpuPoints: 12,
    cpuPointsExpected: 12,
    stepSeconds: 300,
    cpuWeight: 12,
    cpuSum: 1.2,
    cpuMax: 0.1,
    cpuHotSum: 0.1,
    cpuHotHours: 1,
    cpuSketch: encoded([0.1, 12]),
    cpuHotSketch: null,
    cpuRequest: 0.2,
    cpuLimit: null,
    cpuCoreHours: 0.2,
    cpuCoreRequestHours: 0.2,
    cpuCost: 6_000_000_000n,
    ramWeight: 1,
    ramMax: 0.5 * GIB,
    ramPeakSketch: encoded([0.5, 1]),
    ramMeanSketch: encoded([0.5, 1]),
    ramUsedGibHours: 0.5,
    ramMeasuredHours: 1,
    ramRequest: GIB,
    ramLimit: null,
    ramGibHours: 1,
    ramGibRequestHours: 1,
    ramCost: 4_000_000_000n,
    oom: false,
    oomInferred: false,
    oomBytes: null,
    restarts: 0,
    cpuPeriods: 0,
    cpuThrottledPeriods: 0,
    hpaCpu: false,
    hpaRam: false,
    ...changes,
  }
}

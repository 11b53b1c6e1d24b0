import { Sketch } from './sketch.js'
import type { UsageRow } from './usage.js'
import type { Window } from './window.js'

/**
 * Adds up how one container of a workload was used: hours to a day, days to any range. The rows are of distinct hours,
 * in whatever order. What is known of some hours only is of those: a sum of measured ones, `true` where any is; but
 * `false` of an end by lack of memory says that all of them are known, of an autoscaler that it is known of the last.
 */
export class UsageSum {
  #row: UsageRow | undefined
  readonly #cpu = new SketchSum()
  readonly #ramPeaks = new SketchSum()
  readonly #ramMeans = new SketchSum()
  /** Of each hour's hottest pod, from the first row on that has more than one. */
  #cpuHot: SketchSum | undefined

  add(row: UsageRow): void {
    if (row.cpuHotSketch !== null && this.#cpuHot === undefined) {
      this.#cpuHot = new SketchSum()
      this.#cpuHot.addAll(this.#cpu)
    }
    // The only pod is the hottest, too.
    this.#cpuHot?.add(row.cpuHotSketch ?? row.cpuSketch)
    this.#cpu.add(row.cpuSketch)
    this.#ramPeaks.add(row.ramPeakSketch)
    this.#ramMeans.add(row.ramMeanSketch)
    this.#row = this.#row === undefined ? { ...row, ...NO_SKETCHES } : merged(this.#row, row)
  }

  /** RangeError where nothing was added. */
  total(): UsageRow {
    if (this.#row === undefined) throw new RangeError('nothing was added, so there is no sum')
    return {
      ...this.#row,
      cpuSketch: this.#cpu.encode(),
      cpuHotSketch: this.#cpuHot?.encode() ?? null,
      ramPeakSketch: this.#ramPeaks.encode(),
      ramMeanSketch: this.#ramMeans.encode(),
    }
  }
}

// Kept apart: bytes that were read from somewhere may hold a much larger buffer.
const NO_SKETCHES = { cpuSketch: null, cpuHotSketch: null, ramPeakSketch: null, ramMeanSketch: null }

/** A sum of sketches, of which some or all may not be there. */
class SketchSum {
  #sketch: Sketch | undefined

  add(bytes: Uint8Array | null): void {
    if (bytes === null) return
    this.#sketch ??= new Sketch()
    this.#sketch.addEncoded(bytes)
  }

  addAll(other: SketchSum): void {
    if (other.#sketch === undefined) return
    this.#sketch ??= new Sketch()
    this.#sketch.addAll(other.#sketch)
  }

  encode(): Uint8Array | null {
    return this.#sketch?.encode() ?? null
  }
}

/** Everything but the sketches. */
function merged(a: UsageRow, b: UsageRow): UsageRow {
  const last = b.lastWindow > a.lastWindow ? b : a
  return {
    ...a,
    firstWindow: Math.min(a.firstWindow, b.firstWindow) as Window,
    lastWindow: last.lastWindow,
    hours: a.hours + b.hours,
    hoursCovered: a.hoursCovered + b.hoursCovered,
    stepWorth: a.stepWorth + b.stepWorth,
    pods: Math.max(a.pods, b.pods),
    podSeconds: a.podSeconds + b.podSeconds,
    stepSeconds: highest(a.stepSeconds, b.stepSeconds),
    cpuRequest: last.cpuRequest,
    cpuLimit: last.cpuLimit,
    ramRequest: last.ramRequest,
    ramLimit: last.ramLimit,
    restarts: sum(a.restarts, b.restarts),
    hpaCpu: a.hpaCpu === true || b.hpaCpu === true ? true : last.hpaCpu,
    hpaRam: a.hpaRam === true || b.hpaRam === true ? true : last.hpaRam,
    ...mergedCpu(a, b),
    ...mergedRam(a, b),
    ...mergedOom(a, b),
  }
}

function mergedCpu(a: UsageRow, b: UsageRow) {
  return {
    cpuPoints: a.cpuPoints + b.cpuPoints,
    cpuPointsExpected: a.cpuPointsExpected + b.cpuPointsExpected,
    cpuWeight: a.cpuWeight + b.cpuWeight,
    cpuSum: sum(a.cpuSum, b.cpuSum),
    cpuMax: highest(a.cpuMax, b.cpuMax),
    cpuHotSum: sum(a.cpuHotSum, b.cpuHotSum),
    cpuHotHours: a.cpuHotHours + b.cpuHotHours,
    cpuCoreHours: a.cpuCoreHours + b.cpuCoreHours,
    cpuCoreRequestHours: sum(a.cpuCoreRequestHours, b.cpuCoreRequestHours),
    cpuCost: a.cpuCost + b.cpuCost,
    cpuPeriods: sum(a.cpuPeriods, b.cpuPeriods),
    cpuThrottledPeriods: sum(a.cpuThrottledPeriods, b.cpuThrottledPeriods),
  }
}

function mergedRam(a: UsageRow, b: UsageRow) {
  return {
    ramWeight: a.ramWeight + b.ramWeight,
    ramMax: highest(a.ramMax, b.ramMax),
    ramUsedGibHours: sum(a.ramUsedGibHours, b.ramUsedGibHours),
    ramMeasuredHours: a.ramMeasuredHours + b.ramMeasuredHours,
    ramGibHours: a.ramGibHours + b.ramGibHours,
    ramGibRequestHours: sum(a.ramGibRequestHours, b.ramGibRequestHours),
    ramCost: a.ramCost + b.ramCost,
  }
}

/** That it was told once outweighs all that was inferred. */
function mergedOom(a: UsageRow, b: UsageRow) {
  const isTold = [a, b].some(row => row.oom === true && !row.oomInferred)
  const oomInferred = !isTold && (a.oomInferred || b.oomInferred)
  return {
    oom: oomInferred || anyOf(a.oom, b.oom),
    oomInferred,
    oomBytes: highest(a.oomBytes, b.oomBytes),
  }
}

function sum(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b
}

function highest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}

function anyOf(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true
  return a === null || b === null ? null : false
}

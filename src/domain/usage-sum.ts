import { Sketch } from './sketch.js'
import type { UsageRow } from './usage.js'

/**
 * Adds up how one container of a workload was used: hours to a day, days to any range. The rows are of distinct hours,
 * in whatever order. What is known of some hours only is of those: a sum of measured ones, `true` where any is; but
 * `false` of an end by lack of memory says that all of them are known, of an autoscaler that it is known of the last.
 */
export class UsageSum {
  #row: Sum | undefined
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
    if (this.#row === undefined) this.#row = { ...row, ...NO_SKETCHES }
    else addFigures(this.#row, row)
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

type Sum = { -readonly [Name in keyof UsageRow]: UsageRow[Name] }

/** Everything but the sketches. In place, as a month of a large cluster has a few hundred thousand rows. */
function addFigures(total: Sum, row: UsageRow): void {
  const isLater = row.lastWindow > total.lastWindow
  total.hpaCpu = scaledBy(total.hpaCpu, row.hpaCpu, isLater)
  total.hpaRam = scaledBy(total.hpaRam, row.hpaRam, isLater)
  if (isLater) {
    total.lastWindow = row.lastWindow
    total.cpuRequest = row.cpuRequest
    total.cpuLimit = row.cpuLimit
    total.ramRequest = row.ramRequest
    total.ramLimit = row.ramLimit
  }
  if (row.firstWindow < total.firstWindow) total.firstWindow = row.firstWindow
  total.hours += row.hours
  total.hoursCovered += row.hoursCovered
  total.stepWorth += row.stepWorth
  total.pods = Math.max(total.pods, row.pods)
  total.podSeconds += row.podSeconds
  total.stepSeconds = highest(total.stepSeconds, row.stepSeconds)
  total.restarts = sum(total.restarts, row.restarts)
  addCpu(total, row)
  addRam(total, row)
  addOom(total, row)
}

function addCpu(total: Sum, row: UsageRow): void {
  total.cpuPoints += row.cpuPoints
  total.cpuPointsExpected += row.cpuPointsExpected
  total.cpuWeight += row.cpuWeight
  total.cpuSum = sum(total.cpuSum, row.cpuSum)
  total.cpuMax = highest(total.cpuMax, row.cpuMax)
  total.cpuHotSum = sum(total.cpuHotSum, row.cpuHotSum)
  total.cpuHotHours += row.cpuHotHours
  total.cpuCoreHours += row.cpuCoreHours
  total.cpuCoreRequestHours = sum(total.cpuCoreRequestHours, row.cpuCoreRequestHours)
  total.cpuCost += row.cpuCost
  total.cpuPeriods = sum(total.cpuPeriods, row.cpuPeriods)
  total.cpuThrottledPeriods = sum(total.cpuThrottledPeriods, row.cpuThrottledPeriods)
}

function addRam(total: Sum, row: UsageRow): void {
  total.ramWeight += row.ramWeight
  total.ramMax = highest(total.ramMax, row.ramMax)
  total.ramUsedGibHours = sum(total.ramUsedGibHours, row.ramUsedGibHours)
  total.ramMeasuredHours += row.ramMeasuredHours
  total.ramGibHours += row.ramGibHours
  total.ramGibRequestHours = sum(total.ramGibRequestHours, row.ramGibRequestHours)
  total.ramCost += row.ramCost
}

/** That it was told once outweighs all that was inferred. */
function addOom(total: Sum, row: UsageRow): void {
  const isTold = isToldOfOom(total) || isToldOfOom(row)
  total.oomInferred = !isTold && (total.oomInferred || row.oomInferred)
  total.oom = total.oomInferred || anyOf(total.oom, row.oom)
  total.oomBytes = highest(total.oomBytes, row.oomBytes)
}

function isToldOfOom({ oom, oomInferred }: UsageRow): boolean {
  return oom === true && !oomInferred
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

/** An autoscaler of any hour counts; whether there is none, the last hour tells. */
function scaledBy(before: boolean | null, added: boolean | null, isLater: boolean): boolean | null {
  return before === true || added === true ? true : isLater ? added : before
}

import { Sketch } from '../domain/sketch.js'
import { GIB } from '../domain/units.js'
import type { UsageRow } from '../domain/usage.js'

/** How much of a resource one pod used: millicores or bytes. */
export interface Figures {
  readonly mean: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** null where not measured. */
export function cpuFigures({ cpuSketch, cpuSum, cpuMax, cpuWeight }: UsageRow): Figures | null {
  if (cpuSketch === null || cpuSum === null || cpuMax === null || cpuWeight === 0) return null
  return figuresOf(Sketch.decode(cpuSketch), cpuSum / cpuWeight, cpuMax, 1000)
}

/** Percentiles are of the pods' hourly peaks. null where not measured. */
export function ramFigures(usage: UsageRow): Figures | null {
  const { ramPeakSketch, ramMax, ramUsedGibHours, ramMeasuredHours } = usage
  if (ramPeakSketch === null || ramMax === null || ramUsedGibHours === null || ramMeasuredHours === 0)
    return null
  return figuresOf(Sketch.decode(ramPeakSketch), ramUsedGibHours / ramMeasuredHours, ramMax / GIB, GIB)
}

function figuresOf(sketch: Sketch, mean: number, max: number, unit: number): Figures | null {
  if (sketch.weight === 0) return null
  return {
    mean: mean * unit,
    p95: sketch.quantile(0.95, max) * unit,
    p99: sketch.quantile(0.99, max) * unit,
    max: max * unit,
  }
}

import { describe, expect, it } from 'vitest'
import { PROFILES } from '../../src/rightsizing/profiles.js'
import { recommend } from '../../src/rightsizing/recommend.js'
import { days, historyOf, recommendOne, START, type Told, usageOf } from './history.js'

const HOUR = 3600
const told: Told = {
  ...{ pods: 2, hours: days(14), cpu: [[0.2, 8_064]], ramMax: 400, ramMean: 400 },
  ...{ cpuRequest: 1, ramRequest: 2048 },
}
const { balanced } = PROFILES

describe('what is too little to go by', () => {
  it('is fewer than a hundred points', () => {
    const few = { ...told, hours: 336, cpu: [[0.2, 99]] as const }
    expect(recommendOne(few, balanced)).toMatchObject({
      ...{ cpuAction: 'none', cpuRecommended: null, cpuSaving: null, ramAction: 'decrease' },
      reasons: ['too_little_data'],
    })
    expect(recommendOne({ ...few, cpu: [[0.2, 100]] }, balanced)).toMatchObject({ cpuAction: 'decrease' })
  })

  it('is a confidence below a tenth, for either resource', () => {
    const young = { ...told, hours: 16, cpu: [[0.2, 384]] as const }
    expect(recommendOne(young, balanced, { rangeHours: 336 })).toMatchObject({
      ...{ action: 'none', confidenceLevel: 'insufficient', savingMonth: null, snippet: null },
      ...{ severity: 'UNKNOWN', reasons: ['too_little_data'] },
    })
    expect(recommendOne({ ...young, hours: 17 }, balanced, { rangeHours: 336 })).toMatchObject({
      ...{ action: 'decrease', confidenceLevel: 'low' },
    })
  })
})

describe('confidence', () => {
  it('grows with the span up to a week', () => {
    const of = (hours: number) => recommendOne({ ...told, hours }, balanced, { rangeHours: 336 }).confidence
    expect([20, 72, 168, 336].map(hours => Number(of(hours).toFixed(3)))).toEqual([0.119, 0.429, 1, 1])
  })

  it('is less for hours with too few points', () => {
    const one = recommendOne({ ...told, more: { hoursCovered: 300, stepWorth: 300 } }, balanced)
    expect(one.confidence).toBeCloseTo(0.893, 3)
    expect(one.coverage).toBeCloseTo(300 / 336, 12)
    expect(one.reasons).toEqual(['low_coverage'])
    const low = recommendOne({ ...told, more: { hoursCovered: 200, stepWorth: 200 } }, balanced)
    expect(low).toMatchObject({ confidenceLevel: 'medium', reasons: ['low_coverage'] })
  })

  it('is less for hours in which the cluster was not measured, but not for those without a pod', () => {
    const row = usageOf({ ...told, more: { hours: 200, hoursCovered: 200, stepWorth: 200 } }, 336)
    const range = { from: START, to: START + 336 * HOUR }
    const at = (windows: readonly number[]) => ({
      windows: windows.map(hour => (START + hour * HOUR) as typeof row.firstWindow),
    })
    const all = Array.from({ length: 336 }, (_, hour) => hour)
    const of = (windows: readonly number[]) =>
      recommend(historyOf([row], 336, at(windows)), range, balanced)[0]
    expect(of(all)).toMatchObject({ coverage: 1, confidence: 1 })
    // A day is missing in the middle, and half of what is left had a pod.
    expect(of(all.filter(hour => hour < 100 || hour >= 124))?.coverage).toBeCloseTo(200 / 224, 12)
  })

  it('is half at points of an hour, and says so', () => {
    const coarse = { ...told, more: { stepWorth: 168, stepSeconds: 3600 } }
    expect(recommendOne(coarse, balanced)).toMatchObject({
      ...{ confidence: 0.5, confidenceLevel: 'medium', reasons: ['coarse_step'], stepSeconds: 3600 },
    })
  })
})

describe('what is not told', () => {
  it('is no request to set, where the source tells of none at all', () => {
    const one = recommendOne({ ...told, cpuRequest: null, ramRequest: null }, balanced, {
      cluster: { knowsRequests: false },
    })
    expect(one).toMatchObject({
      ...{ action: 'none', cpuRecommended: 230, savingMonth: null, snippet: null },
      ...{ severity: 'UNKNOWN', reasons: ['request_unknown'] },
    })
  })

  it('is CPU use: memory is advised on all the same', () => {
    const one = recommendOne({ ...told, cpu: [], more: { hoursCovered: 0, stepWorth: 0 } }, balanced)
    expect(one).toMatchObject({
      ...{
        cpuMean: null,
        cpuP95: null,
        cpuMax: null,
        cpuRecommended: null,
        cpuAction: 'none',
        cpuSaving: null,
      },
      ...{ ramAction: 'decrease', action: 'decrease', confidence: 1, samples: 0, reasons: ['no_cpu_usage'] },
    })
    expect(one.savingMonth).toBe(one.ramSaving)
  })

  it('is memory use: CPU is advised on all the same', () => {
    const more = {
      ...{ ramWeight: 0, ramMax: null, ramPeakSketch: null, ramMeanSketch: null },
      ...{ ramUsedGibHours: null, ramMeasuredHours: 0 },
    }
    expect(recommendOne({ ...told, more }, balanced)).toMatchObject({
      ...{ ramMean: null, ramMax: null, ramRecommended: null, ramAction: 'none', ramSaving: null },
      ...{ cpuAction: 'decrease', reasons: ['no_ram_usage'] },
    })
  })

  it('is whether an autoscaler is there: it is said, and blocks nothing', () => {
    expect(recommendOne({ ...told, more: { hpaCpu: null } }, balanced)).toMatchObject({
      ...{ action: 'decrease', hpa: null, reasons: ['hpa_unknown'] },
    })
  })

  it('is a price, where nothing was allocated', () => {
    expect(recommendOne({ ...told, more: { cpuCoreHours: 0, cpuCost: 0n } }, balanced)).toMatchObject({
      ...{ cpuAction: 'decrease', cpuSaving: null, reasons: ['no_price'] },
    })
  })

  it('is counters, where a rule was read', () => {
    expect(recommendOne(told, balanced, { cluster: { cpuSource: 'rule' } })).toMatchObject({
      ...{ cpuSource: 'rule', reasons: ['cpu_from_rule'] },
    })
  })
})

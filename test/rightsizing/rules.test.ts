import { describe, expect, it } from 'vitest'
import { PROFILES } from '../../src/rightsizing/profiles.js'
import { recommend } from '../../src/rightsizing/recommend.js'
import { encoded, GIB, MIB } from '../support/usage-rows.js'
import { days, historyOf, recommendOne, START, type Told, usageOf } from './history.js'

const HOUR = 3600
const told: Told = {
  ...{ pods: 2, hours: days(14), cpu: [[0.2, 8_064]], ramMax: 400, ramMean: 400 },
  ...{ cpuRequest: 1, ramRequest: 2048 },
}
const { balanced, safe, cost } = PROFILES

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
    expect(one.reasons).toEqual([])
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

describe('floors', () => {
  it('raise what has no request, and what does not where the profile says so', () => {
    const small = { ...told, cpu: [[0.0002, 8_064]] as const, ramMax: 3, ramMean: 3 }
    expect(recommendOne({ ...small, cpuRequest: null, ramRequest: null }, safe)).toMatchObject({
      ...{ cpuRecommended: 25, ramRecommended: 100 * MIB, reasons: ['no_request', 'cpu_floor', 'ram_floor'] },
    })
    const asked = { ...small, cpuRequest: 0.005, ramRequest: 16 }
    expect(recommendOne(asked, cost)).toMatchObject({
      cpuRecommended: 5,
      ramRecommended: 16 * MIB,
      action: 'keep',
    })
    expect(recommendOne(asked, PROFILES.kubecost)).toMatchObject({
      ...{ cpuRecommended: 10, ramRecommended: 20 * MIB, action: 'increase' },
    })
  })
})

describe('a CPU limit', () => {
  const throttled = { cpuLimit: 1, cpuPeriods: 1000, cpuThrottledPeriods: 250 }

  it('that holds back a quarter of the time keeps the request from being lowered', () => {
    expect(recommendOne({ ...told, more: throttled }, balanced)).toMatchObject({
      ...{ cpuRecommended: 1000, cpuAction: 'keep', cpuSaving: 0n, reasons: ['throttled'] },
    })
    const seldom = { ...throttled, cpuThrottledPeriods: 249 }
    expect(recommendOne({ ...told, more: seldom }, balanced)).toMatchObject({
      cpuAction: 'decrease',
      reasons: [],
    })
  })

  it('is never below the request: either that stays below, or the limit is raised along', () => {
    const tight = { ...told, cpuRequest: 0.1, more: { cpuLimit: 0.2 } }
    expect(recommendOne(tight, balanced)).toMatchObject({
      ...{ cpuLimit: 200, cpuRecommended: 200, cpuAction: 'increase', reasons: ['cpu_limit'] },
    })
    expect(recommendOne(tight, PROFILES.kubecost)).toMatchObject({ cpuRecommended: 286 })
    expect(recommendOne(tight, PROFILES.kubecost).kubectl).toContain('--limits=cpu=286m')
  })
})

describe('the largest node', () => {
  it('caps what is recommended', () => {
    const big = { ...told, cpu: [[3.9, 8_064]] as const, cpuRequest: 2, ramMax: 7_500, ramMean: 7_000 }
    const cluster = { largestCpuCores: 3.92, largestRamBytes: 7.5 * GIB + 5 }
    expect(recommendOne(big, balanced, { cluster })).toMatchObject({
      ...{
        cpuRecommended: 3920,
        cpuAction: 'increase',
        ramRecommended: 7680 * MIB,
        reasons: ['exceeds_node'],
      },
    })
  })

  it('is no limit where it is not known', () => {
    const big = { ...told, cpu: [[20, 8_064]] as const }
    const cluster = { largestCpuCores: null, largestRamBytes: null }
    expect(recommendOne(big, balanced, { cluster })).toMatchObject({ cpuRecommended: 23_000, reasons: [] })
  })
})

describe('memory that ran out', () => {
  it('is never lowered, and inferred where nobody said so', () => {
    const more = { oom: null, oomInferred: true, oomBytes: 512 * MIB }
    expect(recommendOne({ ...told, more }, balanced)).toMatchObject({
      ...{
        ramRecommended: 2048 * MIB,
        ramAction: 'keep',
        ramSaving: 0n,
        oom: true,
        reasons: ['oom_inferred'],
      },
    })
  })

  it('is not lowered to the largest node either', () => {
    const more = { oom: true, oomBytes: 512 * MIB }
    const one = recommendOne({ ...told, more }, balanced, { cluster: { largestRamBytes: GIB } })
    expect(one).toMatchObject({ ramAction: 'keep', ramSaving: 0n, reasons: ['oom', 'exceeds_node'] })
  })

  it('raises a lower limit along with the request, by at least a hundred MiB', () => {
    const more = { ramLimit: 60 * MIB, oom: true, oomBytes: 60 * MIB }
    const one = recommendOne({ ...told, ramMax: 60, ramMean: 50, ramRequest: 60, more }, balanced)
    expect(one).toMatchObject({ ramRecommended: 160 * MIB, ramAction: 'increase' })
    expect(one.snippet).toContain('limits:\n              memory: "160Mi"')
  })
})

describe('the gate', () => {
  const asks = (cpuRequest: number, changeGate = 0.1) =>
    recommendOne({ ...told, cpuRequest }, { ...balanced, changeGate })

  it('lets through what differs by a tenth and ten millicores', () => {
    expect(asks(0.25)).toMatchObject({ cpuAction: 'keep', cpuRecommended: 230, cpuSaving: 0n })
    expect(asks(0.256)).toMatchObject({ cpuAction: 'decrease', cpuRecommended: 230 })
    expect(asks(0.209)).toMatchObject({ cpuAction: 'increase', cpuRecommended: 230 })
    expect(asks(0.238, 0.01)).toMatchObject({ cpuAction: 'keep', reasons: ['cpu_inside_gate'] })
    expect(asks(0.24, 0.01)).toMatchObject({ cpuAction: 'decrease' })
  })

  it('lets everything through at nothing, but what is the same', () => {
    expect(asks(0.231, 0)).toMatchObject({ cpuAction: 'decrease' })
    expect(asks(0.2302, 0)).toMatchObject({ cpuAction: 'keep', reasons: [] })
  })
})

describe('the history', () => {
  it('may come in any number of rows per container', () => {
    const row = usageOf(told, 336)
    const range = { from: START, to: START + 336 * HOUR }
    const half = {
      ...row,
      ...{ hours: 168, hoursCovered: 168, stepWorth: 168, podSeconds: row.podSeconds / 2, cpuPoints: 4_032 },
      ...{
        cpuPointsExpected: 4_032,
        cpuWeight: 4_032,
        cpuSum: 4_032 * 0.2,
        cpuHotSum: 0.2 * 168,
        cpuHotHours: 168,
      },
      ...{
        cpuSketch: encoded([0.2, 4_032]),
        cpuCoreHours: 336,
        cpuCoreRequestHours: 336,
        cpuCost: row.cpuCost / 2n,
      },
      ...{
        ramWeight: 336,
        ramPeakSketch: encoded([400 / 1024, 336]),
        ramMeanSketch: encoded([400 / 1024, 336]),
      },
      ...{ ramUsedGibHours: 131.25, ramMeasuredHours: 336, ramGibHours: 672, ramGibRequestHours: 672 },
      ramCost: row.ramCost / 2n,
    }
    const middle = (START + 168 * HOUR) as typeof row.firstWindow
    const parts = [
      { ...half, firstWindow: middle },
      { ...half, lastWindow: (middle - HOUR) as typeof row.firstWindow },
    ]
    const [whole] = recommend(historyOf([row], 336), range, balanced)
    const [summed] = recommend(historyOf(parts, 336), range, balanced)
    expect(summed?.cpuMean).toBeCloseTo(whole?.cpuMean ?? Number.NaN, 6)
    expect(Number(summed?.savingMonth) / Number(whole?.savingMonth)).toBeCloseTo(1, 9)
    expect({ ...summed, cpuMean: 0, cpuSaving: 0n, ramSaving: 0n, savingMonth: 0n, costMonth: 0n }).toEqual({
      ...{ ...whole, cpuMean: 0, cpuSaving: 0n, ramSaving: 0n, savingMonth: 0n, costMonth: 0n },
    })
  })

  it('of a request that changed is said to be so', () => {
    const more = { cpuCoreRequestHours: 600 }
    expect(recommendOne({ ...told, more }, balanced)).toMatchObject({
      ...{ cpuAction: 'decrease', reasons: ['request_changed'] },
    })
  })

  it('never saves more than it cost', () => {
    const more = { cpuCoreRequestHours: 60, cpuCost: 1_000_000_000_000n, cpuCoreHours: 60 }
    const one = recommendOne({ ...told, more }, balanced)
    expect(one).toMatchObject({ reasons: ['request_changed', 'bounded_by_cost'] })
    expect(one.cpuSaving).toBe((1_000_000_000_000n * 730n) / 336n)
  })

  it('is ordered by cluster and names, and refused where its cluster is unknown', () => {
    const row = usageOf(told, 336)
    const range = { from: START, to: START + 336 * HOUR }
    const names = ['b', 'a', 'c'].map(controller => ({ ...row, controller }))
    expect(recommend(historyOf(names, 336), range, balanced).map(one => one.controller)).toEqual([
      'a',
      'b',
      'c',
    ])
    expect(() => recommend(historyOf([{ ...row, clusterId: 'two' }], 336), range, balanced)).toThrow(
      RangeError,
    )
  })
})

describe('severity', () => {
  const of = (cpuRequest: number, ramRequest: number) =>
    recommendOne({ ...told, cpuRequest, ramRequest }, balanced).severity

  it('is that of the worse resource, by how far it is off', () => {
    // 230 millicores and 460 MiB are recommended.
    expect(of(0.33, 460)).toBe('OK')
    expect(of(0.329, 460)).toBe('GOOD')
    expect(of(0.48, 460)).toBe('WARNING')
    expect(of(0.73, 460)).toBe('CRITICAL')
    expect(of(0.33, 710)).toBe('WARNING')
    expect(of(0.48, 960)).toBe('CRITICAL')
  })
})

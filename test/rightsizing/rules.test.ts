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

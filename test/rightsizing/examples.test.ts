import { describe, expect, it } from 'vitest'
import { moneyToNumber } from '../../src/domain/money.js'
import { PROFILES } from '../../src/rightsizing/profiles.js'
import type { Recommendation } from '../../src/rightsizing/recommendation.js'
import { MIB } from '../support/usage-rows.js'
import { recommendOne, type Told } from './history.js'

/** To the cent. */
const cents = (money: Recommendation['savingMonth']) =>
  money === null ? null : Math.round(moneyToNumber(money) * 100) / 100

const overProvisioned: Told = {
  ...{ pods: 3, hours: 336, ramMax: 700, ramMean: 650, cpuRequest: 1, ramRequest: 2048 },
  cpu: [
    [0.15, 10_644],
    [0.2, 1_452],
  ],
}

const hotReplica: Told = {
  ...{ pods: 25, hours: 336, ramMax: 200, ramMean: 200, cpuRequest: 0.5, ramRequest: 256 },
  cpu: [
    [0.1, 24 * 4032],
    [0.9, 4032],
  ],
  cpuHot: [[0.9, 4032]],
  cpuHotMean: 0.9,
}

describe('the worked examples', () => {
  it('saves on what is over-provisioned', () => {
    const one = recommendOne(overProvisioned, PROFILES.balanced)
    expect(one).toMatchObject({
      ...{ cpuRequest: 1000, cpuRecommended: 230, cpuAction: 'decrease' },
      ...{ ramRequest: 2048 * MIB, ramRecommended: 805 * MIB, ramAction: 'decrease', action: 'decrease' },
      ...{ replicas: 3, confidence: 1, confidenceLevel: 'high', severity: 'CRITICAL', samples: 12_096 },
      ...{ spanHours: 336, coverage: 1, reasons: [] },
      kubectl: 'kubectl set resources deployment/api -n web -c app --requests=cpu=230m,memory=805Mi',
    })
    expect(one.cpuP95).toBeCloseTo(200, 9)
    expect(one.cpuMean).toBeCloseTo(156.0, 1)
    expect([one.cpuSaving, one.ramSaving, one.savingMonth].map(cents)).toEqual([53.31, 11.26, 64.57])
  })

  it('does not raise a request to a floor', () => {
    const one = recommendOne(
      {
        ...{ pods: 1, hours: 336, ramMax: 20, ramMean: 20, cpuRequest: 0.05, ramRequest: 64 },
        cpu: [
          [0.001, 3_684],
          [0.002, 348],
        ],
      },
      PROFILES.balanced,
    )
    expect(one).toMatchObject({
      ...{ cpuRecommended: 10, cpuAction: 'decrease', ramRecommended: 64 * MIB, ramAction: 'keep' },
      reasons: ['cpu_floor', 'ram_floor'],
      ramSaving: 0n,
    })
    expect(cents(one.savingMonth)).toBe(0.92)
  })

  it('sets a request where there is none', () => {
    const one = recommendOne(
      {
        ...{ pods: 2, hours: 336, ramMax: 300, ramMean: 240, cpuRequest: null, ramRequest: null },
        cpu: [
          [0.03, 4_000],
          [0.08, 4_064],
        ],
      },
      PROFILES.balanced,
    )
    expect(one).toMatchObject({
      ...{ cpuRequest: null, cpuRecommended: 92, cpuAction: 'set' },
      ...{ ramRequest: null, ramRecommended: 345 * MIB, ramAction: 'set' },
      ...{ severity: 'WARNING', reasons: ['no_request'] },
    })
    expect([one.cpuSaving, one.ramSaving, one.savingMonth].map(cents)).toEqual([-1.7, -0.63, -2.33])
  })

  it('raises memory that ran out, whatever the gate says', () => {
    const told: Told = {
      ...{
        pods: 1,
        hours: 336,
        cpu: [[0.1, 4_032]],
        ramMax: 505,
        ramMean: 400,
        cpuRequest: 0.12,
        ramRequest: 512,
      },
      more: { ramLimit: 512 * MIB, oom: true, oomBytes: 512 * MIB, restarts: 2 },
    }
    const one = recommendOne(told, PROFILES.balanced)
    expect(one).toMatchObject({
      ...{ cpuRecommended: 115, cpuAction: 'keep', cpuSaving: 0n },
      ...{ ramRecommended: 615 * MIB, ramAction: 'increase', action: 'increase', oom: true },
      reasons: ['oom', 'cpu_inside_gate'],
      kubectl:
        'kubectl set resources deployment/api -n web -c app --requests=memory=615Mi --limits=memory=615Mi',
    })
    expect(cents(one.savingMonth)).toBe(-0.31)
  })

  it('does not lower a request below what one pod of many needs', () => {
    const one = recommendOne(hotReplica, PROFILES.balanced)
    expect(one.cpuP95).toBeCloseTo(102.066, 3)
    expect(one).toMatchObject({
      ...{ cpuRecommended: 500, cpuAction: 'keep', ramRecommended: 230 * MIB, ramAction: 'keep' },
      ...{
        savingMonth: 0n,
        reasons: ['imbalanced_replicas', 'ram_inside_gate'],
        snippet: null,
        kubectl: null,
      },
    })
    const { rules } = PROFILES.balanced
    const unguarded = recommendOne(hotReplica, {
      ...PROFILES.balanced,
      rules: { ...rules, heedsHotPod: false },
    })
    // The mean of all pods, 132 millicores, is more than the quantile.
    expect(unguarded).toMatchObject({ cpuRecommended: 152, cpuAction: 'decrease' })
  })

  it('lets an autoscaler be, and knows a young workload for one', () => {
    const told: Told = {
      ...{ pods: 1, hours: 72, ramMax: 400, ramMean: 350, cpuRequest: 1, ramRequest: 1024 },
      cpu: [
        [0.15, 700],
        [0.3, 164],
      ],
      more: { hpaCpu: true },
    }
    const one = recommendOne(told, PROFILES.balanced, { rangeHours: 168 })
    expect(one).toMatchObject({
      ...{ cpuRecommended: 345, cpuAction: 'suppressed', cpuSaving: 0n, hpa: true, reasons: ['hpa'] },
      ...{ ramRecommended: 460 * MIB, ramAction: 'decrease', action: 'decrease', confidenceLevel: 'medium' },
      kubectl: 'kubectl set resources deployment/api -n web -c app --requests=memory=460Mi',
    })
    expect(one.confidence).toBeCloseTo(0.429, 3)
    expect(cents(one.savingMonth)).toBe(0.73)
    const included = recommendOne(told, { ...PROFILES.balanced, includeHpa: true }, { rangeHours: 168 })
    expect(included).toMatchObject({ cpuAction: 'decrease', reasons: ['hpa'] })
    expect(cents(included.savingMonth)).toBe(7.21)
  })
})

describe('the profiles of other tools', () => {
  it('give for the over-provisioned workload what the tools give', () => {
    expect(recommendOne(overProvisioned, PROFILES.krr)).toMatchObject({
      ...{ cpuRecommended: 200, ramRecommended: 805 * MIB },
    })
    expect(recommendOne(overProvisioned, PROFILES.kubecost)).toMatchObject({
      ...{ cpuRecommended: 286, ramRecommended: 1000 * MIB },
    })
  })

  it('have krr raise everybody to the hottest pod', () => {
    expect(recommendOne(hotReplica, PROFILES.krr)).toMatchObject({
      ...{ cpuRecommended: 900, cpuAction: 'increase', ramRecommended: 230 * MIB, ramAction: 'decrease' },
    })
  })

  it.each([
    [0.15, 40, 150, 100],
    [0.7, 90, 700, 104],
    [0.004, 150, 10, 173],
    [0.1, 1.1 * 1024, 100, 1296],
    [0.1, 1200, 100, 1380],
    [0.1, 3.2 * 1024, 100, 3769],
  ])('have krr make of %d cores and %d MiB what krr itself made', (cpu, ramMax, cpuRecommended, mib) => {
    const told: Told = {
      ...{ pods: 1, hours: 24, cpu: [[cpu, 288]], ramMax, ramMean: ramMax, cpuRequest: 0.001, ramRequest: 8 },
    }
    expect(recommendOne(told, PROFILES.krr)).toMatchObject({ cpuRecommended, ramRecommended: mib * MIB })
  })

  it('have krr cover what takes a third of the time', () => {
    const told: Told = {
      ...{ pods: 1, hours: 24, ramMax: 500, ramMean: 500, cpuRequest: 1, ramRequest: 512 },
      cpu: [
        [0.2, 192],
        [2.4, 96],
      ],
    }
    expect(recommendOne(told, PROFILES.krr)).toMatchObject({ cpuRecommended: 2400, cpuAction: 'increase' })
  })

  it('take no notice of memory that ran out', () => {
    const told: Told = {
      ...{
        pods: 1,
        hours: 336,
        cpu: [[0.1, 4_032]],
        ramMax: 505,
        ramMean: 400,
        cpuRequest: 0.115,
        ramRequest: 1024,
      },
      more: { oom: true, oomBytes: 1024 * MIB },
    }
    for (const profile of ['krr', 'kubecost'] as const)
      expect(recommendOne(told, PROFILES[profile])).toMatchObject({
        ramAction: 'decrease',
        reasons: [],
        oom: true,
      })
    expect(recommendOne(told, PROFILES.balanced)).toMatchObject({ ramAction: 'increase', reasons: ['oom'] })
  })
})

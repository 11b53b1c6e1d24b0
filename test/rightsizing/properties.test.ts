import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sumMoney, toMoney } from '../../src/domain/money.js'
import type { ClusterUsage } from '../../src/domain/usage.js'
import { HOUR_SECONDS } from '../../src/domain/window.js'
import { type Knobs, PROFILES, type ProfileName } from '../../src/rightsizing/profiles.js'
import { recommend } from '../../src/rightsizing/recommend.js'
import type { Recommendation } from '../../src/rightsizing/recommendation.js'
import { MIB } from '../support/usage-rows.js'
import { CPU_PRICE, historyOf, RAM_PRICE, recommendOne, START, type Told, usageOf } from './history.js'

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null })
const cores = fc.double({ min: 0, max: 4, noNaN: true })
const request = maybe(fc.integer({ min: 1, max: 4_000 }))

interface Case {
  readonly told: Told
  readonly cluster: Partial<ClusterUsage>
  readonly rangeHours: number
}

/** Whatever a workload may be like, without what can't be: a mean above the maximum, or use above what is allocated. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    pods: fc.integer({ min: 1, max: 9 }),
    hours: fc.integer({ min: 1, max: 336 }),
    older: fc.integer({ min: 0, max: 336 }),
    cpu: fc.array(fc.tuple(cores, fc.integer({ min: 1, max: 5_000 })), { maxLength: 8 }),
    hotFactor: fc.double({ min: 1, max: 3, noNaN: true }),
    ramMax: fc.double({ min: 0.01, max: 9_000, noNaN: true }),
    ramShare: fc.double({ min: 0.05, max: 1, noNaN: true }),
    cpuRequest: request,
    ramRequest: request,
    cpuLimit: maybe(cores),
    covered: fc.double({ min: 0, max: 1, noNaN: true }),
    oom: fc.constantFrom(true, false, null),
    oomInferred: fc.boolean(),
    throttled: maybe(fc.integer({ min: 0, max: 1000 })),
    hpaCpu: fc.constantFrom(true, false, null),
    hpaRam: fc.constantFrom(true, false, null),
    largestCpuCores: maybe(fc.double({ min: 0.5, max: 16, noNaN: true })),
    knowsRequests: fc.boolean(),
  })
  .map(one => {
    const { pods, hours, cpu, ramMax, hotFactor, throttled } = one
    const highest = Math.max(0, ...cpu.map(([value]) => value))
    const points = cpu.reduce((sum, [, times]) => sum + times, 0)
    const mean = points === 0 ? 0 : cpu.reduce((sum, [value, times]) => sum + value * times, 0) / points
    const covered = Math.floor(hours * one.covered)
    return {
      told: {
        ...{ pods, hours, cpu, ramMax, ramMean: ramMax * one.ramShare },
        cpuHotMean: Math.min(highest, mean * hotFactor),
        cpuRequest: one.cpuRequest === null ? null : one.cpuRequest / 1000,
        ramRequest: one.ramRequest,
        more: {
          ...{ hoursCovered: covered, stepWorth: covered, cpuLimit: one.cpuLimit },
          ...{ oom: one.oom, oomInferred: one.oomInferred, hpaCpu: one.hpaCpu, hpaRam: one.hpaRam },
          ...{ cpuPeriods: throttled === null ? null : 1000, cpuThrottledPeriods: throttled },
        },
      },
      cluster: { largestCpuCores: one.largestCpuCores, knowsRequests: one.knowsRequests },
      rangeHours: hours + one.older,
    }
  })

const OWN = ['cost', 'balanced', 'safe'] as const
const ALL = Object.keys(PROFILES) as ProfileName[]
const own = fc.constantFrom(...OWN)

const of = ({ told, cluster, rangeHours }: Case, knobs: Knobs) =>
  recommendOne(told, knobs, { cluster, rangeHours })

/** Whether something other than the use set a bound to the CPU request. */
const isCapped = ({ reasons }: Recommendation) =>
  reasons.includes('exceeds_node') || reasons.includes('cpu_limit')

function holds(
  check: (one: Recommendation, from: Case, knobs: Knobs) => void,
  profiles = fc.constantFrom(...ALL),
) {
  fc.assert(
    fc.property(anyCase, profiles, (one, profile) =>
      check(of(one, PROFILES[profile]), one, PROFILES[profile]),
    ),
    { numRuns: 300 },
  )
}

describe('whatever the usage, a recommendation', () => {
  it('has no figure that is not a number, or negative where it can not be', () => {
    holds(one => {
      for (const [name, value] of Object.entries(one))
        if (typeof value === 'number')
          expect([name, Number.isFinite(value) && value >= 0]).toEqual([name, true])
      expect(one.coverage).toBeLessThanOrEqual(1)
      expect(one.confidence).toBeLessThanOrEqual(1)
    })
  })

  it('is in whole millicores and mebibytes where something is to be changed', () => {
    holds(one => {
      if (one.cpuRecommended !== null) expect(Number.isInteger(one.cpuRecommended)).toBe(true)
      if (one.ramAction === 'set' || one.ramAction === 'increase' || one.ramAction === 'decrease')
        expect(Number.isInteger((one.ramRecommended ?? 0) / MIB)).toBe(true)
    })
  })

  it('is never below the mean use', () => {
    holds(one => {
      if (one.cpuRecommended !== null && !isCapped(one))
        expect(one.cpuRecommended).toBeGreaterThanOrEqual((one.cpuMean ?? 0) - 1e-5)
      if (one.ramRecommended !== null && !one.reasons.includes('exceeds_node'))
        expect(one.ramRecommended).toBeGreaterThanOrEqual((one.ramMean ?? 0) - MIB * 1e-5)
    }, own)
  })

  it('is never below the floor, unless the request is', () => {
    holds((one, _, { cpuFloor, ramFloor }) => {
      if (one.cpuRecommended !== null && !isCapped(one))
        expect(one.cpuRecommended).toBeGreaterThanOrEqual(
          Math.min(cpuFloor * 1000, one.cpuRequest ?? Infinity),
        )
      if (one.ramRecommended !== null && !one.reasons.includes('exceeds_node'))
        expect(one.ramRecommended).toBeGreaterThanOrEqual(Math.min(ramFloor, one.ramRequest ?? Infinity))
    }, own)
  })

  it('saves nothing on what is kept or suppressed, and knows nothing of what is not advised on', () => {
    holds(one => {
      for (const [action, saving] of [
        [one.cpuAction, one.cpuSaving],
        [one.ramAction, one.ramSaving],
      ]) {
        if (action === 'keep' || action === 'suppressed') expect(saving).toBe(0n)
        if (action === 'none') expect(saving).toBeNull()
      }
    })
  })

  it('saves on a decrease, and never on an increase', () => {
    holds(one => {
      if (one.cpuAction === 'decrease') expect(one.cpuSaving).toBeGreaterThanOrEqual(0n)
      if (one.ramAction === 'decrease') expect(one.ramSaving).toBeGreaterThanOrEqual(0n)
      if (one.cpuAction === 'increase' || one.cpuAction === 'set')
        expect(one.cpuSaving).toBeLessThanOrEqual(0n)
      if (one.ramAction === 'increase' || one.ramAction === 'set')
        expect(one.ramSaving).toBeLessThanOrEqual(0n)
    })
  })

  it('is silent without confidence', () => {
    holds(one => {
      if (one.confidence < 0.1) expect([one.action, one.snippet]).toEqual(['none', null])
    })
  })

  it('changes something exactly where it says how', () => {
    holds(one => {
      const isChange = [one.cpuAction, one.ramAction].some(action =>
        ['set', 'increase', 'decrease'].includes(action),
      )
      expect(one.snippet !== null).toBe(isChange)
      expect(one.kubectl !== null).toBe(isChange)
    })
  })

  it('never lowers memory that ran out', () => {
    holds(one => {
      if (one.oom === true) expect(one.ramAction).not.toBe('decrease')
    }, own)
  })

  it('leaves alone what an autoscaler drives, except for the profile that knows none', () => {
    holds((one, { told }, { includeHpa }) => {
      if (told.more?.hpaCpu === true && !includeHpa) expect(['none', 'suppressed']).toContain(one.cpuAction)
      if (told.more?.hpaRam === true && !includeHpa) expect(['none', 'suppressed']).toContain(one.ramAction)
      if (includeHpa) expect([one.cpuAction, one.ramAction]).not.toContain('suppressed')
    })
  })

  it('is never lowered where the limit holds back a quarter of the time', () => {
    holds((one, { told }) => {
      if ((told.more?.cpuThrottledPeriods ?? 0) >= 250 && !isCapped(one))
        expect(one.cpuAction).not.toBe('decrease')
    }, own)
  })

  it('does not get smaller with a higher quantile or margin', () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true })
    fc.assert(
      fc.property(anyCase, own, share, share, share, share, (one, profile, ...[p, q, m, n]) => {
        const [low, high] = [
          { cpuQuantile: Math.min(p, q), cpuMargin: Math.min(m, n), ramMargin: Math.min(m, n) },
          { cpuQuantile: Math.max(p, q), cpuMargin: Math.max(m, n), ramMargin: Math.max(m, n) },
        ].map(knobs => of(one, { ...PROFILES[profile], ...knobs }))
        if (low?.cpuRecommended != null)
          expect(high?.cpuRecommended).toBeGreaterThanOrEqual(low.cpuRecommended)
        if (low?.ramRecommended != null)
          expect(high?.ramRecommended).toBeGreaterThanOrEqual(low.ramRecommended)
      }),
      { numRuns: 300 },
    )
  })
})

describe('savings', () => {
  it('are never more than what is paid for, by the row and by every sum of rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyCase, fc.double({ min: 0, max: 2, noNaN: true })), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.constantFrom(...ALL),
        (cases, profile) => {
          const rows = cases.map(([{ told }, paid], i) => {
            const row = usageOf(told, 336)
            // What was paid for may be other requests than the last one.
            return {
              ...row,
              ...{ container: `c${i}`, namespace: `n${i % 2}` },
              ...{ cpuCoreHours: row.cpuCoreHours * paid, ramGibHours: row.ramGibHours * paid },
              cpuCost: toMoney(row.cpuCoreHours * paid * CPU_PRICE),
              ramCost: toMoney(row.ramGibHours * paid * RAM_PRICE),
            }
          })
          const range = { from: START, to: START + 336 * HOUR_SECONDS }
          const all = recommend(historyOf(rows, 336), range, PROFILES[profile])
          for (const grouping of [all, ...all.map(one => [one]), all.filter(one => one.namespace === 'n0')]) {
            const saved = sumMoney(grouping.map(one => one.savingMonth ?? 0n))
            expect(saved).toBeLessThanOrEqual(sumMoney(grouping.map(one => one.costMonth ?? 0n)))
          }
          for (const one of all)
            expect(one.savingMonth ?? 0n).toBe((one.cpuSaving ?? 0n) + (one.ramSaving ?? 0n))
        },
      ),
      { numRuns: 100 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UsageRow } from '../../src/domain/usage.js'
import { UsageSum } from '../../src/domain/usage-sum.js'
import { HOUR_SECONDS, type Window } from '../../src/domain/window.js'
import { encoded, GIB, USAGE_HOUR, usageRow } from '../support/usage-rows.js'

const at = (hours: number) => (USAGE_HOUR + hours * HOUR_SECONDS) as Window

function totalOf(rows: readonly UsageRow[]): UsageRow {
  const sum = new UsageSum()
  for (const row of rows) sum.add(row)
  return sum.total()
}

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null })
// Whole numbers, whose sums don't depend on their order.
const whole = fc.integer({ min: 0, max: 1000 })
const sketch = fc
  .array(fc.tuple(fc.double({ min: 0, max: 9, noNaN: true }), fc.integer({ min: 1, max: 9 })))
  .map(values => encoded(...values))

const anyRow = fc
  .record({
    hours: fc.integer({ min: 1, max: 24 }),
    hoursCovered: whole,
    stepWorth: whole,
    pods: whole,
    podSeconds: whole,
    cpuPoints: whole,
    cpuPointsExpected: whole,
    stepSeconds: maybe(whole),
    cpuWeight: whole,
    cpuSum: maybe(whole),
    cpuMax: maybe(whole),
    cpuHotSum: maybe(whole),
    cpuHotHours: whole,
    cpuSketch: maybe(sketch),
    cpuHotSketch: maybe(sketch),
    cpuRequest: maybe(whole),
    cpuLimit: maybe(whole),
    cpuCoreHours: whole,
    cpuCoreRequestHours: maybe(whole),
    cpuCost: fc.bigInt({ min: 0n, max: 10n ** 15n }),
    ramWeight: whole,
    ramMax: maybe(whole),
    ramPeakSketch: maybe(sketch),
    ramMeanSketch: maybe(sketch),
    ramUsedGibHours: maybe(whole),
    ramMeasuredHours: whole,
    ramRequest: maybe(whole),
    ramLimit: maybe(whole),
    ramGibHours: whole,
    ramGibRequestHours: maybe(whole),
    ramCost: fc.bigInt({ min: 0n, max: 10n ** 15n }),
    oomBytes: maybe(whole),
    restarts: maybe(whole),
    cpuPeriods: maybe(whole),
    cpuThrottledPeriods: maybe(whole),
    hpaCpu: maybe(fc.boolean()),
    hpaRam: maybe(fc.boolean()),
    ranOut: fc.constantFrom<Pick<UsageRow, 'oom' | 'oomInferred'>>(
      { oom: null, oomInferred: false },
      { oom: false, oomInferred: false },
      { oom: true, oomInferred: false },
      { oom: true, oomInferred: true },
    ),
  })
  .map(({ ranOut, ...changes }) => usageRow({ ...changes, ...ranOut }))

/** Rows of distinct hours. */
const rowsOfHours = fc
  .array(anyRow, { minLength: 1, maxLength: 6 })
  .map(rows => rows.map((row, i) => ({ ...row, firstWindow: at(i), lastWindow: at(i) })))

describe('the sum of usage', () => {
  it('is the same in whatever order the hours come', () => {
    fc.assert(
      fc.property(
        rowsOfHours.chain(rows =>
          fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
        ),
        ([rows, shuffled]) => {
          expect(totalOf(shuffled)).toEqual(totalOf(rows))
        },
      ),
    )
  })

  it('is the same of sums as of their hours', () => {
    fc.assert(
      fc.property(rowsOfHours, fc.nat(5), (rows, cut) => {
        const parts = [rows.slice(0, cut), rows.slice(cut)].filter(part => part.length > 0).map(totalOf)
        expect(totalOf(parts)).toEqual(totalOf(rows))
      }),
    )
  })

  it('is the row itself where there is one', () => {
    fc.assert(
      fc.property(anyRow, row => {
        expect(totalOf([row])).toEqual(row)
      }),
    )
  })

  it('adds up what is counted, keeps what is highest, and takes requests of the last hour', () => {
    const total = totalOf([
      usageRow({
        firstWindow: at(2),
        cpuRequest: null,
        ramLimit: 3 * GIB,
        cpuMax: 0.4,
        stepSeconds: 3600,
        stepWorth: 0.5,
      }),
      usageRow({ firstWindow: at(0), pods: 4, podSeconds: 14_400, ramMax: 2 * GIB }),
    ])
    expect(total).toMatchObject({
      firstWindow: at(0),
      lastWindow: at(2),
      hours: 2,
      hoursCovered: 2,
      stepWorth: 1.5,
      stepSeconds: 3600,
      pods: 4,
      podSeconds: 18_000,
      cpuWeight: 24,
      cpuMax: 0.4,
      cpuRequest: null,
      cpuCost: 12_000_000_000n,
      ramMax: 2 * GIB,
      ramLimit: 3 * GIB,
      ramUsedGibHours: 1,
    })
    expect(total.cpuSketch).toEqual(encoded([0.1, 24]))
  })

  it('is not nothing where something was not measured, and not known where nothing was', () => {
    const unmeasured = usageRow({ firstWindow: at(1), cpuSum: null, cpuMax: null, cpuSketch: null })
    expect(totalOf([usageRow(), unmeasured])).toMatchObject({ cpuSum: 1.2, cpuMax: 0.1 })
    expect(totalOf([unmeasured, { ...unmeasured, firstWindow: at(2), lastWindow: at(2) }])).toMatchObject({
      cpuSum: null,
      cpuMax: null,
      cpuSketch: null,
    })
  })

  it('takes the only pod of an hour for its hottest', () => {
    const two = usageRow({
      firstWindow: at(1),
      pods: 2,
      cpuSketch: encoded([0.1, 12], [0.9, 12]),
      cpuHotSketch: encoded([0.9, 12]),
    })
    for (const rows of [
      [usageRow(), two],
      [two, usageRow()],
    ])
      expect(totalOf(rows).cpuHotSketch).toEqual(encoded([0.1, 12], [0.9, 12]))
    expect(totalOf([usageRow(), usageRow({ firstWindow: at(1) })]).cpuHotSketch).toBeNull()
  })

  it('says that memory did not run out only where all hours are known', () => {
    const unknown = usageRow({ firstWindow: at(1), oom: null })
    expect(totalOf([usageRow(), unknown])).toMatchObject({ oom: null })
    const told = usageRow({ firstWindow: at(2), oom: true, oomBytes: GIB })
    expect(totalOf([unknown, told])).toMatchObject({ oom: true, oomBytes: GIB })
  })

  it('says that nobody scales where the last hour does and none says otherwise', () => {
    const hour = (n: number, hpaCpu: boolean | null) =>
      usageRow({ firstWindow: at(n), lastWindow: at(n), hpaCpu })
    const scaled = (...rows: UsageRow[]) => totalOf(rows).hpaCpu
    expect(scaled(hour(0, null), hour(1, false))).toBe(false)
    expect(scaled(hour(1, false), hour(0, null))).toBe(false)
    expect(scaled(hour(0, false), hour(1, null))).toBeNull()
    expect(scaled(hour(0, true), hour(1, false), hour(2, null))).toBe(true)
  })

  it('infers that memory ran out only where nobody said so', () => {
    const inferred = usageRow({ firstWindow: at(1), oom: null, oomInferred: true })
    const told = usageRow({ firstWindow: at(2), oom: true })
    expect(totalOf([usageRow(), inferred])).toMatchObject({ oom: true, oomInferred: true })
    expect(totalOf([told, inferred])).toMatchObject({ oom: true, oomInferred: false })
  })

  it('is none of nothing', () => {
    expect(() => new UsageSum().total()).toThrow(RangeError)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOutRows } from '../../../src/dashboard/charts/row-bars-layout.js'

const PARTS = [0, 1, 2] as const
const amountOf = (row: readonly number[], part: number): number => row[part] ?? 0
const amount = fc.integer({ min: -50, max: 1000 })
const rows = fc.array(fc.tuple(amount, amount, amount), { minLength: 1, maxLength: 12 })

describe('bars of rows', () => {
  it('has the longest reach to the end, and the others in proportion', () => {
    const { bars, zero } = layOutRows([[30, 10, 0], [20]], PARTS, amountOf)
    expect(zero).toBe(0)
    expect(bars).toEqual([
      [
        { part: 0, left: 0, width: 75 },
        { part: 1, left: 75, width: 25 },
      ],
      [{ part: 0, left: 0, width: 50 }],
    ])
  })

  it('has parts that are negative to the left of the line', () => {
    const { bars, zero } = layOutRows([[75, -25]], PARTS, amountOf)
    expect(zero).toBe(25)
    expect(bars).toEqual([
      [
        { part: 0, left: 25, width: 75 },
        { part: 1, left: 0, width: 25 },
      ],
    ])
  })

  it('stays within its width, has every part that is something, and no two over each other', () => {
    fc.assert(
      fc.property(rows, given => {
        const { bars } = layOutRows(given, PARTS, amountOf)
        for (const [index, bar] of bars.entries()) {
          const row = given[index] ?? []
          expect(bar.map(({ part }) => part)).toEqual(PARTS.filter(part => row[part] !== 0))
          const sorted = [...bar].sort((one, other) => one.left - other.left)
          let end = 0
          for (const { left, width } of sorted) {
            expect(left).toBeGreaterThanOrEqual(end - 1e-9)
            end = left + width
          }
          expect(end).toBeLessThanOrEqual(100 + 1e-9)
        }
      }),
    )
  })

  it('is nothing where everything is 0', () => {
    expect(layOutRows([[0, 0]], PARTS, amountOf).bars).toEqual([[]])
  })
})

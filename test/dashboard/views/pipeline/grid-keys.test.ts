import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellAfter } from '../../../../src/dashboard/views/pipeline/grid-keys.js'

const SIZE = { rows: 31, columns: 24 }

describe('keys in a grid', () => {
  it.each([
    ['ArrowLeft', false, { row: 3, column: 4 }],
    ['ArrowRight', false, { row: 3, column: 6 }],
    ['ArrowUp', false, { row: 2, column: 5 }],
    ['ArrowDown', false, { row: 4, column: 5 }],
    ['Home', false, { row: 3, column: 0 }],
    ['End', false, { row: 3, column: 23 }],
    ['Home', true, { row: 0, column: 0 }],
    ['End', true, { row: 30, column: 23 }],
  ])('%s (with Ctrl: %s) leads from the sixth square of the fourth row to %o', (key, isControl, to) => {
    expect(cellAfter(key, isControl, { row: 3, column: 5 }, SIZE)).toEqual(to)
  })

  it.each(['Tab', 'Enter', 'a', 'Escape'])('%s leads nowhere', key => {
    expect(cellAfter(key, false, { row: 3, column: 5 }, SIZE)).toBeNull()
  })

  it('never lead out of it', () => {
    const keys = fc.constantFrom('ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End')
    const size = fc.record({ rows: fc.integer({ min: 1, max: 31 }), columns: fc.constant(24) })
    fc.assert(
      fc.property(size, fc.array(fc.tuple(keys, fc.boolean())), (bounds, pressed) => {
        let cell = { row: 0, column: 0 }
        for (const [key, isControl] of pressed) {
          cell = cellAfter(key, isControl, cell, bounds) ?? cell
          expect(cell.row).toBeGreaterThanOrEqual(0)
          expect(cell.row).toBeLessThan(bounds.rows)
          expect(cell.column).toBeGreaterThanOrEqual(0)
          expect(cell.column).toBeLessThan(bounds.columns)
        }
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Figures } from '../../../../src/dashboard/views/rightsizing/figures.js'
import { layOutUsage, spread } from '../../../../src/dashboard/views/rightsizing/usage-bar-layout.js'

const WIDTH = 400
const figures = (told: Partial<Figures>): Figures => ({
  name: 'CPU',
  request: null,
  limit: null,
  mean: null,
  p95: null,
  p99: null,
  max: null,
  recommended: null,
  action: 'none',
  saving: null,
  print: String,
  ...told,
})

describe('the bar of a resource', () => {
  it('has each figure that is known at its place, requests above and use below', () => {
    const layout = layOutUsage(figures({ request: 200, mean: 50, max: 100, recommended: 150 }), WIDTH)
    expect(layout?.marks.map(({ id, side, x }) => [id, side, x])).toEqual([
      ['recommended', 'above', 300],
      ['request', 'above', 400],
      ['mean', 'below', 100],
      ['max', 'below', 200],
    ])
  })

  it('is none where nothing is known, or where there is no room', () => {
    expect(layOutUsage(figures({ limit: 5 }), WIDTH)).toBeNull()
    expect(layOutUsage(figures({ mean: 5 }), 0)).toBeNull()
  })

  it('has everything within its width where all is 0', () => {
    const layout = layOutUsage(figures({ mean: 0, max: 0 }), WIDTH)
    expect(layout?.marks.map(({ x }) => x)).toEqual([0, 0])
  })
})

describe('names that are moved apart', () => {
  const places = fc.array(fc.double({ min: 0, max: WIDTH, noNaN: true }), { maxLength: 6 })

  it('keep their order and distance, and stay within the width', () => {
    fc.assert(
      fc.property(places, given => {
        const ascending = [...given].sort((one, other) => one - other)
        const moved = spread(ascending, 40, WIDTH)
        expect(moved).toHaveLength(given.length)
        for (const [index, place] of moved.entries()) {
          expect(place).toBeGreaterThanOrEqual(20 - 1e-6)
          expect(place).toBeLessThanOrEqual(WIDTH - 20 + 1e-6)
          if (index > 0) expect(place - (moved[index - 1] ?? 0)).toBeGreaterThanOrEqual(40 - 1e-6)
        }
      }),
    )
  })

  it('stay where they are when there is room', () => {
    expect(spread([50, 120, 300], 40, WIDTH)).toEqual([50, 120, 300])
  })

  it('overlap evenly where there is none', () => {
    expect(spread([10, 10, 10], 40, 80)).toEqual([20, 40, 60])
  })
})

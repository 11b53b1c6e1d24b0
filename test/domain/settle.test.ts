import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextReadAt } from '../../src/domain/settle.js'
import { HOUR_SECONDS, windowEnd, windowOf } from '../../src/domain/window.js'

const window = windowOf(Date.UTC(2026, 2, 29, 1) / 1000)
const endPlus = (hours: number) => windowEnd(window) + hours * HOUR_SECONDS

describe('when a window is read again', () => {
  it('is three hours after its end when it was read soon', () => {
    expect(nextReadAt(window, endPlus(0) + 600)).toBe(endPlus(3))
    expect(nextReadAt(window, endPlus(3) - 1)).toBe(endPlus(3))
  })

  it('is twenty-six hours after its end when it was read later', () => {
    expect(nextReadAt(window, endPlus(3))).toBe(endPlus(26))
    expect(nextReadAt(window, endPlus(26) - 1)).toBe(endPlus(26))
  })

  it('is never again once it was read after that', () => {
    expect(nextReadAt(window, endPlus(26))).toBeNull()
    expect(nextReadAt(window, endPlus(9000))).toBeNull()
  })

  it('comes to an end after at most three readings, however late each one is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 3, maxLength: 3 }), delays => {
        let at: number | null = windowEnd(window) + 600
        for (const delay of delays) if (at !== null) at = nextReadAt(window, at + delay)
        expect(at).toBeNull()
      }),
    )
  })
})

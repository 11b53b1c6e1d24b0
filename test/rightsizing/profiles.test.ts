import { describe, expect, it } from 'vitest'
import { KNOB_BOUNDS, PROFILES } from '../../src/rightsizing/profiles.js'
import { inOrder, REASONS } from '../../src/rightsizing/reasons.js'
import { MIB } from '../support/usage-rows.js'

describe('the profiles', () => {
  it('are as careful as they are said to be', () => {
    const table = Object.fromEntries(
      (['cost', 'balanced', 'safe'] as const).map(name => {
        const { cpuQuantile, cpuMargin, ramMargin, cpuFloor, ramFloor, changeGate } = PROFILES[name]
        return [name, [cpuQuantile, cpuMargin, ramMargin, cpuFloor * 1000, ramFloor / MIB, changeGate]]
      }),
    )
    expect(table).toEqual({
      cost: [0.9, 0.1, 0.1, 10, 50, 0.1],
      balanced: [0.95, 0.15, 0.15, 10, 100, 0.1],
      safe: [0.99, 0.3, 0.3, 25, 100, 0.1],
    })
  })

  it('keep to the bounds that others are held to', () => {
    for (const profile of Object.values(PROFILES)) {
      for (const [knob, bounds] of Object.entries(KNOB_BOUNDS)) {
        const value = profile[knob as keyof typeof KNOB_BOUNDS]
        if ('above' in bounds) expect(value).toBeGreaterThan(bounds.above)
        if ('least' in bounds) expect(value).toBeGreaterThanOrEqual(bounds.least)
        if ('most' in bounds) expect(value).toBeLessThanOrEqual(bounds.most)
      }
    }
  })
})

describe('reasons', () => {
  it('are told once each, in the order of the list, each with a sentence', () => {
    expect(inOrder(['hpa', 'oom', 'too_little_data', 'oom'])).toEqual(['too_little_data', 'oom', 'hpa'])
    for (const sentence of Object.values(REASONS)) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })
})

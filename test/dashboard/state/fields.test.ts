import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  choice,
  choices,
  type Fields,
  flag,
  readState,
  text,
  whole,
  writeState,
} from '../../../src/dashboard/state/fields.js'

const FIELDS = {
  order: choice(['desc', 'asc'], 'desc'),
  shown: choices(['cost', 'cpu', 'ram']),
  wide: flag,
  search: text,
  limit: whole(100, 1, 500),
} satisfies Fields

const states = fc.record({
  order: fc.constantFrom('desc' as const, 'asc' as const),
  shown: fc.subarray(['cost', 'cpu', 'ram'] as const),
  wide: fc.boolean(),
  search: fc.string(),
  limit: fc.integer({ min: 1, max: 500 }),
})
const foreign = fc.dictionary(
  fc.string({ minLength: 1 }).filter(name => !Object.hasOwn(FIELDS, name)),
  fc.string(),
)

describe('the state in a URL', () => {
  it('is read back as it was written, whatever stood there before', () => {
    fc.assert(
      fc.property(states, states, foreign, (before, after, others) => {
        const first = writeState(FIELDS, new URLSearchParams(others), before)
        const written = writeState(FIELDS, first, after)
        const again = new URLSearchParams(written.toString())
        expect(readState(FIELDS, again)).toEqual({ state: after, refused: [] })
        for (const [name, value] of Object.entries(others)) expect(again.getAll(name)).toEqual([value])
      }),
    )
  })

  it('has nothing of what is usual', () => {
    const { state } = readState(FIELDS, new URLSearchParams())
    expect(writeState(FIELDS, new URLSearchParams('limit=7&wide=1'), state).toString()).toBe('')
  })

  it.each([
    ['order=sideways', 'order'],
    ['shown=cost&shown=gold', 'shown'],
    ['wide=yes', 'wide'],
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=', 'limit'],
  ])('has its fallback where nothing can be made of %s', (search, name) => {
    const usual = readState(FIELDS, new URLSearchParams()).state
    expect(readState(FIELDS, new URLSearchParams(search))).toEqual({ state: usual, refused: [name] })
  })
})

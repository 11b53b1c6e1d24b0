import { describe, expect, it } from 'vitest'
import { reasonOf } from '../../../src/dashboard/format/reasons.js'
import { REASONS } from '../../../src/rightsizing/reasons.js'

const CODES = Object.keys(REASONS)

describe('reasons of recommendations', () => {
  it.each(CODES)('%s is told in words of its own', code => {
    const { short, sentence } = reasonOf(code)
    expect(sentence).not.toContain(code)
    expect(sentence).toMatch(/^[A-Z].*\.$/)
    expect(short.length).toBeLessThan(24)
    expect(sentence.length).toBeGreaterThan(short.length)
  })

  it('are told apart', () => {
    expect(new Set(CODES.map(code => reasonOf(code).short)).size).toBe(CODES.length)
    expect(new Set(CODES.map(code => reasonOf(code).sentence)).size).toBe(CODES.length)
  })

  it.each(['brand_new', 'constructor', '__proto__'])(
    '%s, which is not known here, stands for itself',
    code => {
      expect(reasonOf(code).sentence).toBe(`The API calls this ${code}.`)
    },
  )
})

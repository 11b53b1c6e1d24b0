import { expect } from 'vitest'
import type { Money } from '../../src/domain/money.js'

/** Shares are compared in units of 1e-24 of the currency, so that no rounding of a test is seen. */
export const FINE = 10n ** 12n

/** Decimal text in 1e-24, whatever places it has. */
export function fine(text: string): Money {
  const [whole = '0', digits = ''] = text.replace('-', '').split('.')
  const amount = BigInt(whole + digits.slice(0, 24).padEnd(24, '0'))
  return text.startsWith('-') ? -amount : amount
}

/** The same but for what divisions round off. */
export function expectClose(seen: Money, expected: Money): void {
  const off = seen - expected
  // 1e-18 of the currency: a millionth of the last place that money has.
  expect(off < 0n ? -off : off).toBeLessThan(1_000_000n)
}

/** The same to the last digit but for how floating point numbers were added up. */
export function expectSameAnswer(actual: unknown, expected: unknown, path = 'body'): void {
  if (typeof actual === 'number' && typeof expected === 'number') {
    expect(Math.abs(actual - expected), path).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)))
  } else if (typeof actual === 'object' && typeof expected === 'object' && actual && expected) {
    expect(Object.keys(actual), path).toEqual(Object.keys(expected))
    for (const [key, value] of Object.entries(actual)) {
      expectSameAnswer(value, (expected as Record<string, unknown>)[key], `${path}.${key}`)
    }
  } else expect(actual, path).toBe(expected)
}

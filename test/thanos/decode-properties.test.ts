import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NamedError } from '../../src/errors.js'
import { decodeAnswer } from '../../src/thanos/decode.js'
import type { Answer } from '../../src/thanos/types.js'

const TENANT = 'acc-1'
const GRID = { start: 3600, end: 10800, step: 3600 }
const ONE = { metric: { tenant_id: TENANT }, values: [[3600, '1']] }

function answerOf(result: unknown): string {
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
}

function decode(text: string): Answer {
  const expected = { tenantLabel: 'tenant_id', tenantId: TENANT, grid: GRID, about: 'account 1' }
  return decodeAnswer(text, text.length, expected)
}

function outcome(text: string): string {
  try {
    decode(text)
    return 'accepted'
  } catch (error) {
    return error instanceof NamedError ? error.code : `${error}`
  }
}

describe('any answer', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map(s => s.replaceAll('\0', '') || 'x')
  const name = text.filter(s => s !== 'tenant_id')
  const prometheusText = (n: number) => {
    if (Number.isNaN(n)) return 'NaN'
    if (!Number.isFinite(n)) return n > 0 ? '+Inf' : '-Inf'
    return Object.is(n, -0) ? '-0' : `${n}`
  }
  const points = fc
    .subarray([3600, 7200, 10800])
    .chain(times =>
      fc.tuple(
        fc.constant(times),
        fc.array(fc.double(), { minLength: times.length, maxLength: times.length }),
      ),
    )
  const anySeries = fc.record({ labels: fc.dictionary(name, text, { maxKeys: 5 }), points })

  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anySeries, { selector: s => JSON.stringify(Object.entries(s.labels).sort()) }),
        all => {
          const result = all.map(({ labels, points: [times, values] }) => ({
            metric: { ...labels, tenant_id: TENANT },
            values: times.map((t, i) => [t, prometheusText(values[i] ?? 0)]),
          }))
          const { series: decoded } = decode(answerOf(result))
          expect(decoded.map(one => [Object.fromEntries(one.labels), one.times, one.values])).toEqual(
            all.map(({ labels, points: [times, values] }) => [
              { ...labels, tenant_id: TENANT },
              times,
              values,
            ]),
          )
        },
      ),
    )
  })

  it('is accepted whole or refused by name, whatever the bytes', () => {
    const whole = answerOf([ONE, { ...ONE, metric: { tenant_id: TENANT, pod: '"{[\\' } }])
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
        const damaged = whole.slice(0, at) + put + whole.slice(at + 1)
        expect(outcome(damaged)).toMatch(/^(accepted|[A-Z_]+)$/)
        expect(outcome(whole.slice(0, at))).toBe('THANOS_BAD_BODY')
      }),
    )
    fc.assert(
      fc.property(fc.json(), json => {
        expect(outcome(json)).toMatch(/^[A-Z_]+$/)
      }),
    )
  })
})

import { DDSketch } from '@datadog/sketches-js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Sketch } from '../../src/domain/sketch.js'

const A = [0, 0.00005, 0.01, 0.012, 0.05, 0.05, 0.051, 0.1, 0.25, 0.25, 0.8, 1.2]
const B = [...Array<number>(11).fill(0.05), 2]
const A_HEX = '0100025f0104011d030e01130218010801'

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return sketch
}

const hexOf = (sketch: Sketch) => Buffer.from(sketch.encode()).toString('hex')
const ofHex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

/** The value of rank ceil(p·N), which no quantile of a sketch may be below. */
function trueQuantile(values: readonly number[], p: number): number {
  const rank = Math.ceil(p * values.length * (1 - 1e-12))
  return values.toSorted((a, b) => a - b)[rank - 1] ?? Number.NaN
}

const quantity = fc.oneof(
  fc.double({ min: 0, max: 1e5, noNaN: true }),
  fc.double({ min: 0, max: 2, noNaN: true }),
  // Edges of buckets, where the logarithm is at its worst.
  fc.integer({ min: 0, max: 400 }).map(bucket => 0.0001 * 1.05 ** bucket),
  fc.constantFrom(0, 0.0001),
)
const quantities = fc.array(quantity, { minLength: 1, maxLength: 200 })
const share = fc.double({ min: 1e-6, max: 1, noNaN: true })

describe('a sketch', () => {
  it('encodes to the bytes that everybody else encodes the same values to', () => {
    const a = sketchOf(A)
    expect(hexOf(a)).toBe(A_HEX)
    a.addAll(sketchOf(B))
    expect(hexOf(a)).toBe('0100025f0104011d0e0e011302180108010a01')
    expect(a.weight).toBe(24)
    expect(hexOf(new Sketch())).toBe('01')
  })

  it('puts values into the buckets of the one grid', () => {
    expect([0, 0.0001, 0.05, 1.2, 2, 1000].map(Sketch.bucketOf)).toEqual([0, 0, 128, 193, 203, 331])
  })

  it('gives the upper edge of the bucket, at most the exact maximum', () => {
    const a = sketchOf(A)
    expect(a.quantile(0.5, 1.2)).toBeCloseTo(0.05155, 6)
    expect(a.quantile(0.9, 1.2)).toBeCloseTo(0.831803, 6)
    expect(a.quantile(0.95, 1.2)).toBe(1.2)
    expect(a.quantile(0.99, 1.2)).toBe(1.2)
    a.addEncoded(sketchOf(B).encode())
    expect(a.quantile(0.9, 2)).toBeCloseTo(0.831803, 6)
    expect(a.quantile(0.95, 2)).toBeCloseTo(1.228951, 6)
  })

  it('never gives less than the true quantile, and at most five percent more', () => {
    fc.assert(
      fc.property(quantities, share, (values, p) => {
        const found = sketchOf(values).quantile(p, Math.max(...values))
        const real = trueQuantile(values, p)
        expect(found).toBeGreaterThanOrEqual(real * (1 - 1e-8))
        expect(found).toBeLessThanOrEqual(Math.max(real * 1.05, 0.0001) * (1 + 1e-8))
      }),
    )
  })

  it('gives no less for a higher share', () => {
    fc.assert(
      fc.property(quantities, share, share, (values, p, q) => {
        const [low, high] = [p, q].map(one => sketchOf(values).quantile(one, Math.max(...values)))
        if (p <= q) expect(low).toBeLessThanOrEqual(high ?? Number.NaN)
        else expect(low).toBeGreaterThanOrEqual(high ?? Number.NaN)
      }),
    )
  })

  it('agrees with a sketch of somebody else with buckets as wide', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 900, noNaN: true }), { minLength: 2 }),
        share,
        (values, p) => {
          const theirs = new DDSketch({ relativeAccuracy: 0.05 / 2.05 })
          for (const value of values) theirs.accept(value)
          const rank = Math.ceil(p * values.length * (1 - 1e-12))
          // They name a bucket by its middle, and count ranks from 0.
          const found = sketchOf(values).quantile(p, Number.POSITIVE_INFINITY) / (2.05 / 2)
          const other = theirs.getValueAtQuantile((rank - 1) / (values.length - 1))
          expect(Math.abs(found / other - 1)).toBeLessThanOrEqual(0.05 + 1e-6)
        },
      ),
    )
  })

  it('adds up to the same in whatever order and grouping, and loses nothing', () => {
    fc.assert(
      fc.property(quantities, quantities, quantities, (a, b, c) => {
        const together = sketchOf([...a, ...b, ...c])
        const left = sketchOf(a)
        left.addAll(sketchOf(b))
        left.addAll(sketchOf(c))
        const right = sketchOf(c)
        right.addEncoded(sketchOf(b).encode())
        right.addEncoded(sketchOf(a).encode())
        expect(hexOf(left)).toBe(hexOf(together))
        expect(hexOf(right)).toBe(hexOf(together))
        expect(left.weight).toBe(a.length + b.length + c.length)
      }),
    )
  })

  it('counts a value as often as its weight says', () => {
    const once = new Sketch()
    once.add(0.25, 3)
    expect(hexOf(once)).toBe(hexOf(sketchOf([0.25, 0.25, 0.25])))
    expect(once.weight).toBe(3)
    once.add(0.5, 2 ** 40)
    expect(Sketch.decode(once.encode()).weight).toBe(2 ** 40 + 3)
  })

  it('is what was encoded once it is decoded', () => {
    fc.assert(
      fc.property(quantities, fc.integer({ min: 1, max: 1e9 }), (values, weight) => {
        const sketch = sketchOf(values)
        sketch.add(3, weight)
        const decoded = Sketch.decode(sketch.encode())
        expect(hexOf(decoded)).toBe(hexOf(sketch))
        expect(decoded.weight).toBe(values.length + weight)
      }),
    )
  })

  it.each([
    ['nothing', ''],
    ['another version', '0200025f01'],
    ['an end within a bucket', '0180'],
    ['a bucket without a count', '010002 5f'.replace(' ', '')],
    ['an empty bucket', '010000'],
    ['a bucket twice', '0105010001'],
    ['a bucket that no quantity is in', '01ffff0301'],
    ['a number written longer than it is', '01058100'],
    ['a number that no count is', '0105ffffffffffffffff7f'],
  ])('refuses %s', (_, hex) => {
    expect(() => Sketch.decode(ofHex(hex))).toThrow(RangeError)
  })

  it('refuses bytes or encodes to them again: it reads nothing into them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 12 }).map(bytes => Uint8Array.from([1, ...bytes])),
        bytes => {
          let encoded: string
          try {
            encoded = hexOf(Sketch.decode(bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError)
            return
          }
          expect(encoded).toBe(Buffer.from(bytes).toString('hex'))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('is as it was where bytes are refused at their end', () => {
    const sketch = sketchOf(A)
    expect(() => sketch.addEncoded(ofHex(`${A_HEX}80`))).toThrow(RangeError)
    expect(hexOf(sketch)).toBe(A_HEX)
    expect(sketch.weight).toBe(12)
  })

  it.each([Number.NaN, -0.001, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e13])(
    'takes no %d for a quantity',
    value => {
      expect(() => new Sketch().add(value)).toThrow(RangeError)
    },
  )

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])('takes no %d for a weight', weight => {
    const sketch = new Sketch()
    expect(() => sketch.add(1, weight)).toThrow(RangeError)
    expect(sketch.weight).toBe(0)
  })

  it('knows no quantile and no mean of nothing', () => {
    expect(() => new Sketch().quantile(0.5, 1)).toThrow(RangeError)
    expect(() => new Sketch().expectedAtLeast(1, 1)).toThrow(RangeError)
    expect(() => sketchOf(A).quantile(0, 1)).toThrow(RangeError)
    expect(() => sketchOf(A).quantile(1.01, 1)).toThrow(RangeError)
  })
})

describe('the mean of what is charged for', () => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

  it('is the mean of the values at a level of nothing, and a level above all of them', () => {
    expect(sketchOf(A).expectedAtLeast(0, mean(A))).toBeCloseTo(mean(A), 12)
    expect(sketchOf(A).expectedAtLeast(2, mean(A))).toBe(2)
    expect(sketchOf([0, 0]).expectedAtLeast(0.5, 0)).toBe(0.5)
    expect(sketchOf([0, 0]).expectedAtLeast(0, 0)).toBe(0)
  })

  it('is within the width of a bucket of the true one, and never below level or mean', () => {
    const above = fc.array(fc.double({ min: 0.01, max: 50, noNaN: true }), { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(above, fc.double({ min: 0, max: 60, noNaN: true }), (values, level) => {
        const found = sketchOf(values).expectedAtLeast(level, mean(values))
        const real = mean(values.map(value => Math.max(level, value)))
        expect(Math.abs(found / real - 1)).toBeLessThanOrEqual(0.05)
        expect(found).toBeGreaterThanOrEqual(Math.max(level, mean(values)) * (1 - 1e-9))
      }),
    )
  })

  it('is no less for a higher level', () => {
    const level = fc.double({ min: 0, max: 10, noNaN: true })
    fc.assert(
      fc.property(quantities, level, level, (values, a, b) => {
        const sketch = sketchOf(values)
        const of = (one: number) => sketch.expectedAtLeast(one, mean(values))
        expect(of(Math.max(a, b))).toBeGreaterThanOrEqual(of(Math.min(a, b)) * (1 - 1e-12))
      }),
    )
  })
})

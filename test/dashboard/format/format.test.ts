import { describe, expect, it } from 'vitest'
import { moneyIn } from '../../../src/dashboard/format/money.js'
import { bytes, change, cores, count, millicores, percent } from '../../../src/dashboard/format/quantity.js'
import { duration, range } from '../../../src/dashboard/format/time.js'

const utc = (text: string): number => Date.parse(`${text}Z`) / 1000

describe('money', () => {
  it.each([
    ['USD', 1234.5, '$1,234.50'],
    ['EUR', -0.29, '-€0.29'],
    ['JPY', 1234, '¥1,234'],
    ['USD', 0, '$0.00'],
    ['USD', 0.005, '$0.01'],
    ['USD', 0.00123, '$0.0012'],
    ['USD', -0.0000456, '-$0.000046'],
    ['credits', 12.5, '12.50 credits'],
    ['USD', null, '–'],
  ])('in %s, %d reads %s', (currency, amount, text) => {
    expect(moneyIn(currency).exact(amount)).toBe(text)
  })

  it('is short on axes, and has a sign where it is a difference', () => {
    expect(moneyIn('USD').compact(1250)).toBe('$1.3K')
    expect(moneyIn('USD').signed(3)).toBe('+$3.00')
    expect(moneyIn('USD').signed(-3)).toBe('-$3.00')
  })
})

describe('quantities', () => {
  it.each([
    [cores(0.25), '250m'],
    [cores(2.5), '2.50 cores'],
    [cores(null), '–'],
    [millicores(28), '28m'],
    [millicores(2000), '2.00 cores'],
    [bytes(0), '0 B'],
    [bytes(1023), '1,023 B'],
    [bytes(1536), '1.5 KiB'],
    [bytes(166_723_584), '159 MiB'],
    [bytes(6 * 1024 ** 3), '6.0 GiB'],
    [bytes(5000 * 1024 ** 5), '5,000 PiB'],
    [count(1234), '1,234'],
    [percent(0.625), '62.5%'],
    [percent(1.2), '120.0%'],
    [percent(null), '–'],
    [change(0.1), '+10.0%'],
  ])('%s is %s', (text, expected) => {
    expect(text).toBe(expected)
  })
})

describe('time', () => {
  it.each([
    [range(utc('2026-11-01T00:00'), utc('2026-11-13T00:00')), '1 Nov to 12 Nov 2026'],
    [range(utc('2026-11-01T00:00'), utc('2026-11-02T00:00')), '1 Nov 2026'],
    [range(utc('2026-11-01T00:00'), utc('2026-11-02T03:00')), '1 Nov, 00:00 to 2 Nov, 03:00 UTC'],
    [duration(59), '0 min'],
    [duration(2280), '38 min'],
    [duration(5 * 3600), '5 h'],
    [duration(5 * 86_400), '5 d'],
  ])('%s is %s', (text, expected) => {
    expect(text).toBe(expected)
  })
})

import { UNKNOWN } from './money.js'

const number = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const whole = number(0)
const oneDigit = number(1)
const twoDigits = number(2)
const percentage = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})
const signedPercentage = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
})

const or = (value: number | null, print: (value: number) => string): string =>
  value === null ? UNKNOWN : print(value)

/** `1,234`. */
export const count = (value: number | null): string => or(value, it => whole.format(it))

/** `12.3`. */
export const decimal = (value: number | null): string => or(value, it => oneDigit.format(it))

/** `3`, or `2.5` where it is a mean, of things. */
export const units = (value: number | null): string =>
  or(value, it => (Number.isInteger(it) ? whole : oneDigit).format(it))

/** `62.5%`, of a share. */
export const percent = (share: number | null): string => or(share, it => percentage.format(it))

/** `+62.5%`, of a change as a share of what was. */
export const change = (share: number | null): string => or(share, it => signedPercentage.format(it))

/** `2.50 cores`, or `250m` below one core, of cores. */
export const cores = (value: number | null): string =>
  or(value, it => (Math.abs(it) < 1 ? `${whole.format(it * 1000)}m` : `${twoDigits.format(it)} cores`))

/** The same of millicores. */
export const millicores = (value: number | null): string => or(value, it => cores(it / 1000))

/** `12.3 core-h`. */
export const coreHours = (value: number | null): string => or(value, it => `${oneDigit.format(it)} core-h`)

/** `12.3 GiB-h`. */
export const gibHours = (value: number | null): string => or(value, it => `${oneDigit.format(it)} GiB-h`)

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `1.5 GiB`, of bytes. */
export const bytes = (value: number | null): string =>
  or(value, it => {
    const size = Math.abs(it)
    const power = size < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(size) / 10))
    const scaled = it / 1024 ** power
    return `${power === 0 || Math.abs(scaled) >= 100 ? whole.format(scaled) : oneDigit.format(scaled)} ${UNITS[power]}`
  })

/** The same of GiB. */
export const gib = (value: number | null): string => or(value, it => bytes(it * 1024 ** 3))

const signedOneDigit = new Intl.NumberFormat('en', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
})

/** `+2.5 points`, of a difference of shares. */
export const points = (difference: number): string => `${signedOneDigit.format(difference * 100)} points`

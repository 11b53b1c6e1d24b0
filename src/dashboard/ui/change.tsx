import { type Money, UNKNOWN } from '../format/money.js'
import { change } from '../format/quantity.js'

interface Props {
  readonly now: number
  /** Of the equally long range before; null where there is nothing to compare with. */
  readonly before: number | null
}

/** How an amount differs from that of the equally long range before. */
export function Change({ now, before }: Props) {
  if (before === null || before === 0) return UNKNOWN
  const share = now / before - 1
  const sign = Math.abs(share) < 0.0005 ? '=' : share > 0 ? '▲' : '▼'
  return (
    <span>
      <span aria-hidden>{sign}</span> {change(share)}
    </span>
  )
}

/** The same, with the amount that it differs from. */
export function ChangeFrom({ now, before, money }: { now: number; before: number; money: Money }) {
  return (
    <>
      <Change now={now} before={before} /> from {money.exact(before)} before
    </>
  )
}

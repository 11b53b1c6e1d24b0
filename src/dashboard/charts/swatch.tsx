import { useFills } from './hatch.js'
import { colorOf, type Paint } from './series.js'

/** A sample of what a series is painted with. */
export function Swatch({ paint }: { paint: Paint }) {
  const { fillOf, hatches } = useFills()
  return (
    <svg width={12} height={12} aria-hidden focusable={false}>
      {hatches}
      <rect width={12} height={12} rx={2} fill={fillOf(paint)} stroke={colorOf(paint)} />
    </svg>
  )
}

import { useId } from 'react'
import { Hatch, patternId } from './hatch.js'
import { colorOf, type Paint } from './series.js'

/** A sample of what a series is painted with. */
export function Swatch({ paint }: { paint: Paint }) {
  const id = patternId(useId())
  return (
    <svg width={12} height={12} aria-hidden focusable={false}>
      {paint === 'idle' ? <Hatch id={id} color={colorOf('idle')} /> : null}
      <rect
        width={12}
        height={12}
        rx={2}
        fill={paint === 'idle' ? `url(#${id})` : colorOf(paint)}
        stroke={colorOf(paint)}
      />
    </svg>
  )
}

import { PatternLines } from '@visx/pattern'
import { useId } from 'react'
import { colorOf, isHatched, type Paint } from './series.js'

/** An id that may stand in `url(#…)`. */
export const patternId = (reactId: string): string => `p${reactId.replaceAll(/\W/g, '')}`

/** Oblique lines, to be referred to as `url(#id)`: idle cost is painted with them, and what is not complete. */
export function Hatch({ id, color, isWide = false }: { id: string; color: string; isWide?: boolean }) {
  const size = isWide ? 8 : 5
  return (
    <PatternLines
      id={id}
      width={size}
      height={size}
      stroke={color}
      strokeWidth={isWide ? 1 : 1.5}
      orientation={['diagonal']}
    />
  )
}

/** The lines of what is reserved in vain: thick, and the other way round. */
function DenseHatch({ id, color }: { id: string; color: string }) {
  return (
    <PatternLines
      id={id}
      width={6}
      height={6}
      stroke={color}
      strokeWidth={3.5}
      orientation={['diagonalRightToLeft']}
    />
  )
}

/** What `fill` is for a paint, once the element that is returned beside it is in the same drawing. */
export function useFills() {
  const ids = { idle: patternId(useId()), reserved: patternId(useId()) }
  return {
    fillOf: (paint: Paint): string => (isHatched(paint) ? `url(#${ids[paint]})` : colorOf(paint)),
    hatches: (
      <>
        <Hatch id={ids.idle} color={colorOf('idle')} />
        <DenseHatch id={ids.reserved} color={colorOf('reserved')} />
      </>
    ),
  }
}

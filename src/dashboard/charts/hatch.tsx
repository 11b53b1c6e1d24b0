import { PatternLines } from '@visx/pattern'

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

import { scaleLinear } from '@visx/scale'
import type { Figures } from './figures.js'

/** What has a mark on the bar. */
const MARKS = {
  request: { text: 'now', side: 'above' },
  recommended: { text: 'advised', side: 'above' },
  mean: { text: 'mean', side: 'below' },
  p95: { text: 'p95', side: 'below' },
  p99: { text: 'p99', side: 'below' },
  max: { text: 'max', side: 'below' },
} as const

export type MarkId = keyof typeof MARKS

export interface Mark {
  readonly id: MarkId
  readonly text: string
  /** Requests stand above the bar, use below it. */
  readonly side: 'above' | 'below'
  readonly value: number
  /** Where it is, pixels. */
  readonly x: number
  /** Where its text is, pixels: as near as the others allow. */
  readonly textX: number
}

/** Room for a text and a half, pixels. */
const TEXT_WIDTH = { above: 54, below: 38 } as const

/** Where everything is on a bar of that width; null where nothing is known, or there is no room. */
export function layOutUsage(
  figures: Figures,
  width: number,
): { readonly marks: readonly Mark[]; readonly at: (value: number) => number } | null {
  const known = (Object.keys(MARKS) as MarkId[]).flatMap(id => {
    const value = figures[id]
    return value === null ? [] : [{ id, value, ...MARKS[id] }]
  })
  if (known.length === 0 || width <= 0) return null
  const most = Math.max(...known.map(({ value }) => value))
  const at = scaleLinear({ domain: [0, most || 1], range: [0, width] })
  const placed = known.map(mark => ({ ...mark, x: at(mark.value) })).sort((left, right) => left.x - right.x)
  const marks = (['above', 'below'] as const).flatMap(side => {
    const here = placed.filter(mark => mark.side === side)
    const xs = spread(
      here.map(mark => mark.x),
      TEXT_WIDTH[side],
      width,
    )
    return here.map((mark, index) => ({ ...mark, textX: xs[index] ?? mark.x }))
  })
  return { marks, at }
}

/**
 * Moves ascending places as little apart as it takes for `gap` between neighbours, within half a gap of both ends. Too many
 * for the width overlap evenly.
 */
export function spread(places: readonly number[], gap: number, width: number): number[] {
  const step = Math.min(gap, places.length > 1 ? (width - gap) / (places.length - 1) : gap)
  const moved: number[] = []
  for (const place of places) {
    moved.push(Math.max(place, (moved.at(-1) ?? gap / 2 - step) + step))
  }
  let most = width - gap / 2
  for (let index = moved.length - 1; index >= 0; index--) {
    moved[index] = Math.min(moved[index] ?? most, most)
    most = (moved[index] ?? most) - step
  }
  return moved
}

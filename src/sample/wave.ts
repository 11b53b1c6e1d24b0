/**
 * Use of a resource over time: a level with slow and fast swings around it. Smooth, never negative, and with a closed
 * form of its integral, so that a counter at any moment costs no summing up.
 */
export interface Wave {
  readonly level: number
  readonly swings: readonly Swing[]
}

interface Swing {
  readonly size: number
  readonly periodSeconds: number
  /** Share of the period, 0..1. */
  readonly phase: number
}

/** A wave around `level`; the sizes are shares of the level and must stay below 1 in sum. */
export function wave(
  level: number,
  ...swings: readonly { share: number; periodSeconds: number; phase: number }[]
): Wave {
  return {
    level,
    swings: swings.map(({ share, periodSeconds, phase }) => ({ size: level * share, periodSeconds, phase })),
  }
}

function turns(swing: Swing, t: number): number {
  return 2 * Math.PI * ((t % swing.periodSeconds) / swing.periodSeconds + swing.phase)
}

/** The use at an instant (Unix seconds). */
export function levelAt(use: Wave, t: number): number {
  let level = use.level
  for (const swing of use.swings) level += swing.size * Math.sin(turns(swing, t))
  return level
}

/** The use integrated over `[from, to]`, in unit·seconds. */
export function areaBetween(use: Wave, from: number, to: number): number {
  let area = use.level * (to - from)
  for (const swing of use.swings) {
    const perTurn = (swing.size * swing.periodSeconds) / (2 * Math.PI)
    area += perTurn * (Math.cos(turns(swing, from)) - Math.cos(turns(swing, to)))
  }
  return area
}

import { MIB } from '../domain/units.js'

/** Changes below these are not worth a restart, whatever share they are: millicores and bytes. */
export const SMALLEST_CHANGE = { cpu: 10, ram: 32 * MIB } as const

const NOISE = 1e-9

/** Whether two requests are too close to change one for the other; a gate of 0 lets everything through. */
export function isInsideGate(
  request: number,
  recommended: number,
  changeGate: number,
  resource: keyof typeof SMALLEST_CHANGE,
): boolean {
  if (changeGate === 0) return false
  const change = Math.abs(recommended - request)
  return change < changeGate * request * (1 - NOISE) || change < SMALLEST_CHANGE[resource]
}

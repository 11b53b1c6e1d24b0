/**
 * The limit that has to come with a recommended request, as Kubernetes refuses requests above their limits; null where
 * the limit can stay as it is, or there is none. Same unit as both.
 */
export function limitFor(recommended: number, limit: number | null): number | null {
  return limit !== null && limit < recommended ? recommended : null
}

/** Deterministic names and numbers: the same words give the same answer on every machine and in every run. */

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789'

/** A 32-bit hash (FNV-1a with a final mix) of some words. */
export function hash(...words: readonly (string | number)[]): number {
  let state = 0x811c9dc5
  for (const word of words) {
    for (const character of `${word}\u0001`) {
      state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
    }
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}

/** A number in [0, 1). */
export function fraction(...words: readonly (string | number)[]): number {
  return hash(...words) / 0x1_0000_0000
}

/** A whole number in [low, high]. */
export function whole(low: number, high: number, ...words: readonly (string | number)[]): number {
  return low + Math.floor(fraction(...words) * (high - low + 1))
}

/** A suffix as Kubernetes makes them, `x7k2p`. */
export function suffix(length: number, ...words: readonly (string | number)[]): string {
  let text = ''
  for (let i = 0; i < length; i++) text += SUFFIX_LETTERS[hash(...words, i) % SUFFIX_LETTERS.length] ?? 'b'
  return text
}

/** A UUID-shaped id. */
export function uid(...words: readonly (string | number)[]): string {
  const hex = [0, 1, 2, 3]
    .map(i =>
      hash(...words, i)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

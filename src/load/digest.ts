import { createHash } from 'node:crypto'
import { BinaryWriter } from './copy-binary.js'

const CHUNK_BYTES = 65_536

/** Hashes rows as they would be copied, with measures rounded to nine digits. Money is exact and needs none of this. */
export class DigestWriter extends BinaryWriter {
  readonly #hash = createHash('sha256')

  override float8(value: number | null): void {
    super.float8(value === null ? null : nineDigits(value))
  }

  /** To be called between rows: what was written so far need not be held any longer. */
  pass(): void {
    if (this.length >= CHUNK_BYTES) this.#hash.update(this.take())
  }

  digest(): Buffer {
    return this.#hash.update(this.take()).digest()
  }
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
const HIGH = 1 - LOW

/**
 * Rounded to nine significant digits (30 bits behind the leading one), so that sums whose terms arrived in another
 * order hash alike.
 */
function nineDigits(value: number): number {
  float[0] = value === 0 ? 0 : value
  const low = (words[LOW] ?? 0) + 0x200000
  words[LOW] = low & 0xffc00000
  if (low > 0xffffffff) words[HIGH] = (words[HIGH] ?? 0) + 1
  return float[0]
}

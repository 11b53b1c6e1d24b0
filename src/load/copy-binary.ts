import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { MONEY_SCALE, type Money } from '../domain/money.js'
import { NamedError } from '../errors.js'

const CHUNK_BYTES = 65_536
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const POSTGRES_EPOCH_SECONDS = 946_684_800
const GROUP = 10_000
const GROUP_BIG = 10_000n
/** Groups of four decimal digits behind the point. */
const FRACTION_GROUPS = MONEY_SCALE / 4
const UNITS = 10 ** MONEY_SCALE

/**
 * Writes values in PostgreSQL's binary form. The server converts nothing: each must be of exactly the column's type.
 */
export class BinaryWriter {
  #bytes = Buffer.allocUnsafe(CHUNK_BYTES * 2)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The bytes written since the last call. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.allocUnsafe(CHUNK_BYTES * 2)
    this.#length = 0
    return taken
  }

  row(columns: number): void {
    this.#reserve(2)
    this.#int16(columns)
  }

  null(): void {
    this.#reserve(4)
    this.#int32(-1)
  }

  /** Unix seconds, whole ones. */
  timestamptz(seconds: number): void {
    this.#reserve(12)
    this.#int32(8)
    const micros = (seconds - POSTGRES_EPOCH_SECONDS) * 1e6
    const high = Math.floor(micros / 2 ** 32)
    this.#int32(high)
    this.#length = this.#bytes.writeUInt32BE(micros - high * 2 ** 32, this.#length)
  }

  /** The UTC day that begins at these Unix seconds. */
  date(seconds: number): void {
    this.#reserve(8)
    this.#int32(4)
    this.#int32(Math.floor((seconds - POSTGRES_EPOCH_SECONDS) / 86_400))
  }

  bool(value: boolean | null): void {
    if (value === null) {
      this.null()
      return
    }
    this.#reserve(5)
    this.#int32(1)
    this.#length = this.#bytes.writeUInt8(value ? 1 : 0, this.#length)
  }

  bytea(value: Uint8Array | null): void {
    if (value === null) {
      this.null()
      return
    }
    this.#reserve(4 + value.length)
    this.#int32(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  int4(value: number): void {
    this.#reserve(8)
    this.#int32(4)
    this.#int32(value)
  }

  int8(value: bigint): void {
    this.#reserve(12)
    this.#int32(8)
    this.#length = this.#bytes.writeBigInt64BE(value, this.#length)
  }

  float8(value: number | null): void {
    if (value === null) {
      this.null()
      return
    }
    this.#reserve(12)
    this.#int32(8)
    this.#length = this.#bytes.writeDoubleBE(value, this.#length)
  }

  uuid(text: string): void {
    this.#reserve(20)
    this.#int32(16)
    this.#length += this.#bytes.write(text.replaceAll('-', ''), this.#length, 'hex')
  }

  text(text: string | null): void {
    if (text === null) {
      this.null()
      return
    }
    if (text.includes('\0')) {
      throw new NamedError(
        'TRANSFORM_FAILED',
        `A name holds the character NUL, which PostgreSQL cannot store: '${text.replaceAll('\0', '\\0').slice(0, 80)}'.`,
      )
    }
    // No UTF-16 unit takes more than three bytes.
    this.#reserve(4 + text.length * 3)
    const bytes = this.#bytes.write(text, this.#length + 4, 'utf8')
    this.#int32(bytes)
    this.#length += bytes
  }

  /** numeric with the scale of money: base-10000 groups, without the zero groups at either end. */
  numeric(money: Money | null): void {
    if (money === null) {
      this.null()
      return
    }
    const groups = groupsOf(money < 0n ? -money : money)
    let weight = groups.length - FRACTION_GROUPS - 1
    let first = 0
    let end = groups.length
    while (first < end && groups[first] === 0) {
      first++
      weight--
    }
    while (end > first && groups[end - 1] === 0) end--
    this.#reserve(12 + (end - first) * 2)
    this.#int32(8 + (end - first) * 2)
    this.#int16(end - first)
    this.#int16(first === end ? 0 : weight)
    this.#int16(money < 0n ? 0x4000 : 0)
    this.#int16(MONEY_SCALE)
    for (let at = first; at < end; at++) this.#int16(groups[at] ?? 0)
  }

  header(): void {
    this.#reserve(SIGNATURE.length)
    this.#length += SIGNATURE.copy(this.#bytes, this.#length)
  }

  trailer(): void {
    this.#reserve(2)
    this.#int16(-1)
  }

  #int16(value: number): void {
    this.#length = this.#bytes.writeInt16BE(value, this.#length)
  }

  #int32(value: number): void {
    this.#length = this.#bytes.writeInt32BE(value, this.#length)
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

/** Most significant group first. */
function groupsOf(absolute: bigint): number[] {
  if (absolute <= BigInt(Number.MAX_SAFE_INTEGER)) {
    // Nearly all amounts: exact in doubles, and many times faster than with bigints.
    const units = Number(absolute)
    const fraction = units % UNITS
    const whole = (units - fraction) / UNITS
    return [whole, Math.floor(fraction / 1e8), Math.floor(fraction / 1e4) % GROUP, fraction % GROUP]
  }
  const groups: number[] = []
  for (let rest = absolute; rest > 0n; rest /= GROUP_BIG) groups.unshift(Number(rest % GROUP_BIG))
  while (groups.length < FRACTION_GROUPS) groups.unshift(0)
  return groups
}

/** The whole of a binary COPY in chunks of about 64 kB. */
export function* encodeCopy<T>(
  rows: Iterable<T>,
  columns: number,
  encode: (writer: BinaryWriter, row: T) => void,
): Generator<Buffer> {
  const writer = new BinaryWriter()
  writer.header()
  for (const row of rows) {
    writer.row(columns)
    encode(writer, row)
    if (writer.length >= CHUNK_BYTES) yield writer.take()
  }
  writer.trailer()
  yield writer.take()
}

/** Copies rows into `target` (`table (column, …)`, a constant): all or, when it rejects, none. */
export async function copyRows<T>(
  client: pg.ClientBase,
  target: string,
  rows: Iterable<T>,
  columns: number,
  encode: (writer: BinaryWriter, row: T) => void,
): Promise<void> {
  const sink = client.query(copyFrom(`copy ${target} from stdin with (format binary)`))
  await pipeline(Readable.from(encodeCopy(rows, columns, encode)), sink)
}

const FIRST_BYTES = 65_536

/** Writes numbers and texts one behind the other. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  /** All that was written. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  append(other: ByteWriter): void {
    const bytes = other.bytes()
    this.#reserve(bytes.length)
    this.#length += bytes.copy(this.#bytes, this.#length)
  }

  /** A whole number from 0 to 2^53 - 1, seven bits to a byte, the lowest first. */
  count(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  /** A whole number of either sign, small ones in few bytes. */
  signed(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value)
  }

  text(text: string): void {
    const length = Buffer.byteLength(text)
    this.count(length)
    this.#reserve(length)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  /**
   * A list of numbers, each to its last bit (but for what a NaN carries): runs of whole numbers and of others in turn,
   * then the whole ones, then the others as doubles, their bytes in eight lanes, so that what is alike stands together.
   */
  numbers(values: readonly number[]): void {
    this.count(values.length)
    let isRunWhole = true
    let run = 0
    for (const value of values) {
      if (isWhole(value) === isRunWhole) {
        run++
        continue
      }
      this.count(run)
      isRunWhole = !isRunWhole
      run = 1
    }
    this.count(run)
    for (const value of values) if (isWhole(value)) this.count(value)
    this.#doubles(values.filter(value => !isWhole(value)))
  }

  #doubles(values: readonly number[]): void {
    const doubles = new Uint8Array(Float64Array.from(values).buffer)
    this.#reserve(doubles.length)
    for (let lane = 0; lane < 8; lane++) {
      for (let at = lane; at < doubles.length; at += 8) this.#bytes[this.#length++] = doubles[at] ?? 0
    }
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)
}

/** Reads what a ByteWriter wrote. Throws RangeError where it was something else. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  count(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('the bytes end too early')
      value += (byte % 128) * factor
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number is too large')
      if (byte < 128) return value
    }
  }

  signed(): number {
    const value = this.count()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  text(): string {
    return this.#take(this.count()).toString('utf8')
  }

  numbers(): number[] {
    const length = this.count()
    const kinds: boolean[] = []
    let isRunWhole = true
    do {
      const run = this.count()
      if (kinds.length + run > length) throw new RangeError('a run is too long')
      for (let i = 0; i < run; i++) kinds.push(isRunWhole)
      isRunWhole = !isRunWhole
    } while (kinds.length < length)
    const values = kinds.map(isWhole => (isWhole ? this.count() : 0))
    const doubles = this.#doubles(kinds.filter(isWhole => !isWhole).length)
    let next = 0
    return values.map((value, i) => (kinds[i] === true ? value : (doubles[next++] ?? 0)))
  }

  /** Reads a list whose length stands before it. */
  list<T>(read: () => T): T[] {
    const length = this.count()
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(read())
    return items
  }

  #doubles(count: number): Float64Array {
    const lanes = this.#take(count * 8)
    const doubles = new Uint8Array(count * 8)
    for (let lane = 0; lane < 8; lane++) {
      for (let i = 0; i < count; i++) doubles[i * 8 + lane] = lanes[lane * count + i] ?? 0
    }
    return new Float64Array(doubles.buffer)
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length)
    if (taken.length < length) throw new RangeError('the bytes end too early')
    this.#at += length
    return taken
  }
}

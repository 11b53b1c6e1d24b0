/**
 * The distribution of a quantity as counts in buckets that each are 5 % wider than the one before. All sketches share
 * one grid, so that sketches of hours, pods and containers add up by their counts, exactly and in whatever order. CPU
 * is in cores, memory in GiB.
 */
export class Sketch {
  /** Counts of the buckets from `#first` on. */
  #counts: number[] = []
  #first = 0
  #weight = 0

  /** RangeError for bytes that no sketch encodes to, and for a version that is not known: they are never guessed. */
  static decode(bytes: Uint8Array): Sketch {
    const sketch = new Sketch()
    sketch.addEncoded(bytes)
    return sketch
  }

  /** Number of the bucket of a value; bucket 0 reaches from 0 to a tenth of a millicore. */
  static bucketOf(value: number): number {
    // The little that is taken off keeps the upper edge of a bucket in it, whatever the logarithm makes of it.
    return value <= SMALLEST ? 0 : Math.ceil(Math.log(value / SMALLEST) / LOG_GROWTH - 1e-9)
  }

  /** How much was added. */
  get weight(): number {
    return this.#weight
  }

  /** Adds a value so many times. RangeError for what is no quantity, or no whole number of times. */
  add(value: number, weight = 1): void {
    if (!(value >= 0 && value <= HIGHEST)) throw new RangeError(`not a quantity: ${value}`)
    if (!Number.isSafeInteger(weight) || weight < 1) throw new RangeError(`not a weight: ${weight}`)
    const bucket = Sketch.bucketOf(value)
    this.#reach(bucket, bucket, weight)
    this.#count(bucket, weight)
  }

  addAll(other: Sketch): void {
    const last = other.#first + other.#counts.length - 1
    if (other.#weight === 0) return
    this.#reach(other.#first, last, other.#weight)
    for (let bucket = other.#first; bucket <= last; bucket++) this.#count(bucket, other.#at(bucket))
  }

  /** Adds what `encode` wrote; all of it, or nothing and a RangeError. */
  addEncoded(bytes: Uint8Array): void {
    const entries = readEntries(bytes)
    if (entries === 0) return
    const last = BUCKETS[entries - 1] ?? 0
    let weight = 0
    for (let i = 0; i < entries; i++) weight += COUNTS[i] ?? 0
    this.#reach(BUCKETS[0] ?? 0, last, weight)
    for (let i = 0; i < entries; i++) this.#count(BUCKETS[i] ?? 0, COUNTS[i] ?? 0)
  }

  /**
   * The value that the share `p` (above 0, at most 1) of the weight doesn't exceed: the upper edge of its bucket, so at
   * most 5 % too high and never too low, and at most `max`, the exact maximum. RangeError where nothing was added.
   */
  quantile(p: number, max: number): number {
    if (!(p > 0 && p <= 1)) throw new RangeError(`not a share of a distribution: ${p}`)
    if (this.#weight === 0) throw new RangeError('nothing was added, so there is no quantile')
    // 0.07 × 100 is a little more than 7 to a computer.
    const rank = Math.ceil(p * this.#weight * (1 - 1e-12))
    let seen = 0
    let bucket = this.#first
    for (const count of this.#counts) {
      seen += count
      if (seen >= rank) break
      bucket++
    }
    return Math.min(edgeOf(bucket), max)
  }

  /**
   * The mean of max(level, value) where the mean of the values is known to be `mean`: each bucket counts as its middle,
   * and the middles are scaled so that they agree with the mean. RangeError where nothing was added.
   */
  expectedAtLeast(level: number, mean: number): number {
    if (this.#weight === 0) throw new RangeError('nothing was added, so there is no mean')
    let middles = 0
    for (let i = 0; i < this.#counts.length; i++)
      middles += (this.#counts[i] ?? 0) * middleOf(this.#first + i)
    const scale = (mean * this.#weight) / middles
    let sum = 0
    for (let i = 0; i < this.#counts.length; i++)
      sum += (this.#counts[i] ?? 0) * Math.max(level, scale * middleOf(this.#first + i))
    return sum / this.#weight
  }

  /** Version, then for each bucket in use its distance from the one before and its count, as varints. */
  encode(): Uint8Array {
    const bytes = [VERSION]
    let before = 0
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i] ?? 0
      if (count === 0) continue
      writeVarint(bytes, this.#first + i - before)
      writeVarint(bytes, count)
      before = this.#first + i
    }
    return Uint8Array.from(bytes)
  }

  #at(bucket: number): number {
    return this.#counts[bucket - this.#first] ?? 0
  }

  #count(bucket: number, weight: number): void {
    const at = bucket - this.#first
    this.#counts[at] = (this.#counts[at] ?? 0) + weight
  }

  /** Makes room for the buckets and takes note of the weight that is to come. */
  #reach(from: number, to: number, weight: number): void {
    const total = this.#weight + weight
    if (!Number.isSafeInteger(total)) throw new RangeError(`more than a sketch can count: ${total}`)
    this.#weight = total
    const before = this.#counts
    const end = this.#first + before.length
    if (before.length > 0 && from >= this.#first && to < end) return
    const lowest = before.length > 0 ? Math.min(from, this.#first) : from
    const first = Math.max(0, lowest - ROOM)
    const counts = Array<number>(Math.max(end, to + 1 + ROOM) - first).fill(0)
    for (let i = 0; i < before.length; i++) counts[this.#first - first + i] = before[i] ?? 0
    this.#counts = counts
    this.#first = first
  }
}

const VERSION = 1
const GROWTH = 1.05
const LOG_GROWTH = Math.log(GROWTH)
/** Upper edge of bucket 0. */
const SMALLEST = 0.0001
/** No computer has as many cores or GiB; whatever says so is broken. */
const HIGHEST = 1e12
const HIGHEST_BUCKET = Sketch.bucketOf(HIGHEST)
/** Buckets that a sketch makes room for beyond those that it needs, so that it seldom has to again. */
const ROOM = 16

function edgeOf(bucket: number): number {
  return SMALLEST * GROWTH ** bucket
}

const MIDDLES = Float64Array.from({ length: HIGHEST_BUCKET + 1 }, (_, bucket) =>
  bucket === 0 ? SMALLEST / 2 : (edgeOf(bucket) * (1 + 1 / GROWTH)) / 2,
)

function middleOf(bucket: number): number {
  return MIDDLES[bucket] ?? 0
}

// What was last read: reading is synchronous, and hundreds of thousands of sketches are read in a row.
const BUCKETS = new Int32Array(HIGHEST_BUCKET + 1)
const COUNTS = new Float64Array(HIGHEST_BUCKET + 1)

/** Reads the buckets of an encoded sketch and their counts into BUCKETS and COUNTS; gives how many. */
function readEntries(bytes: Uint8Array): number {
  if (bytes[0] !== VERSION) throw new RangeError(`not a sketch of version ${VERSION}`)
  const varints = new Varints(bytes)
  let entries = 0
  let bucket = 0
  while (varints.hasMore) {
    const distance = varints.next()
    if (distance === 0 && entries > 0) malformed('a bucket comes twice')
    bucket += distance
    if (bucket > HIGHEST_BUCKET) malformed('a bucket is too high')
    const count = varints.next()
    if (count === 0) malformed('a bucket is empty')
    BUCKETS[entries] = bucket
    COUNTS[entries] = count
    entries++
  }
  return entries
}

/** Reads whole numbers of seven bits a byte, the low ones first, that follow the version. */
class Varints {
  readonly #bytes: Uint8Array
  #at = 1

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length
  }

  next(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? malformed('it ends within a number')
      value += (byte & 0x7f) * factor
      if (value > Number.MAX_SAFE_INTEGER) malformed('a number is too high')
      if (byte < 0x80) {
        // Nobody writes a number longer than it has to be.
        if (byte === 0 && factor > 1) malformed('a number is too long')
        return value
      }
      factor *= 128
    }
  }
}

function malformed(why: string): never {
  throw new RangeError(`not a sketch: ${why}`)
}

function writeVarint(bytes: number[], value: number): void {
  let left = value
  while (left >= 0x80) {
    bytes.push((left % 128) | 0x80)
    left = Math.floor(left / 128)
  }
  bytes.push(left)
}

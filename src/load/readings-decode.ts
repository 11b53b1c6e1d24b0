import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import type { ClusterBatch, FactName, RawName, Series } from '../domain/samples.js'
import { formatWindow, type Window, windowEnd } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { ByteReader } from './readings-bytes.js'
import { readPages } from './readings-labels.js'

const decompress = promisify(inflate)

type Pages = ReturnType<typeof readPages>

/** The batch of one window that `encodeReadings` wrote; throws TRANSFORM_FAILED where the bytes are none of its. */
export async function decodeReadings(window: Window, encoded: Buffer): Promise<ClusterBatch> {
  try {
    const reader = new ByteReader(await decompress(encoded))
    const batch = readBatch(window, reader)
    if (!reader.isAtEnd) throw new RangeError('there are bytes left over')
    return batch
  } catch (error) {
    throw new NamedError(
      'TRANSFORM_FAILED',
      `The readings kept of window ${formatWindow(window)} are damaged. Read it again with backfill --mode all.`,
      { cause: error },
    )
  }
}

// In the order in which they were written. A name that no rule asks for, being of another release, is never looked up.
function readBatch(window: Window, reader: ByteReader): ClusterBatch {
  const pages = readPages(reader)
  const name = () => pages.text(reader.count())
  const facts = new Map(
    reader.list((): [FactName, Series[]] => [name() as FactName, readFact(windowEnd(window), reader, pages)]),
  )
  const raw = new Map(reader.list((): [RawName, Series[]] => [name() as RawName, readRaw(reader, pages)]))
  const intervals = readNumbered(reader, pages)
  const mended = readNumbered(reader, pages)
  const flagged = new Set(reader.list(name))
  return {
    windows: [window],
    facts,
    intervals: new Map([[window, intervals]]),
    raw: new Map([[window, raw]]),
    metrics: new Map(),
    mended,
    flagged,
  }
}

function readFact(time: number, reader: ByteReader, pages: Pages): Series[] {
  const sets = readSets(reader)
  const values = reader.numbers()
  return sets.map((set, i) => ({ labels: pages.labels(set), times: [time], values: [valueAt(values, i)] }))
}

function readRaw(reader: ByteReader, pages: Pages): Series[] {
  return readSets(reader).map(set => {
    const times = readTimes(reader)
    return { labels: pages.labels(set), times, values: reader.numbers() }
  })
}

function readSets(reader: ByteReader): number[] {
  let before = -1
  return reader.list(() => {
    before += reader.signed() + 1
    return before
  })
}

function readTimes(reader: ByteReader): number[] {
  if (reader.count() === 0) return reader.numbers()
  let milli = 0
  return reader.list(() => {
    milli += reader.signed()
    return milli / 1000
  })
}

function readNumbered(reader: ByteReader, pages: Pages): Map<string, number> {
  const names = reader.list(() => pages.text(reader.count()))
  const values = reader.numbers()
  return new Map(names.map((name, i) => [name, valueAt(values, i)]))
}

function valueAt(values: readonly number[], at: number): number {
  const value = values[at]
  if (value === undefined) throw new RangeError('a value is missing')
  return value
}

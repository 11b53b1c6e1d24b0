import { promisify } from 'node:util'
import { constants, deflate } from 'node:zlib'
import type { ClusterBatch, FactName, Series } from '../domain/samples.js'
import { type Window, windowEnd } from '../domain/window.js'
import { ByteWriter } from './readings-bytes.js'
import { LabelBook, LabelPages } from './readings-labels.js'

const compress = promisify(deflate)

/** Milliseconds, twice as many of which are still counted exactly, with their sign. */
const LATEST = 2 ** 50

/** How readings are written: to be raised when that changes. */
export const READINGS_FORMAT = 1

/**
 * What each window was computed from, small enough to be kept: facts, intervals, raw samples and what the batch says of
 * itself, without the exporter's own series. Compressing goes on in other threads while the caller does something else.
 */
export function encodeReadings(batch: ClusterBatch): Map<Window, Promise<Buffer>> {
  const book = new LabelBook()
  const facts = factsByWindow(batch, book)
  return new Map(
    batch.windows.map(window => {
      const bytes = windowBytes(batch, window, facts.get(window) ?? new Map(), book)
      const encoded = compress(bytes, { level: constants.Z_BEST_SPEED })
      // Whoever publishes the window is told of a failure; nobody is where it is not published.
      encoded.catch(() => undefined)
      return [window, encoded]
    }),
  )
}

/** The values of one fact in one window, with the labels of each as a number in the book. */
interface Column {
  readonly labels: number[]
  readonly values: number[]
}

/** Deals the answers out to the windows in one pass. A fact that was asked for and is empty is not one never asked for. */
function factsByWindow(batch: ClusterBatch, book: LabelBook): Map<Window, Map<FactName, Column>> {
  const windows = new Map(batch.windows.map(window => [window, new Map<FactName, Column>()]))
  const byEnd = new Map(batch.windows.map(window => [windowEnd(window), windows.get(window)]))
  for (const [fact, answers] of batch.facts) {
    for (const facts of windows.values()) facts.set(fact, { labels: [], values: [] })
    for (const series of answers) {
      const labels = book.numberOf(series.labels)
      series.times.forEach((time, i) => {
        const column = byEnd.get(time)?.get(fact)
        column?.labels.push(labels)
        column?.values.push(series.values[i] ?? Number.NaN)
      })
    }
  }
  return windows
}

function windowBytes(
  batch: ClusterBatch,
  window: Window,
  facts: ReadonlyMap<FactName, Column>,
  book: LabelBook,
): Buffer {
  const pages = new LabelPages(book)
  const body = new ByteWriter()
  body.count(facts.size)
  for (const [fact, { labels, values }] of facts) {
    body.count(pages.text(fact))
    writeSets(
      body,
      labels.map(number => pages.set(number)),
    )
    body.numbers(values)
  }
  const raw = batch.raw.get(window) ?? new Map<string, readonly Series[]>()
  body.count(raw.size)
  for (const [name, answers] of raw) {
    body.count(pages.text(name))
    writeSets(
      body,
      answers.map(series => pages.set(book.numberOf(series.labels))),
    )
    for (const { times, values } of answers) {
      writeTimes(body, times)
      body.numbers(values)
    }
  }
  writeNumbered(body, batch.intervals.get(window) ?? new Map(), pages)
  writeNumbered(body, batch.mended, pages)
  body.count(batch.flagged.size)
  for (const metric of batch.flagged) body.count(pages.text(metric))
  const head = new ByteWriter()
  pages.write(head)
  return Buffer.concat([head.bytes(), body.bytes()])
}

/** Sets mostly follow each other in the order of their numbers. */
function writeSets(writer: ByteWriter, sets: readonly number[]): void {
  writer.count(sets.length)
  let before = -1
  for (const set of sets) {
    writer.signed(set - before - 1)
    before = set
  }
}

/** Milliseconds since the time before where all times are whole ones, else as they are. */
function writeTimes(writer: ByteWriter, times: readonly number[]): void {
  // Not -0, which no sum of distances gives.
  const millis = times.map(time => Math.round(time * 1000) || 0)
  const isExact = millis.every((milli, i) => Math.abs(milli) < LATEST && Object.is(milli / 1000, times[i]))
  writer.count(isExact ? 1 : 0)
  if (!isExact) {
    writer.numbers(times)
    return
  }
  writer.count(millis.length)
  let before = 0
  for (const milli of millis) {
    writer.signed(milli - before)
    before = milli
  }
}

function writeNumbered(writer: ByteWriter, numbers: ReadonlyMap<string, number>, pages: LabelPages): void {
  writer.count(numbers.size)
  for (const name of numbers.keys()) writer.count(pages.text(name))
  writer.numbers([...numbers.values()])
}

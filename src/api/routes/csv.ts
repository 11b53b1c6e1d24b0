import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import { unavailable } from '../errors.js'

export const CSV_TYPE = 'text/csv; charset=utf-8'

/** Where the rows of a table come from: a batch at a time, an empty one being the last. */
type NextRows = () => Promise<readonly object[]>

/** How long a reader may take nothing before the export is given up: it holds a connection to the database. */
const STALLED_MS = 30_000

/** Exports at once: each holds a connection for as long as its reader takes. */
const MOST_EXPORTS = 4
const BUSY_RETRY_SECONDS = 10

/** Keeps count of the exports of one API; gives back how to end one. */
export function createExportGate(): () => () => void {
  let running = 0
  return () => {
    if (running >= MOST_EXPORTS) {
      throw unavailable(`${running} exports are being read, which is the most at once`, BUSY_RETRY_SECONDS)
    }
    running++
    return () => {
      running--
    }
  }
}

/** Fields of Unix seconds, which a table shows as dates. */
const MOMENTS = new Set([
  ...['start_date', 'end_date', 'first_seen', 'last_seen', 'data_to', 'newest_loaded'],
  ...['last_import_at', 'last_import_attempt_at', 'since', 'usage_to'],
])

/**
 * A table as text, read from an open snapshot while it is sent: the whole of it never lies in memory. The snapshot is
 * closed (by `close`) with the stream, however that ends. The first rows are those that were fetched to see that all is well.
 */
export function csvStream(
  columns: readonly string[],
  currency: string,
  rows: { readonly first: readonly object[]; readonly next: NextRows },
  close: (isClean: boolean) => void,
): Readable {
  let isDone = false
  async function* text(): AsyncGenerator<string> {
    yield csvText([...columns, 'currency'])
    for (let batch = rows.first; batch.length > 0; batch = await rows.next()) {
      yield csvText(...batch.map(row => [...cells(columns, row), currency]))
      patience.refresh()
    }
    isDone = true
  }
  const stream = Readable.from(text(), { objectMode: false, highWaterMark: 64 * 1024 })
  const patience = setTimeout(() => stream.destroy(new Error('the reader of an export stalled')), STALLED_MS)
  stream.once('close', () => {
    clearTimeout(patience)
    close(isDone)
  })
  return stream
}

// What a spreadsheet would take for a formula gets an apostrophe in front, numbers excepted.
function csvText(...records: readonly (readonly unknown[])[]): string {
  return stringify([...records.map(record => [...record])], {
    escape_formulas: true,
    record_delimiter: 'windows',
    // A line break of either half ends a record for somebody.
    quoted_match: /[\r\n]/,
    cast: { boolean: String },
  })
}

function cells(columns: readonly string[], row: object): unknown[] {
  const values = new Map<string, unknown>(Object.entries(row))
  return columns.map(column => cell(column, values.get(column)))
}

function cell(column: string, value: unknown): unknown {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return MOMENTS.has(column) ? new Date(value * 1000).toISOString() : value
  return typeof value === 'object' ? JSON.stringify(value) : value
}

/** True where a caller would rather have CSV than JSON, by its Accept header alone. */
export function prefersCsv(accept: string | undefined): boolean {
  const wanted = (accept ?? '').split(',').map(part => {
    const [type = '', ...parameters] = part.split(';').map(text => text.trim().toLowerCase())
    const quality = parameters.find(one => one.startsWith('q='))?.slice(2)
    return { type, quality: quality === undefined ? 1 : Number(quality) || 0 }
  })
  const qualityOf = (...types: string[]) =>
    Math.max(0, ...wanted.filter(({ type }) => types.includes(type)).map(({ quality }) => quality))
  const csv = qualityOf('text/csv')
  return csv > 0 && csv >= qualityOf('application/json', 'application/*')
}

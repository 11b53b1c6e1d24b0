import { createHash } from 'node:crypto'
import { ApiError } from '../errors.js'
import type { Subject } from './subject.js'

/** What a cursor belongs to; it is worth nothing for any other account, query or version of the data. */
interface CursorScope {
  readonly cloudAccountId: string
  /** Everything that decides which rows there are and in which order. */
  readonly query: unknown
  readonly dataVersion: string
}

/** Which page is asked for. */
export interface AskedPage {
  readonly limit: number
  readonly cursor: string | undefined
}

/** Where a page begins, and what is told of it beside its rows. */
export interface PagePlace {
  readonly offset: number
  /** `shown` rows of the page and `count` rows of all pages. */
  tell(shown: number, count: number): { limit: number; next: string | null }
}

const OFFSET_BYTES = 4
const SEAL_BYTES = 16

/** The page that is asked for. Refuses a cursor of another account, query or version of the data. */
export function pagePlace(subject: Subject<AskedPage>): PagePlace {
  const { limit, cursor } = subject.asked
  const scope = cursorScope(subject)
  const offset = cursor === undefined ? 0 : readCursor(cursor, scope)
  return {
    offset,
    tell: (shown, count) => {
      const next = offset + shown
      return { limit, next: next < count ? writeCursor(next, scope) : null }
    },
  }
}

/** Everything of the request that decides which rows there are and in which order; the size of a page does not. */
function cursorScope({ cloudAccountId, asked, data }: Subject<AskedPage>): CursorScope {
  const { limit: _limit, cursor: _cursor, ...query } = asked
  return { cloudAccountId, query, dataVersion: data.version }
}

/** An opaque text that leads to the rows from `offset` on. */
function writeCursor(offset: number, scope: CursorScope): string {
  const place = Buffer.alloc(OFFSET_BYTES)
  place.writeUInt32BE(offset)
  return Buffer.concat([place, seal(offset, scope)]).toString('base64url')
}

/** The offset of a cursor that was written for this scope; any other text is refused. */
function readCursor(text: string, scope: CursorScope): number {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length === OFFSET_BYTES + SEAL_BYTES) {
    const offset = bytes.readUInt32BE()
    if (writeCursor(offset, scope) === text) return offset
  }
  throw new ApiError('OE0217', ['cursor'], {
    detail: 'it is of another query or account, or the data changed since; start again at the first page',
  })
}

// It guards against mixing, not against its owner, who may read every page anyway: so no secret is in it.
function seal(offset: number, { cloudAccountId, query, dataVersion }: CursorScope): Buffer {
  const text = JSON.stringify([offset, cloudAccountId, query, dataVersion])
  return createHash('sha256').update(text).digest().subarray(0, SEAL_BYTES)
}

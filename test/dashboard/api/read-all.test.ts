import { afterEach, describe, expect, it, vi } from 'vitest'
import { Failure } from '../../../src/dashboard/api/failure.js'
import { readAll } from '../../../src/dashboard/api/use-read-all.js'

const CREDENTIALS = { account: 'a', token: 't' }
const QUERY = { start_date: 0, end_date: 3600 }

afterEach(() => vi.unstubAllGlobals())

/** Serves rows in pages of two; a cursor is the number of rows before it. */
function serve(rows: readonly number[], failAt = Number.POSITIVE_INFINITY): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url)
    const from = Number(new URL(url, 'http://host').searchParams.get('cursor') ?? 0)
    if (from >= failAt) {
      return Response.json({ error: { error_code: 'OE0217', reason: 'Invalid cursor' } }, { status: 400 })
    }
    const next = from + 2 < rows.length ? String(from + 2) : null
    return Response.json({
      total_cost: 1,
      efficiency: rows.slice(from, from + 2),
      page: { limit: 2, next },
    })
  })
  return asked
}

describe('all rows of an answer', () => {
  it.each([[[]], [[1]], [[1, 2]], [[1, 2, 3, 4, 5]]])(
    'are those of all its pages, in order: %j',
    async rows => {
      const asked = serve(rows)
      const body = await readAll(CREDENTIALS, 'efficiency', QUERY)
      expect(body.efficiency).toEqual(rows)
      expect(body.total_cost).toBe(1)
      expect(body.page.next).toBeNull()
      expect(asked).toHaveLength(Math.max(1, Math.ceil(rows.length / 2)))
      for (const url of asked) expect(url).toContain('limit=1000')
    },
  )

  it('are none where the data changes in between', async () => {
    serve([1, 2, 3, 4, 5], 4)
    await expect(readAll(CREDENTIALS, 'efficiency', QUERY)).rejects.toThrow(Failure)
  })
})

import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatMoney } from '../../src/domain/money.js'
import { copyRows, encodeCopy } from '../../src/load/copy-binary.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

let database: TestDatabase
let client: pg.PoolClient

beforeAll(async () => {
  database = await testDatabase({ empty: true })
  client = await database.pool.connect()
  const columns =
    'id int8, u uuid, t timestamptz, f float8, s text, i int8, m numeric(20, 12), n int4, d date, b bool, y bytea'
  await client.query(`create temp table binary_rows (${columns}); create temp table text_rows (${columns})`)
})
afterAll(async () => {
  client.release()
  await database.drop()
})

interface Row {
  u: string
  t: number
  f: number | null
  s: string | null
  i: bigint
  m: bigint | null
  n: number
  d: number
  b: boolean | null
  y: Uint8Array | null
}

const GOOD: Row = {
  ...{ u: '0b9c8f3e-1111-4a5b-9c3d-2f0e8a7b6c5d', t: 0, f: 1, s: 'x', i: 1n, m: 1n, n: 1, d: 0, b: true },
  y: new Uint8Array([0, 255]),
}
const DAY = 86_400

const MOST_MONEY = 10n ** 20n - 1n
const money = fc.oneof(
  fc.bigInt({ min: -MOST_MONEY, max: MOST_MONEY }),
  fc.bigInt({ min: -(2n ** 53n) - 5n, max: 2n ** 53n + 5n }),
  fc
    .tuple(fc.nat(19), fc.integer({ min: -12, max: 12 }))
    .map(([zeros, digits]) => 10n ** BigInt(zeros) * BigInt(digits % 10)),
  fc.constantFrom(0n, 1n, -1n, MOST_MONEY, -MOST_MONEY, 10n ** 12n, 10n ** 16n, 9999n, 10_000n),
)
const row: fc.Arbitrary<Row> = fc.record({
  u: fc.uuid(),
  t: fc.oneof(
    fc.integer({ min: -62_000_000_000, max: 253_000_000_000 }),
    fc.constantFrom(0, 946_684_799, 946_684_801),
  ),
  f: fc.option(fc.double()),
  s: fc.option(fc.string({ unit: 'binary', maxLength: 40 }).map(text => text.replaceAll('\0', ''))),
  i: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  m: fc.option(money),
  n: fc.integer(),
  d: fc.integer({ min: -700_000, max: 2_900_000 }).map(days => days * DAY),
  b: fc.option(fc.boolean()),
  y: fc.option(fc.uint8Array({ maxLength: 300 })),
})

async function copy(rows: readonly Row[]): Promise<void> {
  await copyRows(
    client,
    'binary_rows',
    rows.entries(),
    11,
    (writer, [id, { u, t, f, s, i, m, n, d, b, y }]) => {
      writer.int8(BigInt(id))
      writer.uuid(u)
      writer.timestamptz(t)
      writer.float8(f)
      writer.text(s)
      writer.int8(i)
      writer.numeric(m)
      writer.int4(n)
      writer.date(d)
      writer.bool(b)
      writer.bytea(y)
    },
  )
}

describe('binary copy', () => {
  it('stores what inserting the text of the same values stores', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 60 }), async rows => {
        await client.query('truncate binary_rows, text_rows')
        await copy(rows)
        await client.query(
          `insert into text_rows
           select id - 1, u, to_timestamp(t), f, s, i, m, n, (to_timestamp(d) at time zone 'UTC')::date, b, y
           from unnest($1::uuid[], $2::float8[], $3::float8[], $4::text[], $5::int8[], $6::numeric[], $7::int4[],
             $8::float8[], $9::bool[], $10::bytea[]) with ordinality as r (u, t, f, s, i, m, n, d, b, y, id)`,
          [
            rows.map(({ u }) => u),
            rows.map(({ t }) => t),
            rows.map(({ f }) => (f === null ? null : Object.is(f, -0) ? '-0' : String(f))),
            rows.map(({ s }) => s),
            rows.map(({ i }) => String(i)),
            rows.map(({ m }) => (m === null ? null : formatMoney(m))),
            rows.map(({ n }) => n),
            rows.map(({ d }) => d),
            rows.map(({ b }) => b),
            rows.map(({ y }) => (y === null ? null : Buffer.from(y))),
          ],
        )
        const { rows: different } = await client.query(
          `select * from binary_rows one full join text_rows other using (id) where one::text is distinct from other::text`,
        )
        expect(different).toEqual([])
        const { rows: counted } = await client.query('select count(*)::int from binary_rows')
        expect(counted[0]?.count).toBe(rows.length)
      }),
      { numRuns: 60 },
    )
  })

  it('is cut into chunks that hold a text far longer than a chunk', async () => {
    const long = '🚀'.repeat(200_000)
    const rows = Array.from({ length: 3 }, () => ({ ...GOOD, s: long, y: Buffer.from(long) }))
    await client.query('truncate binary_rows')
    await copy(rows)
    const { rows: stored } = await client.query(
      `select distinct s = $1 and y = convert_to($1, 'UTF8') as same from binary_rows`,
      [long],
    )
    expect(stored).toEqual([{ same: true }])
    const small = [...encodeCopy(Array(50_000).keys(), 1, (writer, id) => writer.int8(BigInt(id)))]
    expect(small.length).toBeGreaterThan(8)
    expect(Math.max(...small.map(chunk => chunk.length))).toBeLessThan(70_000)
  })

  it('stores nothing when a value cannot be stored, and leaves the connection usable', async () => {
    await client.query('truncate binary_rows')
    const many = Array.from({ length: 5000 }, () => GOOD)
    await expect(copy([...many, { ...GOOD, s: 'nul\0' }])).rejects.toMatchObject({ code: 'TRANSFORM_FAILED' })
    await expect(copy([...many, { ...GOOD, m: 10n ** 20n }])).rejects.toMatchObject({ code: '22003' })
    const { rows } = await client.query('select count(*)::int from binary_rows')
    expect(rows[0]?.count).toBe(0)
  })

  it('rejects, and does not hang, when its connection is ended in the middle', async () => {
    const own = await database.newPool().connect()
    const { rows } = await own.query<{ pid: number }>('select pg_backend_pid() as pid')
    await own.query('create temp table rows_cut (i int8)')
    let ended: Promise<unknown> | undefined
    const endless = function* () {
      for (let value = 0; value < 1e9; value++) {
        if (value === 100_000) ended = client.query('select pg_terminate_backend($1)', [rows[0]?.pid])
        yield value
      }
    }
    await expect(
      copyRows(own, 'rows_cut', endless(), 1, (writer, value) => writer.int8(BigInt(value))),
    ).rejects.toThrow()
    await ended
    own.release(true)
  })
})

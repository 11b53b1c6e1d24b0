import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatMoney } from '../../src/domain/money.js'
import type { Retention } from '../../src/domain/retention.js'
import { DAY_SECONDS, HOUR_SECONDS } from '../../src/domain/window.js'
import { keepRetention } from '../../src/load/retention.js'
import { changedDays, rollUpDay } from '../../src/load/rollup.js'
import { type FactKey, publishFacts, seedHome } from '../support/facts.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { namespaceSums } from './namespace-sums.js'

const SHOP: FactKey = { account: '11111111-1111-4111-8111-111111111111', cluster: 'one' }
const BANK: FactKey = { account: '22222222-2222-4222-8222-222222222222', cluster: 'one' }
const NOW = Date.UTC(2026, 10, 24, 3, 30) / 1000
const at = (iso: string) => Date.parse(`${iso}Z`) / 1000
/** Hours from 25 October on. */
const MONTH: Omit<Retention, 'cloudAccountId'> = { hourlyDays: 30, dailyDays: 0 }
const PATIENCE = { lockSeconds: 1, tries: 1 }

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
  for (const key of [SHOP, BANK]) await seedHome(database.pool, key, at('2026-09-20T00:00'), NOW)
})
afterEach(() => database.drop())

async function publish(key: FactKey, hours: readonly string[]): Promise<void> {
  for (const hour of hours) {
    await publishFacts(database.pool, key, at(hour), {
      containers: [
        {
          namespace: 'a',
          pod: `pod-${hour.slice(0, 10)}`,
          node: 'n',
          cpuCost: 2n,
          ramCost: 1n,
          labels: { day: hour },
        },
      ],
      nodes: [{ node: 'n', cpuCost: 5n, ramCost: 5n }],
      metrics: [{ metric: 'kubecost_node_is_spot', labels: { node: hour } }],
    })
  }
}

async function rollUp(): Promise<void> {
  const floors = new Map([SHOP, BANK].map(({ account }) => [account, 0]))
  for (const day of await changedDays(database.pool, floors)) await rollUpDay(database.pool, day)
}

function keep(
  own: Partial<Record<'shop' | 'bank', Partial<Retention>>> = {},
  now = NOW,
): ReturnType<typeof keepRetention> {
  const retentions = [
    { ...MONTH, ...own.shop, cloudAccountId: SHOP.account },
    { ...MONTH, ...own.bank, cloudAccountId: BANK.account },
  ]
  return keepRetention(database.pool, retentions, now, new AbortController().signal, PATIENCE)
}

async function hours({ account }: FactKey, table = 'allocation_hourly'): Promise<string[]> {
  const { rows } = await database.pool.query<{ hour: string }>(
    `select to_char(window_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') as hour
     from warehouse.${table} where cloud_account_id = $1 order by 1`,
    [account],
  )
  return rows.map(row => row.hour)
}

async function days({ account }: FactKey, table = 'allocation_daily'): Promise<string[]> {
  const { rows } = await database.pool.query<{ day: string }>(
    `select day from warehouse.${table} where cloud_account_id = $1 order by 1`,
    [account],
  )
  return rows.map(row => row.day)
}

async function partitions(table: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class where relname ~ $1 and relkind = 'r' order by 1`,
    [`^${table}_p`],
  )
  return rows.map(row => row.name)
}

const HOURS = ['2026-10-02T05:00', '2026-10-24T23:00', '2026-10-25T00:00', '2026-11-20T07:00']

describe('retention', () => {
  it('takes the hours of whole days with all that is known of them, and leaves their sums', async () => {
    await publish(SHOP, HOURS)
    await rollUp()
    await database.pool.query(
      `insert into warehouse.window_audit (cloud_account_id, cluster_id, window_start, revision, reason, old_totals, new_totals)
       select cloud_account_id, cluster_id, window_start, 2, 'late_data', '{}', '{}' from warehouse.window_ledger`,
    )
    const report = await keep()
    expect(report).toMatchObject({ hourlyDays: 2, dailyDays: 0, months: [], busyMonths: [] })
    for (const table of [
      ...[
        'allocation_hourly',
        'node_hourly',
        'idle_hourly',
        'metric_hourly',
        'window_ledger',
        'window_audit',
      ],
    ])
      expect([table, await hours(SHOP, table)]).toEqual([table, HOURS.slice(2)])
    expect(await days(SHOP)).toEqual(HOURS.map(hour => hour.slice(0, 10)))
    expect(await keep()).toMatchObject({ hourlyDays: 0, months: [], names: 0 })
  })

  it('leaves sums alone whose hours are half gone', async () => {
    await publish(SHOP, HOURS)
    await rollUp()
    await keep()
    await rollUp()
    const { rows } = await database.pool.query(
      `select day, total_cost::text as cost, hours_expired as expired
       from warehouse.allocation_daily join warehouse.day_ledger using (cloud_account_id, cluster_id, day) order by day`,
    )
    expect(rows).toEqual(
      HOURS.map((hour, i) => ({ day: hour.slice(0, 10), cost: formatMoney(3n), expired: i < 2 })),
    )
    expect(await namespaceSums(database.pool, SHOP.cluster)).toEqual({ rows: HOURS.length, differing: [] })
  })

  it("is each account's own: what one of them keeps longer stays, row by row", async () => {
    await publish(SHOP, HOURS)
    await publish(BANK, HOURS)
    await rollUp()
    expect(await keep({ bank: { hourlyDays: 60 } })).toMatchObject({ hourlyDays: 2, months: [] })
    expect(await hours(SHOP)).toEqual(HOURS.slice(2))
    expect(await hours(BANK)).toEqual(HOURS)
  })

  it('drops the months that nobody keeps as tables, of every table of hours', async () => {
    await publish(SHOP, ['2026-09-20T05:00', ...HOURS])
    await publish(BANK, ['2026-09-30T23:00', ...HOURS])
    await rollUp()
    const { months, busyMonths } = await keep({ bank: { hourlyDays: 50 } })
    expect(busyMonths).toEqual([])
    expect(months).toEqual(
      expect.arrayContaining([
        'allocation_hourly_p20260901',
        'idle_hourly_p20260901',
        'metric_hourly_p20260901',
      ]),
    )
    expect(await partitions('allocation_hourly')).toEqual([
      'allocation_hourly_p20261001',
      'allocation_hourly_p20261101',
    ])
    expect(await partitions('allocation_daily')).toHaveLength(3)
    expect(await hours(BANK)).toEqual(HOURS.slice(1))
    expect(await hours(BANK, 'window_ledger')).toEqual(HOURS.slice(1))
  })

  it('waits for who is reading a month, blocks nobody, and goes on the next night', async () => {
    await publish(SHOP, ['2026-09-20T05:00', ...HOURS])
    await rollUp()
    const reader = await database.pool.connect()
    await reader.query('begin isolation level repeatable read')
    const count = async () =>
      (await reader.query<{ n: number }>('select count(*)::int as n from warehouse.allocation_hourly'))
        .rows[0]?.n
    expect(await count()).toBe(5)
    const first = await keep()
    expect(first.busyMonths).toContain('allocation_hourly_p20260901')
    expect(first.months).not.toContain('allocation_hourly_p20260901')
    expect(await count()).toBe(5)

    // Others read and write meanwhile, at once.
    const other = database.newPool({ statementTimeoutMs: 1000 })
    expect((await other.query('select from warehouse.allocation_hourly')).rowCount).toBe(2)
    await publish(SHOP, ['2026-11-21T00:00'])
    await rollUp()

    await reader.query('commit')
    reader.release()
    const second = await keep()
    expect(second).toMatchObject({ busyMonths: [] })
    expect(second.months).toContain('allocation_hourly_p20260901')
    expect(await partitions('allocation_hourly')).toEqual([
      'allocation_hourly_p20261001',
      'allocation_hourly_p20261101',
    ])
  })

  it('drops what a killed night had only taken off its table', async () => {
    await publish(SHOP, ['2026-09-20T05:00', ...HOURS])
    await rollUp()
    await database.pool.query(
      'alter table warehouse.node_hourly detach partition warehouse.node_hourly_p20260901',
    )
    expect((await keep()).months).toContain('node_hourly_p20260901')
    expect(await partitions('node_hourly')).toEqual(['node_hourly_p20261001', 'node_hourly_p20261101'])
  })

  it('detaches in the plain form where the database does not know the concurrent one', async () => {
    await publish(SHOP, ['2026-09-20T05:00', ...HOURS])
    await rollUp()
    await database.pool.query(`
      create function refuse() returns event_trigger language plpgsql as $$
      begin
        if current_query() ilike '%concurrently%' then
          raise exception 'not supported' using errcode = 'feature_not_supported';
        end if;
      end $$;
      create event trigger refusing on ddl_command_start when tag in ('ALTER TABLE') execute function refuse()`)
    const month = 'warehouse.idle_hourly detach partition warehouse.idle_hourly_p20260901'
    await expect(database.pool.query(`alter table ${month} concurrently`)).rejects.toMatchObject({
      code: '0A000',
    })
    const { months, busyMonths } = await keep()
    expect(busyMonths).toEqual([])
    expect(months).toContain('allocation_hourly_p20260901')
  })

  it('keeps hours until they are in the sums of their day', async () => {
    await publish(SHOP, HOURS)
    await rollUp()
    await publish(SHOP, ['2026-10-24T23:00'])
    expect(await keep()).toMatchObject({ hourlyDays: 1 })
    expect(await hours(SHOP)).toEqual(HOURS.slice(1))
    await rollUp()
    expect(await keep()).toMatchObject({ hourlyDays: 1 })
    expect(await hours(SHOP)).toEqual(HOURS.slice(2))
  })

  it('leaves a day that a worker has in hand to the next night', async () => {
    await publish(SHOP, HOURS)
    await rollUp()
    const lease = (until: string) =>
      database.pool.query(
        `update warehouse.window_ledger set lease_until = ${until} where window_start = '2026-10-02 05:00Z'`,
      )
    await lease(`now() + interval '1 minute'`)
    expect(await keep()).toMatchObject({ hourlyDays: 1, names: 0 })
    expect(await hours(SHOP)).toEqual([HOURS[0], ...HOURS.slice(2)])
    await lease(`now() - interval '1 minute'`)
    expect(await keep()).toMatchObject({ hourlyDays: 1 })
    expect(await hours(SHOP)).toEqual(HOURS.slice(2))
  })

  it('takes daily sums where it is told to, but never before their hours', async () => {
    await publish(SHOP, HOURS)
    await publish(BANK, HOURS)
    await rollUp()
    await keep({ shop: { dailyDays: 40 }, bank: { dailyDays: 10 } })
    const shop = HOURS.slice(1).map(hour => hour.slice(0, 10))
    for (const table of ['allocation_daily', 'namespace_daily', 'day_ledger']) {
      expect([table, await days(SHOP, table)]).toEqual([table, shop])
      expect([table, await days(BANK, table)]).toEqual([table, shop.slice(1)])
    }
    const later = at('2027-01-15T00:00')
    const { months } = await keep({ shop: { dailyDays: 30 }, bank: { dailyDays: 30 } }, later)
    expect(months).toEqual(
      expect.arrayContaining([
        'asset_daily_p20261001',
        'allocation_daily_p20261101',
        'namespace_daily_p20261101',
      ]),
    )
    expect(await days(SHOP)).toEqual([])
    expect(await days(SHOP, 'namespace_daily')).toEqual([])
  })

  it('forgets the containers, label sets and series that no hour has any more, and no other', async () => {
    await publish(SHOP, HOURS)
    await publish(BANK, HOURS.slice(0, 1))
    await rollUp()
    const left = async (table: string) =>
      (
        await database.pool.query(`select from warehouse.${table} where cloud_account_id = $1`, [
          SHOP.account,
        ])
      ).rowCount
    expect((await keep({ bank: { hourlyDays: 90 } })).names).toBe(3)
    for (const table of ['container', 'label_set', 'label_pair', 'metric_series'])
      expect([table, await left(table)]).toEqual([table, 3])
    // A day later the next night still remembers what ended a day before.
    expect((await keep({ bank: { hourlyDays: 90 } }, NOW + DAY_SECONDS)).names).toBe(0)
    expect((await keep({ bank: { hourlyDays: 90 } }, NOW + 2 * DAY_SECONDS)).names).toBe(3)
    const { rows } = await database.pool.query(
      `select from warehouse.allocation_hourly a left join warehouse.container c using (cloud_account_id, container_key)
       where c.namespace is null`,
    )
    expect(rows).toEqual([])
  })

  it('moves a watermark that waits for an hour before the retention, as far as hours are loaded', async () => {
    const first = at('2026-10-25T00:00')
    await publish(SHOP, ['2026-10-25T00:00', '2026-10-25T01:00'])
    await rollUp()
    await database.pool.query(`update warehouse.cluster set watermark = first_window`)
    await keep()
    const { rows } = await database.pool.query(
      `select extract(epoch from watermark)::float8 as watermark from warehouse.cluster where cloud_account_id = $1`,
      [SHOP.account],
    )
    expect(rows).toEqual([{ watermark: first + 2 * HOUR_SECONDS }])
  })

  it('takes nothing where no account says how long', async () => {
    await publish(SHOP, HOURS)
    await keepRetention(database.pool, [], NOW, new AbortController().signal)
    expect(await hours(SHOP)).toEqual(HOURS)
  })
})

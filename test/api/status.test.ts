import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusBody, StatusRow } from '../../src/api/schemas/status.js'
import { toMoney } from '../../src/domain/money.js'
import { seedAccount, seedCluster, seedUnloaded, seedWindow } from '../support/seed.js'
import { seedUsageWindows } from '../support/seed-usage.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, SECRET, type World } from './world.js'

// The newest due window is the one that starts at hour 47: it ended 10 minutes ago.
const NOW = MONDAY + 48 * HOUR + 600
const DUE = MONDAY + 48 * HOUR
const NEW = '33333333-3333-4333-8333-333333333333'
const HOSTILE = `o'brien "; drop table x -- 😀`
const RANGE = { start_date: MONDAY, end_date: DUE }
const ABSENT = [
  { code: 'network_not_collected', detail: 'kubecost_pod_network_egress_bytes_total is absent' },
  { code: 'gpu_not_measured', detail: 'GPUs of containers that cannot be were left out' },
  { code: 'price_carried', detail: 'no absence at all' },
]
const key = (cluster: string, account = FIRST) => ({ account, cluster })
const rows = { containers: [], nodes: [{ node: 'n', cpuCost: toMoney(1), ramCost: toMoney(1) }] }

let world: World

beforeAll(async () => {
  world = await openWorld(NOW)
  const { pool } = world.database
  for (const account of [FIRST, SECOND, NEW]) await seedAccount(pool, account)
  await seedCluster(pool, key('good'), MONDAY, DUE - HOUR)
  for (let hour = 0; hour < 48; hour++) {
    const warnings = hour < 30 ? [{ code: 'labels_not_collected', detail: 'of yesterday' }] : ABSENT
    await seedWindow(pool, key('good'), MONDAY + hour * HOUR, { ...rows, warnings, coverage: 0.5 })
  }
  await seedCluster(pool, key('bad'), MONDAY, DUE - HOUR, MONDAY + 2 * HOUR)
  for (const hour of [0, 1, 24]) await seedWindow(pool, key('bad'), MONDAY + hour * HOUR, rows)
  await seedUnloaded(pool, key('bad'), MONDAY + 25 * HOUR, 'incomplete', 'missing_series')
  await seedUnloaded(pool, key('bad'), MONDAY + 26 * HOUR, 'incomplete', 'missing_series')
  await seedUnloaded(pool, key('bad'), MONDAY + 27 * HOUR, 'quarantined')
  await seedUnloaded(pool, key('bad'), MONDAY + 28 * HOUR)
  await pool.query(
    `update warehouse.window_ledger
     set reason_detail = case when state = 'incomplete' then 'node_cpu_hourly_cost, kube_node_status_capacity (cpu)' end,
       next_read_at = case when state in ('due', 'incomplete') then window_start end,
       error_code = case when state = 'quarantined' then 'THANOS_BAD_QUERY' end
     where cluster_id = 'bad'`,
  )
  await seedCluster(pool, key(HOSTILE), MONDAY - 400 * HOUR, MONDAY - 399 * HOUR, MONDAY - 399 * HOUR)
  await seedCluster(pool, key('omega', SECOND), MONDAY, MONDAY)
  await seedWindow(pool, key('omega', SECOND), MONDAY, rows)
  await seedRun('bad', 20, { error: 'THANOS_UNREACHABLE', published: 0 })
  await seedRun('bad', 10, { error: 'THANOS_UNREACHABLE', published: 3 })
  await seedRun('good', 30, { error: 'source_incomplete', published: 0 })
  await seedRun('good', 40, { published: 1 })
  await seedRun('omega', 41, { account: SECOND, published: 1 })
})
afterAll(() => world.close())

/** A run that began in the hour after Monday's midnight and took a minute. */
async function seedRun(
  cluster: string,
  hour: number,
  { account = FIRST, error = null as string | null, published = 0 },
): Promise<void> {
  const started = MONDAY + hour * HOUR
  await world.database.pool.query(
    `insert into warehouse.load_run (cloud_account_id, run_id, cluster_id, first_window, windows, worker, state, stage,
       started_at, finished_at, windows_published, error_code, error_message)
     values ($1, gen_random_uuid(), $2, to_timestamp($3), 1, 'w', 'done', 'finished', to_timestamp($3),
       to_timestamp($3 + 60), $4, $5, 'http://user:secret@thanos.internal:10902 refused: select * from x')`,
    [account, cluster, started, published, error],
  )
}

const ask = (query: Record<string, string | number | string[]> = {}) =>
  bodyOf<StatusBody>(world, 'status', { ...RANGE, ...query })

async function rowOf(cluster: string, query = {}): Promise<StatusRow> {
  const row = (await ask(query)).status.find(one => one.cluster === cluster)
  if (row === undefined) throw new Error(`no row of ${cluster}`)
  return row
}

describe('a cluster', () => {
  it('that is whole has no lag, no gap and no error', async () => {
    expect(await rowOf('good')).toMatchObject({
      ...{ state: 'active', first_seen: MONDAY, last_seen: DUE, data_to: DUE, lag_seconds: 0 },
      ...{ newest_loaded: DUE - HOUR, loaded: 48, open: 0, failed: 0, incomplete: 0, quarantined: 0 },
      ...{ last_import_at: MONDAY + 40 * HOUR + 60, last_import_attempt_at: MONDAY + 40 * HOUR },
      ...{ last_import_attempt_error: null, last_import_attempt_error_code: null, gaps: [], coverage: 0.5 },
      windows: null,
    })
  })

  it('that is not is told how far it is, what failed last, and where it has gaps', async () => {
    const gap = (from: number, to: number, reason: string) => ({
      ...{ start_date: MONDAY + from * HOUR, end_date: MONDAY + to * HOUR, reason },
    })
    const row = await rowOf('bad')
    expect(row).toMatchObject({
      ...{ data_to: MONDAY + 2 * HOUR, lag_seconds: 46 * HOUR, newest_loaded: MONDAY + 24 * HOUR, loaded: 3 },
      ...{ open: 3, failed: 1, incomplete: 2, quarantined: 1 },
      ...{ last_import_at: MONDAY + 10 * HOUR + 60, last_import_attempt_at: MONDAY + 20 * HOUR },
      last_import_attempt_error_code: 'THANOS_UNREACHABLE',
    })
    expect(row.coverage).toBeCloseTo(3 / 48, 10)
    expect(row.gaps).toEqual([
      ...[gap(2, 24, 'not_loaded'), gap(25, 27, 'missing_series'), gap(27, 28, 'quarantined')],
      gap(28, 48, 'not_loaded'),
    ])
  })

  it('that has been gone for long is stale, and nothing newer of it is missing', async () => {
    expect(await rowOf(HOSTILE)).toMatchObject({
      ...{
        state: 'stale',
        last_seen: MONDAY - 398 * HOUR,
        lag_seconds: HOUR,
        newest_loaded: null,
        loaded: 0,
      },
      ...{ last_import_at: null, last_import_attempt_at: null, gaps: [], missing_metrics: [] },
    })
  })
})

describe('use', () => {
  it('of a cluster is told by how far it is collected, and how many hours wait', async () => {
    const none = { usage_to: null, usage_lag_seconds: null }
    expect(await rowOf('good')).toMatchObject({ ...none, usage_waiting: 48 })
    expect(await rowOf(HOSTILE)).toMatchObject({ ...none, usage_waiting: 0 })
    const { pool } = world.database
    const home = { cloudAccountId: FIRST, clusterId: 'good' }
    const collected = Array.from({ length: 40 }, (_, hour) => MONDAY + hour * HOUR)
    const { headers } = await askRoute(world, 'status', RANGE)
    await seedUsageWindows(pool, home, collected, { collected_at: new Date(NOW * 1000).toISOString() })
    // Entered, and not collected yet.
    await seedUsageWindows(pool, home, [MONDAY + 40 * HOUR], { revision: 0 })
    const held = { secret: SECRET, 'if-none-match': String(headers.etag) }
    expect((await askRoute(world, 'status', RANGE, { headers: held })).statusCode).toBe(200)
    expect(await rowOf('good')).toMatchObject({
      ...{ usage_to: MONDAY + 40 * HOUR, usage_lag_seconds: 8 * HOUR, usage_waiting: 8 },
    })
    // The costs of an hour have changed since.
    await pool.query(
      `update warehouse.window_ledger set revision = 2 where cluster_id = 'good' and window_start = to_timestamp($1)`,
      [MONDAY],
    )
    expect(await rowOf('good')).toMatchObject({ usage_to: MONDAY + 40 * HOUR, usage_waiting: 9 })
    expect(await rowOf('bad')).toMatchObject({ ...none, usage_waiting: 3 })
  })
})

describe('missing metrics', () => {
  it('are those of the newest loaded day, with what would mend them', async () => {
    const { missing_metrics } = await rowOf('good')
    expect(missing_metrics).toEqual(
      [
        {
          ...{ metric: null, part: 'gpu', since: MONDAY + 30 * HOUR, windows: 18 },
          hint: 'GPUs of containers that cannot be were left out',
        },
        {
          ...{ metric: 'kubecost_pod_network_egress_bytes_total', part: 'network' },
          ...{ since: MONDAY + 30 * HOUR, windows: 18 },
          hint: expect.stringMatching(
            /^kubecost_pod_network_egress_bytes_total is absent.*DaemonSet.*kubecost_\.\*\|/s,
          ),
        },
        {
          ...{ metric: null, part: 'labels', since: MONDAY + 24 * HOUR, windows: 6 },
          hint: 'of yesterday',
        },
      ].toSorted((a, b) => a.since - b.since),
    )
  })

  it('that keep hours from being loaded are told one by one', async () => {
    const { missing_metrics } = await rowOf('bad')
    expect(missing_metrics.map(({ hint: _hint, ...one }) => one)).toEqual([
      {
        ...{ metric: 'node_cpu_hourly_cost', part: null, since: MONDAY + 25 * HOUR, windows: 2 },
      },
      {
        metric: 'kube_node_status_capacity or kube_node_status_capacity_cpu_cores',
        ...{ part: null, since: MONDAY + 25 * HOUR, windows: 2 },
      },
    ])
  })
})

describe('the windows', () => {
  it('are told one by one on request, for a calendar', async () => {
    const { windows } = await rowOf('bad', { windows: 'true' })
    const at = (hour: number) => windows?.find(({ start_date }) => start_date === MONDAY + hour * HOUR)
    expect(windows).toHaveLength(7)
    expect(at(0)).toEqual({ start_date: MONDAY, state: 'loaded', reason: null, coverage: 1, revision: 1 })
    expect(at(25)).toMatchObject({
      state: 'incomplete',
      reason: 'missing_series',
      coverage: null,
      revision: 0,
    })
    expect(at(28)).toMatchObject({ state: 'due', reason: null })
    const one = { start_date: MONDAY + 24 * HOUR, end_date: MONDAY + 25 * HOUR, windows: 'TRUE' }
    expect((await rowOf('bad', one)).windows).toHaveLength(1)
    expect((await rowOf(HOSTILE, { windows: 'true' })).windows).toEqual([])
  })

  it('are refused of more than 31 days', async () => {
    const month = { start_date: MONDAY - 31 * 24 * HOUR, end_date: MONDAY, windows: 'true' }
    expect((await askRoute(world, 'status', month)).statusCode).toBe(200)
    const more = { ...month, end_date: MONDAY + 1 }
    expect(await errorOf(world, 'status', more)).toEqual(['OE0515', []])
    expect((await askRoute(world, 'status', { ...more, windows: 'false' })).statusCode).toBe(200)
  })
})

describe('the answer', () => {
  it('covers the last seven days unless told', async () => {
    const body = await bodyOf<StatusBody>(world, 'status')
    expect(body).toMatchObject({ start_date: DUE - 168 * HOUR, end_date: DUE, total_count: 3 })
    expect(body.data_to).toBe(MONDAY + 2 * HOUR)
    expect(body.meta.data_to).toBe(MONDAY + 2 * HOUR)
  })

  it('shows nothing of hosts, credentials or statements', async () => {
    const { body } = await askRoute(world, 'status', { ...RANGE, windows: 'true' })
    expect(body).not.toMatch(/http:|secret@|thanos\.internal|select \*|omega/)
    expect(body).toContain('The metrics store could not be reached')
  })

  it('tells an unknown code as an unexpected failure', async () => {
    const { pool } = world.database
    const odd = `update warehouse.load_run set error_code = $1 where cloud_account_id = $2 and windows_published = 1`
    await pool.query(odd, ['__proto__', SECOND])
    const { status } = await bodyOf<StatusBody>(world, 'status', RANGE, SECOND)
    expect(status).toMatchObject([{ cluster: 'omega', last_import_attempt_error_code: 'INTERNAL' }])
  })

  it('alone is there for an account of which nothing is loaded', async () => {
    const body = await bodyOf<StatusBody>(world, 'status', {}, NEW)
    expect(body).toMatchObject({ total_count: 0, status: [], data_to: null })
    for (const route of ['clusters', 'cluster_cost', 'assets', 'filters', 'rightsizing']) {
      const query = route === 'filters' ? { dimension: 'pod' } : route === 'rightsizing' ? {} : RANGE
      const response = await askRoute(world, route, query, { account: NEW })
      expect([route, response.statusCode]).toEqual([route, 503])
      expect(response.json().error.error_code).toBe('OE0003')
    }
  })

  it('is sorted, filtered and paged', async () => {
    const names = async (query: Record<string, string>) =>
      (await ask(query)).status.map(({ cluster }) => cluster)
    expect(await names({})).toEqual(['bad', HOSTILE, 'good'])
    expect(await names({ sort: 'cluster', order: 'asc' })).toEqual(['bad', 'good', HOSTILE])
    expect(await names({ k8s_cluster: HOSTILE })).toEqual([HOSTILE])
    const pages = await rowsOfPages<StatusRow>(world, 'status', RANGE)
    expect(pages).toEqual((await ask()).status)
  })

  it('is sent again after an attempt, also one that failed', async () => {
    const { headers } = await askRoute(world, 'status', RANGE)
    const held = { secret: SECRET, 'if-none-match': String(headers.etag) }
    const again = async () => (await askRoute(world, 'status', RANGE, { headers: held })).statusCode
    expect(await again()).toBe(304)
    await seedRun('good', 45, { error: 'THANOS_TIMEOUT', published: 0 })
    expect(await again()).toBe(200)
    expect(await rowOf('good')).toMatchObject({
      ...{ last_import_attempt_error_code: 'THANOS_TIMEOUT', last_import_at: MONDAY + 40 * HOUR + 60 },
    })
  })
})

import { describe, expect, test } from 'vitest'
import { eachSample, type SeriesModel } from '../../src/sample/series.js'
import { ingestAll } from '../support/ingest.js'
import { ACCOUNT, CLUSTER, FIRST, HOUR, silenced, smallEstate } from '../support/sample-world.js'
import { richEstate, START, withLoaded } from '../support/source-world.js'

describe('the series of the exporter', () => {
  const estate = richEstate()
  const WINDOW = START + HOUR

  test('land in analytics.metric_hourly under every name that the source has, with exact figures', () =>
    withLoaded(estate, async world => {
      await ingestAll(world.context())
      const { pool } = world.database
      const landed = await pool.query<{ metric: string }>(
        'select distinct metric from analytics.metric_hourly order by 1',
      )
      const [account] = estate.accounts
      if (account === undefined) expect.fail('an estate without an account')
      const names = await world.thanos.labelValues({
        account,
        label: '__name__',
        matchers: `__name__=~"kubecost_.*",tenant_id="${ACCOUNT}"`,
        start: estate.from,
        end: estate.to,
      })
      expect(names.length).toBeGreaterThan(30)
      expect(landed.rows.map(({ metric }) => metric)).toEqual([...names].sort())

      for (const name of FIGURES) {
        for (const series of estate.series(ACCOUNT).filter(one => one.labels.get('__name__') === name)) {
          const values = samplesOf(series, WINDOW)
          if (values.length === 0) continue
          const {
            __name__: _,
            tenant_id: __,
            cluster_id: cluster,
            ...labels
          } = Object.fromEntries(series.labels)
          const { rows } = await pool.query(
            `select samples, avg, min, max, last, increase from analytics.metric_hourly
             where cluster = $1 and window_start = to_timestamp($2) and metric = $3 and labels = $4`,
            [cluster, WINDOW, name, labels],
          )
          expect(rows, `${name} ${JSON.stringify(labels)}`).toEqual([figuresOf(name, values)])
        }
      }
    }))

  /** A price, a state, a level that moves and a counter. */
  const FIGURES = [
    'kubecost_load_balancer_cost',
    'kubecost_allocation_data_status',
    'kubecost_read_db_size',
    'kubecost_http_requests_total',
  ]

  function samplesOf(series: SeriesModel, window: number): number[] {
    const values: number[] = []
    eachSample(series, window, window + HOUR, (_t, value) => values.push(value))
    return values
  }

  function figuresOf(name: string, values: readonly number[]): unknown {
    const first = values[0] ?? Number.NaN
    const last = values.at(-1) ?? Number.NaN
    // The engine stretches what it saw, 59 steps, to the whole hour.
    const increase = name.endsWith('_total') ? ((last - first) * values.length) / (values.length - 1) : null
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return {
      samples: values.length,
      avg: expect.closeTo(mean, 6),
      min: Math.min(...values),
      max: Math.max(...values),
      last,
      increase: increase === null ? null : expect.closeTo(increase, 6),
    }
  }
})

describe('samples that come late', () => {
  const HALF = FIRST + HOUR / 2
  const late = { cloudAccountId: ACCOUNT, clusterId: CLUSTER, from: HALF, to: FIRST + HOUR }
  const estate = { ...smallEstate({ hours: 6 }), late: [{ ...late, visibleFrom: FIRST + 3 * HOUR }] }
  const FIRST_READING = FIRST + HOUR + 900
  const SECOND_READING = FIRST + 4 * HOUR

  const audits = `select revision, reason, (new_totals ->> 'samples_seen')::float8 - (old_totals ->> 'samples_seen')::float8 as more
    from warehouse.window_audit order by window_start, revision`

  test('are read at the second reading: a second revision, and a note of what it took the place of', () =>
    withLoaded(estate, async world => {
      world.now = FIRST_READING
      expect(await ingestAll(world.context())).toMatchObject({ published: 1 })
      expect(await world.ledger()).toMatchObject([
        { coverage: 0.5, revision: 1, reason: 'source_silent', next_read: SECOND_READING },
      ])
      world.now = SECOND_READING
      await ingestAll(world.context())
      const [window] = await world.ledger()
      expect(window).toMatchObject({ coverage: 1, revision: 2, reason: null, next_read: FIRST + 27 * HOUR })
      expect((await world.database.pool.query(audits)).rows).toEqual([
        { revision: 2, reason: 'late_data', more: 30 },
      ])
    }))

  test.each([
    ['fewer', (from: number) => silenced(estate, from, FIRST + HOUR), 'suspect'],
    ['none', () => silenced(estate, FIRST, FIRST + HOUR), 'suspect'],
  ])(
    'of which there are %s than before change nothing: what was published is kept, and in doubt',
    (_, lost, reason) =>
      withLoaded(smallEstate({ hours: 6 }), async world => {
        world.now = FIRST_READING
        await ingestAll(world.context())
        const published = () =>
          world.database.pool.query(
            'select * from warehouse.allocation_hourly where window_start = to_timestamp($1) order by container_key',
            [FIRST],
          )
        const before = await published()
        await world.hold(lost(HALF))
        world.now = SECOND_READING
        await ingestAll(world.context())
        expect((await world.ledger())[0]).toMatchObject({ state: 'loaded', revision: 1, coverage: 1, reason })
        expect((await published()).rows).toEqual(before.rows)
        expect((await world.database.pool.query(audits)).rows).toEqual([])
      }),
  )

  test('of which there are as many as before change nothing, and are no reason to doubt', () =>
    withLoaded(smallEstate({ hours: 6 }), async world => {
      world.now = FIRST_READING
      await ingestAll(world.context())
      world.now = SECOND_READING
      expect(await ingestAll(world.context())).toMatchObject({ unchanged: 1 })
      expect((await world.ledger())[0]).toMatchObject({
        revision: 1,
        reason: null,
        next_read: FIRST + 27 * HOUR,
      })
    }))
})

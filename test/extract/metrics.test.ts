import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MetricReading } from '../../src/domain/samples.js'
import type { Window } from '../../src/domain/window.js'
import type { Estate } from '../../src/sample/estate.js'
import { pushEstate } from '../../src/sample/remote-write.js'
import type { SeriesModel } from '../../src/sample/series.js'
import { createThanosClient } from '../../src/thanos/client.js'
import {
  about,
  expectTruth,
  holding,
  invented,
  labelsOf,
  namesIn,
  queryOf,
  readFrom,
  restarting,
  SMALL,
  W0,
  W1,
  W2,
  WINDOWS,
  withMore,
} from '../support/exporter-series.js'
import { OPEN_THANOS } from '../support/open-thanos.js'
import { findPrometheus } from '../support/prometheus.js'
import { ACCOUNT, FIRST, HOUR, openSource, type SampleSource } from '../support/sample-world.js'

const prometheus = await findPrometheus()
const lacking = 'missing' in prometheus ? ` (skipped: ${prometheus.missing})` : ''

let opened: SampleSource | undefined
beforeEach(() => {
  opened = undefined
})
afterEach(() => opened?.close())

async function open(estate: Estate): Promise<SampleSource> {
  opened = await openSource(estate)
  return opened
}

/** What is read of an estate, and what was reported. */
async function read(estate: Estate, windows: readonly Window[] = WINDOWS) {
  return readFrom(await open(estate), windows)
}

describe('the series of the exporter', () => {
  test('land all, with what their samples say, in each hour', async () => {
    const { readings, notLanded, mended } = await read(SMALL)
    expect(readings.get(W1)?.length).toBeGreaterThan(20)
    expect(namesIn(readings.get(W1)).length).toBeGreaterThan(8)
    expectTruth(SMALL, WINDOWS, readings)
    expect(notLanded).toEqual([])
    expect(mended).toEqual({})
  })

  test('are those that there are: no name is expected, none is refused, and no other metric is read', async () => {
    const { of, readings } = await read(
      holding(
        invented('kubecost_invented', {}, 1),
        invented('kubecost_dotted.name', { a: 'x' }, 2),
        invented('cloudtuner_kubecost_cluster_total_cost', {}, 3),
        invented('node_cpu_hourly_cost', {}, 4),
      ),
    )
    expect(namesIn(readings.get(W0))).toEqual(['kubecost_dotted.name', 'kubecost_invented'])
    expect(of(W0, 'kubecost_dotted.name')).toMatchObject([{ samples: 60, avg: 2, last: 2 }])
  })

  test('keep every label but the account, the cluster and the replica', async () => {
    const labels = { job: 'kubecost', instance: 'a:9003', version: '2.8' }
    const { of } = await read(
      holding(
        invented('kubecost_read_db_size', { ...labels, prometheus_replica: '1', receive_replica: 'r' }, 1),
        invented('kubecost_read_db_size', { ...labels, instance: 'b:9003', replica: '2' }, 2),
      ),
    )
    expect(labelsOf(of(W0, 'kubecost_read_db_size'))).toEqual([labels, { ...labels, instance: 'b:9003' }])
  })

  test('that only a replica told apart stay two readings, for the transform to count', async () => {
    const { of } = await read(
      holding(
        invented('kubecost_pv_info', { prometheus_replica: 'a' }, 1),
        invented('kubecost_pv_info', { prometheus_replica: 'b' }, 1, FIRST + 600),
      ),
    )
    expect(of(W0, 'kubecost_pv_info').map(({ samples }) => samples)).toEqual([60, 50])
    expect(labelsOf(of(W0, 'kubecost_pv_info'))).toEqual([{}, {}])
  })

  test('have readings in the hours that were asked for and in which there are samples, and in no other', async () => {
    const brief = invented('kubecost_brief', {}, 1, FIRST + HOUR - 120, FIRST + HOUR + 60)
    const { of, readings } = await read(withMore(brief), [W0, W2])
    expect([...readings.keys()]).toEqual([W0, W2])
    expect(of(W0, 'kubecost_brief')).toMatchObject([{ samples: 2 }])
    expect(of(W2, 'kubecost_brief')).toEqual([])
    expectTruth(withMore(brief), [W0, W2], readings)
  })

  test('whose samples are no numbers are counted all the same', async () => {
    const { of } = await read(holding(invented('kubecost_odd', {}, Number.NaN)))
    expect(of(W0, 'kubecost_odd')).toEqual([
      {
        metric: 'kubecost_odd',
        labels: new Map(),
        samples: 60,
        avg: Number.NaN,
        min: Number.NaN,
        max: Number.NaN,
        last: Number.NaN,
        increase: undefined,
      },
    ])
  })

  test('have labels that a database takes, and what was replaced is counted once for a series', async () => {
    const { of, mended } = await read(holding(invented('kubecost_odd', { pod: 'a\ud800' }, 1)))
    expect(labelsOf(of(W1, 'kubecost_odd'))).toEqual([{ pod: 'a\ufffd' }])
    expect(mended).toEqual({ character_replaced: 1 })
  })
})

describe('an increase', () => {
  test.each([
    'kubecost_http_requests_total',
    'kubecost_http_response_time_seconds_bucket',
    'kubecost_http_response_time_seconds_sum',
    'kubecost_http_response_time_seconds_count',
    'kubecost_errored_asset_ingestions',
  ])('is known of the counter %s, restarts included', async name => {
    const { of } = await read(holding(invented(name, { code: '200' }, restarting)))
    // 59 steps of a minute, of which one is a restart from 0, stretched to the edge of the hour.
    for (const window of WINDOWS) {
      const [reading] = of(window, name)
      expect(reading?.increase).toBeGreaterThan(3400)
      expect(reading?.increase).toBeLessThan(3600)
      expect(reading).toMatchObject({ min: 0, max: 1740, last: 1740 })
    }
  })

  test.each(['kubecost_etl_progress_percent', 'kubecost_read_db_size', 'kubecost_total_thing'])(
    'is not made up for the gauge %s',
    async name => {
      const { of } = await read(holding(invented(name, {}, restarting)))
      expect(of(W0, name)).toMatchObject([{ increase: undefined, max: 1740 }])
    },
  )

  test('of a counter with a single sample is not known, the sample is', async () => {
    const { of } = await read(holding(invented('kubecost_x_total', {}, 7, FIRST, FIRST + 60)))
    expect(of(W0, 'kubecost_x_total')).toMatchObject([{ samples: 1, last: 7, increase: Number.NaN }])
  })
})

describe('a metric of very many series', () => {
  const ids = Array.from({ length: 6700 }, (_, n) => ({ namespace: `n${n % 7}`, pod: `pod-${n}` }))
  const many = (name: string) => ids.map(labels => invented(name, labels, 5))

  test('is asked for figure by figure, so that no answer holds all of them', async () => {
    const { readings } = await read(
      holding(...many('kubecost_many_total'), invented('kubecost_few_total', {}, 1)),
    )
    expect(readings.get(W2)).toHaveLength(6701)
    expect(readings.get(W2)?.at(-1)).toMatchObject({
      samples: 60,
      avg: 5,
      min: 5,
      max: 5,
      last: 5,
      increase: 0,
    })
    const figures = (metric: string) =>
      (opened?.stub.requests ?? [])
        .filter(about(metric))
        .map(request => queryOf(request).split('label_replace').length - 1)
    expect(figures('kubecost_many_total')).toEqual([1, 1, 1, 1, 1, 1])
    expect(figures('kubecost_few_total')).toEqual([1, 5])
  }, 60_000)

  test('holds each set of labels once, for all hours and for other metrics of the same', async () => {
    const some = (name: string) => ids.slice(0, 5).map(labels => invented(name, labels, 5))
    const { readings } = await read(holding(...some('kubecost_a'), ...some('kubecost_b')))
    const sets = new Set(WINDOWS.flatMap(window => (readings.get(window) ?? []).map(({ labels }) => labels)))
    expect(readings.get(W0)).toHaveLength(10)
    expect(sets.size).toBe(5)
  })
})

test.skipIf(lacking !== '')(
  `a real Prometheus says the same${lacking}`,
  async () => {
    if ('missing' in prometheus) return
    const running = await prometheus.start()
    const estate = withMore(
      invented('kubecost_http_requests_total', { code: '200', handler: '/a' }, restarting),
      invented('kubecost_http_requests_total', { code: '500', handler: '/a' }, restarting, FIRST + 120),
      invented('kubecost_odd', {}, Number.NaN),
    )
    try {
      await pushEstate(`${running.url}/api/v1/write`, estate, { tenantLabel: 'tenant_id' })
      const here = await readFrom(await open(estate))
      const client = createThanosClient({ ...OPEN_THANOS, url: running.url })
      const { source } = opened as SampleSource
      const there = await readFrom({ source: { ...source, client } })
      await client.close()
      expect(there.notLanded).toEqual([])
      const known = (reading: MetricReading) => reading.metric !== 'kubecost_odd'
      const numbers = (all: typeof there.readings) =>
        new Map([...all].map(([window, list]) => [window, list.filter(known)]))
      expectTruth(holding(...estate.series(ACCOUNT).filter(isNumber)), WINDOWS, numbers(there.readings))
      expect(there.of(W1, 'kubecost_odd')).toEqual(here.of(W1, 'kubecost_odd'))
      for (const window of WINDOWS) {
        const increases = (from: typeof there) =>
          from.of(window, 'kubecost_http_requests_total').map(({ increase }) => Math.round(increase ?? -1))
        expect(increases(there)).toEqual(increases(here))
      }
    } finally {
      await running.stop()
    }
  },
  120_000,
)

const isNumber = (series: SeriesModel) => series.labels.get('__name__') !== 'kubecost_odd'

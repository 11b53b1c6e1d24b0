import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MetricReading } from '../../src/domain/samples.js'
import type { Window } from '../../src/domain/window.js'
import { readMetrics } from '../../src/extract/metrics.js'
import type { Estate } from '../../src/sample/estate.js'
import { pushEstate } from '../../src/sample/remote-write.js'
import { eachSample, type SeriesModel } from '../../src/sample/series.js'
import { createThanosClient } from '../../src/thanos/client.js'
import { findPrometheus } from '../support/prometheus.js'
import {
  ACCOUNT,
  altered,
  asks,
  CLUSTER,
  FIRST,
  HOUR,
  NEIGHBOUR,
  openSource,
  type SampleSource,
  smallEstate,
} from '../support/sample-world.js'
import { refusal, type StubRequest } from '../support/thanos-stub.js'

const HOURS = 3
const WINDOWS = Array.from({ length: HOURS }, (_, n) => (FIRST + n * HOUR) as Window)
const [W0, W1, W2] = WINDOWS as [Window, Window, Window]
const BUSY = 'kubecost_container_memory_working_set_bytes'
const LIMIT = refusal(422, 'execution', 'rpc error: limit 1 violated (got 2)')
const DEADLINE = refusal(422, 'execution', 'expanding series: context deadline exceeded')

const prometheus = await findPrometheus()
const lacking = 'missing' in prometheus ? ` (skipped: ${prometheus.missing})` : ''

/** A series that has a sample at every minute of `[from, to)`, all of the estate by default. */
function invented(
  name: string,
  labels: Record<string, string>,
  value: number | ((t: number) => number),
  from: number = FIRST,
  to: number = FIRST + HOURS * HOUR,
): SeriesModel {
  const all = { ...labels, __name__: name, tenant_id: ACCOUNT, cluster_id: CLUSTER }
  const pairs = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    labels: new Map(pairs),
    interval: 60,
    offset: 0,
    segments: [{ from, to, value, endsUnmarked: true }],
  }
}

/** A recording rule about pods of three namespaces, of which some come and go. */
const RULES = Array.from({ length: 12 }, (_, n) =>
  invented(
    BUSY,
    { namespace: ['web', 'db', 'batch'][n % 3] ?? '', pod: `pod-${n}`, container: 'app' },
    t => 1e8 + n * 1e6 + (t % 700) * 1234.5,
    FIRST + (n % 4) * 1500,
    FIRST + HOURS * HOUR - (n % 5) * 900,
  ),
)
const BARE = smallEstate({ hours: HOURS })
const holding = (...series: readonly SeriesModel[]): Estate => ({ ...BARE, series: () => series })
const SMALL = holding(...BARE.series(ACCOUNT), ...RULES)
const withMore = (...series: readonly SeriesModel[]) => holding(...SMALL.series(ACCOUNT), ...series)

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
  return readFrom(opened ?? (await open(estate)), windows)
}

async function readFrom({ source }: Pick<SampleSource, 'source'>, windows: readonly Window[] = WINDOWS) {
  const mended = new Map<string, number>()
  const notLanded: [string, Window][] = []
  const readings = await readMetrics(source, windows.at(0) ?? W0, windows.at(-1) ?? W0, windows, {
    notLanded: (metric, window) => notLanded.push([metric, window]),
    mended,
  })
  const of = (window: Window, metric: string) =>
    (readings.get(window) ?? []).filter(reading => reading.metric === metric)
  return { readings, of, notLanded, mended: Object.fromEntries(mended) }
}

const namesIn = (list: readonly MetricReading[] = []) => [...new Set(list.map(({ metric }) => metric))]
const labelsOf = (list: readonly MetricReading[]) => list.map(({ labels }) => Object.fromEntries(labels))

type Figures = Pick<MetricReading, 'samples' | 'avg' | 'min' | 'max' | 'last'>

/** The figures of a window from the samples themselves, by metric and labels. */
function truth(estate: Estate, window: Window): Map<string, Figures> {
  const figures = new Map<string, Figures>()
  for (const series of estate.series(ACCOUNT)) {
    const { __name__: name = '', tenant_id: _, cluster_id: __, ...labels } = Object.fromEntries(series.labels)
    const values: number[] = []
    if (name.startsWith('kubecost_'))
      eachSample(series, window, window + HOUR, (_t, value) => values.push(value))
    if (values.length === 0) continue
    figures.set(`${name} ${JSON.stringify(Object.entries(labels).sort())}`, {
      samples: values.length,
      avg: values.reduce((sum, value) => sum + value, 0) / values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      last: values.at(-1) ?? Number.NaN,
    })
  }
  return figures
}

function expectTruth(
  estate: Estate,
  windows: readonly Window[],
  found: ReadonlyMap<Window, readonly MetricReading[]>,
) {
  for (const window of windows) {
    const expected = truth(estate, window)
    const readings = found.get(window) ?? []
    const keyOf = ({ metric, labels }: MetricReading) => `${metric} ${JSON.stringify([...labels].sort())}`
    expect(readings.map(keyOf).sort()).toEqual([...expected.keys()].sort())
    for (const reading of readings) {
      const { samples = 0, ...figures } = expected.get(keyOf(reading)) ?? {}
      expect(reading.samples).toBe(samples)
      for (const [figure, value] of Object.entries(figures))
        expect(Math.abs(reading[figure as keyof Figures] - value)).toBeLessThanOrEqual(1e-9 * Math.abs(value))
    }
  }
}

/** A counter that begins anew at half past each hour. */
const restarting = (t: number) => (t - FIRST) % 1800

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

const queryOf = ({ form }: StubRequest) => form.get('query') ?? ''
const hoursOf = ({ form }: StubRequest) => (Number(form.get('end')) - Number(form.get('start'))) / HOUR + 1
/** Range queries about series of a metric, those that weigh its namespaces apart. */
const about = (metric: string) => (request: StubRequest) =>
  asks(`"${metric}"`)(request) && !queryOf(request).startsWith('count by')

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

describe('a metric that is too much', () => {
  const isChosen = (request: StubRequest) => /namespace(=|!)~/.test(queryOf(request))

  test('for all hours, then for all namespaces, is divided until it is not, and nothing is missing', async () => {
    const thanos = await open(SMALL)
    thanos.stub.on(request => about(BUSY)(request) && (hoursOf(request) > 1 || !isChosen(request)), LIMIT)
    const { readings, notLanded } = await readFrom(thanos)
    expectTruth(SMALL, WINDOWS, readings)
    expect(notLanded).toEqual([])
  })

  test('even for one namespace of one hour does not land in that hour, and all else does', async () => {
    const thanos = await open(SMALL)
    const second = W1 + HOUR
    thanos.stub.on(
      request =>
        about(BUSY)(request) &&
        Number(request.form.get('start')) <= second &&
        Number(request.form.get('end')) >= second,
      LIMIT,
    )
    const { of, readings, notLanded } = await readFrom(thanos)
    expect(notLanded).toEqual([[BUSY, W1]])
    expect(of(W1, BUSY)).toEqual([])
    expectTruth(SMALL, [W0, W2], readings)
    expect(namesIn(readings.get(W1)).length).toBe(namesIn(readings.get(W0)).length - 1)
  })

  test('and has no namespaces at all is reported too', async () => {
    const thanos = await open(SMALL)
    thanos.stub.on(asks('"kubecost_cluster_info"'), LIMIT)
    const { notLanded, readings } = await readFrom(thanos)
    expect(notLanded).toEqual(WINDOWS.map(window => ['kubecost_cluster_info', window]))
    expect(readings.get(W0)?.length).toBeGreaterThan(15)
  })

  test('because it takes too long is given up for all its hours at once', async () => {
    const thanos = await open(SMALL)
    thanos.stub.on(asks(`"${BUSY}"`), DEADLINE)
    const { notLanded, readings } = await readFrom(thanos)
    expect(notLanded).toEqual(WINDOWS.map(window => [BUSY, window]))
    expect(namesIn(readings.get(W0)).length).toBeGreaterThan(8)
    const starts = thanos.stub.requests.filter(about(BUSY)).map(({ form }) => Number(form.get('start')))
    expect(Math.max(...starts)).toBe(W0 + HOUR)
  })

  test('is not waited for again and again: when all takes too long, the rest is given up', async () => {
    const thanos = await open(SMALL)
    const names = namesIn((await readFrom(thanos, [W0])).readings.get(W0))
    thanos.stub.on(asks('label_replace'), DEADLINE)
    const before = thanos.stub.requests.length
    const { notLanded, readings } = await readFrom(thanos, [W0])
    expect(notLanded.map(([metric]) => metric).sort()).toEqual(names)
    expect(readings.get(W0)).toEqual([])
    const asked = new Set(
      thanos.stub.requests
        .slice(before)
        .flatMap(request => /"(kubecost_\w+)"/.exec(queryOf(request))?.[1] ?? []),
    )
    expect(names.length).toBeGreaterThan(8)
    expect(asked.size).toBeLessThan(4)
  })
})

describe('what goes wrong otherwise fails the batch, as with every fact', () => {
  const cases: [string, string, Parameters<typeof altered>[0]][] = [
    [
      'a partial answer',
      'THANOS_PARTIAL',
      body => ({ ...body, warnings: ['receive series from 10.0.0.7: no such host'] }),
    ],
    [
      'a series of another account',
      'FOREIGN_TENANT',
      ({ data }) => {
        for (const { metric } of data.result.slice(0, 1)) metric.tenant_id = NEIGHBOUR
        return undefined
      },
    ],
    [
      'a series of another cluster',
      'THANOS_CONTRACT',
      ({ data }) => {
        for (const { metric } of data.result.slice(0, 1)) metric.cluster_id = 'cluster-two'
        return undefined
      },
    ],
    [
      'an answer that lost what tells its figures apart',
      'THANOS_CONTRACT',
      ({ data }) => {
        data.result = data.result.slice(0, 1)
        for (const { metric } of data.result) delete metric.__stat__
        return undefined
      },
    ],
  ]
  test.each(cases)('%s', async (_, code, change) => {
    const thanos = await open(SMALL)
    thanos.alter(asks(`"${BUSY}"`), altered(change))
    await expect(readFrom(thanos)).rejects.toMatchObject({ code })
  })

  test('figures of samples that were not counted: the source changed meanwhile', async () => {
    const thanos = await open(SMALL)
    thanos.alter(
      request => about(BUSY)(request) && queryOf(request).includes('"samples"'),
      altered(({ data }) => {
        data.result[0]?.values.shift()
        return undefined
      }),
    )
    await expect(readFrom(thanos)).rejects.toMatchObject({ code: 'SOURCE_INCOMPLETE', remedy: 'retry' })
  })

  test('names that cannot be listed', async () => {
    const thanos = await open(SMALL)
    thanos.stub.on('/api/v1/label/__name__/values', refusal(422, 'execution', 'proxy Series(): rpc error'))
    await expect(readFrom(thanos)).rejects.toMatchObject({ code: 'THANOS_UNAVAILABLE' })
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
      const client = createThanosClient({ ...CLIENT, url: running.url })
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
const CLIENT = {
  username: undefined,
  password: undefined,
  bearerToken: undefined,
  caFile: undefined,
  tenantHeader: 'THANOS-TENANT',
  tenantLabel: 'tenant_id',
  timeoutMs: 30_000,
  concurrency: 4,
}

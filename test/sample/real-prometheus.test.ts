import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalogue } from '../../src/extract/catalogue.js'
import {
  cpuPoints,
  cpuPointsByRule,
  cpuSamples,
  ramMean,
  ramMeanByRule,
  ramPeak,
  ramPeakByRule,
  usageQueries,
} from '../../src/extract/catalogue-usage.js'
import type { CatalogueQuery } from '../../src/extract/query.js'
import { createEstate, type Estate } from '../../src/sample/estate.js'
import { DAY } from '../../src/sample/machines.js'
import { PromqlEngine, type ResultSeries } from '../../src/sample/promql.js'
import type { EngineRules } from '../../src/sample/promql-fold.js'
import { pushEstate } from '../../src/sample/remote-write.js'
import { SeriesStore } from '../../src/sample/store.js'
import { findPrometheus, type RunningPrometheus } from '../support/prometheus.js'

const HOUR = 3600
/** All that is asked of a source, by the name under which a difference is told. */
const QUERIES: readonly [string, CatalogueQuery][] = [
  ...Object.entries<CatalogueQuery>(catalogue),
  ...Object.entries<CatalogueQuery>(usageQueries),
  ...Object.entries({
    cpuPoints: cpuPoints(300, 300),
    coarseCpuPoints: cpuPoints(3600, 7200),
    cpuPointsByRule: cpuPointsByRule(300),
    cpuSamples: cpuSamples(300),
    ramPeak,
    ramPeakByRule,
    ramMean,
    ramMeanByRule,
  }),
]

const found = await findPrometheus()
const reason = 'missing' in found ? ` (skipped: ${found.missing})` : ''

interface Sampling {
  readonly name: string
  /** Unix seconds; each sampling has days of its own, so that one server can hold them all. */
  readonly start: number
  readonly hours: number
  readonly intervalSeconds: number
  readonly offsetSeconds: number
}

// Even days since the epoch have the scraping gap from 04:10 to 04:40.
const FIRST = 20_000 * DAY
const SAMPLINGS: readonly Sampling[] = [
  { name: 'every 60 s on the minute', start: FIRST, hours: 13, intervalSeconds: 60, offsetSeconds: 0 },
  {
    name: 'every 60 s, 7 s past the minute',
    start: FIRST + 2 * DAY + HOUR,
    hours: 6,
    intervalSeconds: 60,
    offsetSeconds: 7,
  },
  {
    name: 'every 30 s on the half minute',
    start: FIRST + 4 * DAY + 2 * HOUR,
    hours: 4,
    intervalSeconds: 30,
    offsetSeconds: 0,
  },
  {
    name: 'every 15 s, 4 s past it',
    start: FIRST + 6 * DAY + 3 * HOUR,
    hours: 2,
    intervalSeconds: 15,
    offsetSeconds: 4,
  },
]

interface Ask {
  readonly name: string
  readonly path: 'query' | 'query_range'
  readonly query: string
  readonly form: Readonly<Record<string, number>>
}

interface Member {
  readonly metric: Record<string, string>
  readonly value?: [number, string]
  readonly values?: [number, string][]
}

interface Body {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly resultType: string; readonly result: Member[] }
}

describe.skipIf('missing' in found)(`the sample engine beside a real Prometheus${reason}`, () => {
  let prometheus: RunningPrometheus
  let rules: EngineRules

  beforeAll(async () => {
    if ('missing' in found) return
    prometheus = await found.start()
    rules = await rulesOf(prometheus.url)
  })

  afterAll(() => prometheus?.stop())

  describe.each(SAMPLINGS)('sampled $name', sampling => {
    const estate = createEstate({ ...sampling, end: sampling.start + sampling.hours * HOUR, seed: 7 })
    const store = new SeriesStore(estate.accounts.flatMap(account => estate.series(account.cloudAccountId)))

    beforeAll(async () => {
      const { samples } = await pushEstate(`${prometheus.url}/api/v1/write`, estate, {
        tenantLabel: 'tenant_id',
      })
      expect(samples).toBeGreaterThan(100_000)
    })

    it('answers every query of the catalogue as Prometheus does, series by series', async () => {
      const engine = new PromqlEngine(store, rules)
      let points = 0
      for (const ask of catalogueAsks(estate)) points += await compareAnswers(engine, prometheus.url, ask)
      // Some 165 containers at any time, each in seven answers or more and in twelve points an hour of CPU use.
      expect(points).toBeGreaterThan(sampling.hours * 165 * (7 + 12))
    })

    it('answers every probe as Prometheus does, series by series', async () => {
      const engine = new PromqlEngine(store, rules)
      let points = 0
      for (const ask of probeAsks(estate)) points += await compareAnswers(engine, prometheus.url, ask)
      expect(points).toBeGreaterThan(10_000)
    })
  })
})

function catalogueAsks(estate: Estate): Ask[] {
  const asks: Ask[] = []
  for (const account of estate.accounts) {
    for (const cluster of account.clusters) {
      const matchers = `tenant_id="${account.tenantId}",cluster_id="${cluster.clusterId}"`
      for (const [name, query] of QUERIES) {
        const step = query.stepSeconds ?? HOUR
        asks.push({
          name: `${name} of ${account.name}, ${cluster.clusterId}`,
          path: 'query_range',
          query: query.expression(matchers, 'tenant_id,cluster_id'),
          form: { start: estate.from + step, end: estate.to, step },
        })
      }
    }
  }
  return asks
}

/** The forms that are not in the catalogue, at moments on and off the samples and around the gap. */
function probeAsks(estate: Estate): Ask[] {
  const tenant = `tenant_id="${estate.accounts[1]?.tenantId}"`
  const both = `tenant_id=~"${estate.accounts.map(account => account.tenantId).join('|')}"`
  const node = `node_cpu_hourly_cost{${both}}`
  const expressions = [
    `max by (tenant_id,cluster_id) (timestamp(kubecost_cluster_info{${tenant}}))`,
    `count by (tenant_id,cluster_id,receive_replica,prometheus_replica,replica) (kubecost_cluster_info{${both}} or node_total_hourly_cost{${both}})`,
    `count by (tenant_id,cluster_id) (count by (tenant_id,cluster_id,id) (kubecost_cluster_info{${both}})) > 0`,
    `count by (__name__) ({${tenant},__name__=~"kubecost_.+|node_.+"})`,
    `count by (tenant_id,cluster_id,namespace) (count_over_time(container_cpu_allocation{${both}}[1h] offset 1ms))`,
    `sum by (cluster_id,namespace) (container_memory_allocation_bytes{${both},namespace!~"kube-system|monitoring"})`,
    `container_cpu_allocation{${tenant},namespace="données-équipe"}`,
    `timestamp(container_cpu_allocation{${tenant},namespace="données-équipe"})`,
    `group by (job,cluster_id) (kube_pod_owner{${both}})`,
    `min by (node) (${node})`,
    `max by (node) (${node} < 0.03)`,
    `min_over_time(container_memory_working_set_bytes{${tenant},container!="",container!="POD"}[24h] offset 1ms)`,
    `max_over_time(kubecost_container_cpu_usage_irate{${both}}[1h] offset 1ms)`,
    `last_over_time({${both},__name__=~"kubecost_network_.+"}[1h] offset 1ms)`,
    `count_over_time({${both},__name__="kubecost_cluster_info"}[1h])`,
    `sum(increase(container_cpu_usage_seconds_total{${both},container!=""}[10m] offset 1ms))`,
    `avg_over_time((${node} >= 0)[1h:1m] offset 1ms)`,
    `last_over_time((${node} > 0)[3h:1m] offset 1ms)`,
    `count_over_time((kube_pod_container_status_running{${both},namespace="batch"} == 1)[1h:5m])`,
    `kube_pod_container_status_running{${both},namespace="batch"}`,
    `sum without (pod,uid,instance,node,job) (container_cpu_allocation{${both}})`,
    `max without (job) (kube_pod_owner{${tenant}})`,
    `changes(${node}[3h] offset 1ms)`,
    `changes(container_memory_working_set_bytes{${tenant},namespace="data"}[1h])`,
    `resets({${both},__name__="kubecost_etl_events_total"}[6h] offset 1ms)`,
    `resets(kubecost_pod_network_egress_bytes_total{${both}}[6h] offset 1ms)`,
    `increase(kubecost_pod_network_egress_bytes_total{${both}}[1h] offset 1ms)`,
    `deriv(container_cpu_usage_seconds_total{${both},container!=""}[5m] offset 1ms)`,
    `max by (cluster_id,namespace,pod,container) (deriv(container_cpu_usage_seconds_total{${both},namespace=~"batch|lab|web"}[5m]))`,
    `deriv(${node}[3h] offset 1ms)`,
    `deriv(kubecost_pod_network_egress_bytes_total{${both}}[10m])`,
    `deriv((${node} >= 0)[1h:1m] offset 1ms)`,
    `quantile_over_time(0.95, container_memory_working_set_bytes{${tenant},container!=""}[1h] offset 1ms)`,
    `quantile_over_time(0.5, ${node}[6h])`,
    `quantile_over_time(0.25, (${node} >= 0)[1h:1m] offset 1ms)`,
    `label_replace(${node}, "fact", "price", "", "")`,
    `label_replace(${node}, "family", "$1 of \${size}", "instance_type", "([a-z0-9]+)[.-](?P<size>.+)")`,
    `label_replace({${both},__name__=~"kubecost_network_.+|node_.+"}, "metric", "$1", "__name__", "(.+)")`,
    `count by (__name__,metric) (label_replace(last_over_time({${both},__name__=~"kubecost_.+"}[1h] offset 1ms), "metric", "$1", "__name__", "kubecost_(.+)"))`,
    `sum by (metric) (sum_over_time(label_replace({${tenant},__name__=~"kubecost_.+_cost"}, "metric", "$1", "__name__", "(.+)")[1h:1m] offset 1ms))`,
    `sum by (namespace,persistentvolume) (sum_over_time(pod_pvc_allocation{${both}}[1h] offset 1ms))`,
    `sum by (namespace,service_name) (sum_over_time(kubecost_load_balancer_cost{${both}}[1h] offset 1ms))`,
    `last_over_time(kube_pod_labels{${both},namespace=~"lab|shop"}[1h] offset 1ms)`,
    `${node} * 730`,
    `1 / ${node}`,
    `sum by (cluster_id,node) (kube_node_status_capacity{${both},resource="memory"}) / 1073741824`,
    `sum by (tenant_id,cluster_id,node) (node_cpu_hourly_cost{${both}}) * max by (tenant_id,cluster_id,node) (kube_node_status_capacity{${both},resource="cpu"})`,
    'vector(1)',
    'count_over_time(vector(1)[1m:1m])',
  ]
  const middle = estate.from + Math.floor((estate.to - estate.from) / 2)
  const instants = [middle, middle + 607, estate.to - 60, gapEnd(estate) - 24 * 60 + 3, gapEnd(estate) - 1]
  const asks: Ask[] = []
  for (const query of expressions) {
    for (const time of instants)
      asks.push({ name: `${query} at ${time}`, path: 'query', query, form: { time } })
    const form = { start: middle - 2400, end: middle + 2400, step: 300 }
    asks.push({ name: `${query} as a range`, path: 'query_range', query, form })
  }
  const raw = [`node_cpu_hourly_cost{${both}}[2h]`, `container_cpu_allocation{${tenant},namespace="web"}[7h]`]
  for (const query of raw) asks.push({ name: query, path: 'query', query, form: { time: middle + 3601 } })
  return asks
}

function gapEnd(estate: Estate): number {
  return Math.floor(estate.from / DAY) * DAY + 4 * HOUR + 40 * 60
}

/** Resolves to the number of points that were equal. */
async function compareAnswers(engine: PromqlEngine, url: string, ask: Ask): Promise<number> {
  const theirs = await asked(url, ask)
  expect(theirs.status, `${ask.name}: ${theirs.error}`).toBe('success')
  const { form } = ask
  const now = Number.MAX_SAFE_INTEGER / 1000
  const start = (form.start ?? 0) * 1000
  const step = (form.step ?? 1) * 1000
  const ours =
    ask.path === 'query'
      ? engine.instant(ask.query, (form.time ?? 0) * 1000, now)
      : engine.range(ask.query, { start, step, count: ((form.end ?? 0) * 1000 - start) / step + 1 }, now)
  expect(ours.type, ask.name).toBe(theirs.data?.resultType)
  if (ours.type === 'scalar') throw new Error('no probe answers a scalar')
  expectSameSeries(ask.name, ours.series, theirs.data?.result ?? [])
  return ours.series.reduce((sum, series) => sum + series.points.length, 0)
}

function expectSameSeries(name: string, ours: readonly ResultSeries[], theirs: readonly Member[]): void {
  const expected = new Map(theirs.map(member => [keyOf(Object.entries(member.metric)), member]))
  expect(ours.map(series => keyOf([...series.labels])).sort(), name).toEqual([...expected.keys()].sort())
  for (const series of ours) {
    const key = keyOf([...series.labels])
    const member = expected.get(key)
    const points = member?.values ?? (member?.value ? [member.value] : [])
    const where = `${name}: ${key}`
    expect(
      series.points.map(point => point.t),
      where,
    ).toEqual(points.map(([t]) => Math.round(t * 1000)))
    series.points.forEach((point, i) => {
      const value = numberOf(points[i]?.[1])
      if (!isClose(point.value, value))
        throw new Error(`${where} at ${point.t}: ${point.value} is not ${value}`)
    })
  }
}

function isClose(ours: number, theirs: number): boolean {
  if (Object.is(ours, theirs)) return true
  return Math.abs(ours - theirs) <= 1e-9 * Math.max(Math.abs(ours), Math.abs(theirs))
}

function numberOf(text: string | undefined): number {
  if (text === undefined) throw new Error('a point is missing')
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}

function keyOf(labels: [string, string][]): string {
  return JSON.stringify(labels.sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function asked(url: string, ask: Ask): Promise<Body> {
  const form = new URLSearchParams({ query: ask.query })
  for (const [name, value] of Object.entries(ask.form)) form.set(name, String(value))
  const response = await fetch(`${url}/api/v1/${ask.path}`, { method: 'POST', body: form })
  return (await response.json()) as Body
}

/** Which of the engines' rules this server follows, found as the product finds them and by its version. */
async function rulesOf(url: string): Promise<EngineRules> {
  const probe = {
    name: 'edges',
    path: 'query',
    query: 'count_over_time(vector(1)[1m:1m])',
    form: { time: FIRST },
  } as const
  const { data } = await asked(url, probe)
  const response = await fetch(`${url}/api/v1/status/buildinfo`)
  const { data: build } = (await response.json()) as { data: { version: string } }
  const [major = 0, minor = 0] = build.version.split('.').map(part => Number.parseInt(part, 10))
  return {
    isLeftOpen: data?.result[0]?.value?.[1] === '1',
    looksForZeroFirst: major < 2 || (major === 2 && minor < 52),
  }
}

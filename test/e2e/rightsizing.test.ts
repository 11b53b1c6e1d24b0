import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectDueUsage } from '../../jobs/collect-usage.js'
import { computeRightsizing } from '../../jobs/compute-rightsizing.js'
import type { Estate } from '../../src/sample/estate.js'
import { DAY, HOUR } from '../../src/sample/machines.js'
import type { ClusterModel } from '../../src/sample/model.js'
import { adviceOf, exactQuantile } from '../../src/sample/truth-advice.js'
import { usageOf } from '../../src/sample/truth-usage.js'
import { createThanosClient } from '../../src/thanos/client.js'
import { type Advice, paired, readAdvice } from '../support/advice-check.js'
import { adviceEstate, BLIND, type NewRequests, requestKey, SEEING } from '../support/advice-estate.js'
import { addAccounts, ingestAll, testContext } from '../support/ingest.js'
import { OPEN_THANOS } from '../support/open-thanos.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { findPrometheus, type RunningPrometheus } from '../support/prometheus.js'
import { pushWhole } from '../support/push-whole.js'

const START = 20_725 * DAY
const DAYS = 8
const END = START + DAYS * DAY
const YOUNG_FROM = END - 3 * DAY
const SILENT_HOURS = 20
const SILENCE = { from: START + 3 * DAY + 2 * HOUR, to: START + 3 * DAY + (2 + SILENT_HOURS) * HOUR }
/** A silence that is over is published too: as hours without anything. */
const WINDOWS = 2 * DAYS * 24

const prometheus = await findPrometheus()
const lacking = 'missing' in prometheus ? ` (skipped: ${prometheus.missing})` : ''

describe.skipIf('missing' in prometheus)(`advice from a real Prometheus${lacking}`, () => {
  const estate = adviceEstate({ start: START, end: END, youngFrom: YOUNG_FROM, silence: SILENCE })
  let database: TestDatabase
  let source: RunningPrometheus
  let advice: Advice[]

  beforeAll(async () => {
    if ('missing' in prometheus) return
    database = await testDatabase()
    source = await prometheus.start()
    await pushWhole(source.url, estate)
    await addAccounts(database.pool, estate.accounts)
    const thanos = createThanosClient({ ...OPEN_THANOS, url: source.url, timeoutMs: 60_000 })
    const context = testContext(database.pool, thanos, { now: () => END + 900 })
    expect(await ingestAll(context)).toEqual({ published: WINDOWS, unchanged: 0, open: 0 })
    expect(await collectDueUsage.run(context)).toMatchObject({ collected: WINDOWS, open: 0 })
    expect(await computeRightsizing.run(context, 'due')).toMatchObject({ accounts: 1, failed: 0 })
    await thanos.close()
    const rows = await readAdvice(database.pool)
    advice = clustersOf(estate).flatMap(cluster =>
      paired(rows, cluster.clusterId, adviceOf(estate, cluster, START, END)),
    )
  }, 240_000)

  const adviceOn = (cluster: string, controller: string): Advice => {
    const found = advice.find(({ row }) => row.cluster === cluster && row.controller === controller)
    if (found === undefined) throw new Error(`no advice on ${controller} of ${cluster}`)
    return found
  }

  afterAll(async () => {
    await source?.stop()
    await database?.drop()
  })

  test('says how much is used: quantiles never below the truth and at most a bucket above, means as they are', () => {
    for (const { row, truth } of advice) {
      const { usage } = truth
      const about = `${row.cluster} ${usage.controller}`
      const highest = usage.cpuPoints.at(-1) ?? Number.NaN
      expectBetween(about, row.cpu_p95, exactQuantile(usage.cpuPoints, 0.95) * 1000, 1.05)
      expectBetween(about, row.cpu_p99, exactQuantile(usage.cpuPoints, 0.99) * 1000, 1.05)
      expectBetween(about, row.cpu_max, highest * 1000, 1)
      expectBetween(about, row.ram_max, usage.ramPeak, 1)
      expect(row.cpu_mean / (usage.cpuMean * 1000), about).toBeCloseTo(1, 3)
      expect(row.ram_mean / usage.ramMean, about).toBeCloseTo(1, 3)
      const cost = usage.costWith('cpu', usage.cpuRequest) + usage.costWith('ram', usage.ramRequest)
      const measured = DAYS * 24 - (row.cluster === BLIND ? SILENT_HOURS : 0)
      expect(row.cost_month / ((cost * 730) / measured), about).toBeCloseTo(1, 6)
    }
  })

  test.each([
    ['hog', 'decrease', 'decrease', []],
    ['greedy', 'increase', 'increase', []],
    ['free', 'set', 'set', ['no_request']],
    ['abandoned', 'decrease', 'decrease', ['cpu_floor', 'ram_floor']],
    ['hoarder', 'keep', 'increase', ['oom', 'cpu_inside_gate']],
    ['scaled', 'suppressed', 'decrease', ['hpa']],
    ['skewed', 'keep', 'keep', ['ram_floor', 'imbalanced_replicas']],
    ['held-back', 'keep', 'keep', ['throttled', 'ram_inside_gate']],
    ['giant', 'increase', 'keep', ['exceeds_node', 'ram_inside_gate']],
    ['young', 'decrease', 'decrease', []],
    ['short', 'decrease', 'decrease', []],
  ] as const)('advises on %s: CPU %s, memory %s', (name, cpu, ram, reasons) => {
    const { row, truth } = adviceOn(SEEING, name)
    expect(row).toMatchObject({ cpu_action: cpu, ram_action: ram })
    expect(truth).toMatchObject({ cpu: { action: cpu }, ram: { action: ram } })
    expect([...row.reasons].sort()).toEqual([...reasons].sort())
    expect(row.confidence).toBeCloseTo(truth.confidence, 6)
    expect(row.confidence_level).toBe(name === 'young' ? 'medium' : 'high')
  })

  test.each([
    ['hog', 'decrease', 'decrease', ['hpa_unknown', 'low_coverage']],
    ['hoarder', 'keep', 'increase', ['hpa_unknown', 'low_coverage', 'oom', 'cpu_inside_gate']],
  ] as const)(
    'advises on %s of a cluster that tells little and was silent for a day: CPU %s, memory %s',
    (name, cpu, ram, reasons) => {
      const { row, truth } = adviceOn(BLIND, name)
      expect(row).toMatchObject({ cpu_action: cpu, ram_action: ram, cpu_limit: null, hpa: null })
      expect(truth).toMatchObject({ cpu: { action: cpu }, ram: { action: ram } })
      expect([...row.reasons].sort()).toEqual([...reasons].sort())
      expect(row.coverage).toBeCloseTo(1 - SILENT_HOURS / (DAYS * 24), 6)
      expect(row.confidence).toBeCloseTo(truth.confidence, 6)
    },
  )

  test('recommends what the method makes of the truth, within the width of a bucket', () => {
    for (const { row, truth } of advice) {
      const about = truth.usage.controller
      const cpu = truth.cpu.recommended ?? Number.NaN
      expect(row.cpu_recommended, about).toBeGreaterThanOrEqual(cpu)
      expect(row.cpu_recommended, about).toBeLessThanOrEqual(Math.ceil(cpu * 1.05))
      expect(row.ram_recommended, about).toBe(truth.ram.recommended)
    }
  })

  test('promises what the cost model would save, to a hundredth', () => {
    let compared = 0
    for (const { row, truth } of advice) {
      for (const [resource, action, amount, saving] of [
        ['cpu', row.cpu_action, row.cpu_recommended / 1000, row.cpu_saving],
        ['ram', row.ram_action, row.ram_recommended, row.ram_saving],
      ] as const) {
        if (!isChange(action)) {
          expect(saving, truth.usage.controller).toBe(0)
          continue
        }
        const truly = truth.savingWith(resource, amount)
        expect(
          saving / truly,
          `${truth.usage.controller} ${resource}: ${saving}, truly ${truly}`,
        ).toBeCloseTo(1, 2)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(12)
  })

  test.each(['cluster', 'namespace', 'controller, container'])(
    'never promises more than what there is costs, by %s',
    async grouping => {
      const { rows } = await database.pool.query<{ groups: number; excess: number }>(
        `select count(*)::int as groups, count(*) filter (where saving > cost)::int as excess
         from (
           select sum(saving_month) as saving, sum(cost_month) as cost
           from analytics.rightsizing_latest group by ${grouping}
         ) g`,
      )
      expect(rows[0]?.groups).toBeGreaterThan(0)
      expect(rows[0]?.excess).toBe(0)
    },
  )

  test('keeps its promise: a week with the recommended requests costs so much less', () => {
    const requests = new Map<string, NewRequests>()
    for (const { row } of advice) {
      requests.set(requestKey(row.cluster, row.controller, row.container), {
        ...(isChange(row.cpu_action) ? { cpu: row.cpu_recommended / 1000 } : {}),
        ...(isChange(row.ram_action) ? { ram: row.ram_recommended } : {}),
      })
    }
    const week = { start: END, end: END + 7 * DAY, youngFrom: YOUNG_FROM, silence: SILENCE }
    const before = costs(adviceEstate(week))
    const after = costs(adviceEstate({ ...week, requests }))
    let [promised, kept] = [0, 0]
    for (const { row } of advice) {
      const key = requestKey(row.cluster, row.controller, row.container)
      const saved = (before.get(key) ?? 0) - (after.get(key) ?? 0)
      const share = (row.saving_month * 7 * 24) / 730
      if (row.controller === 'young') {
        // What was there for a part of the time is promised to save in that part of a month only.
        expect(saved).toBeGreaterThan(share)
        continue
      }
      promised += share
      kept += saved
      if (row.saving_month !== 0) expect(Math.abs(saved / share - 1), row.controller).toBeLessThan(0.02)
    }
    expect(Math.abs(kept - promised)).toBeLessThan(0.01 * Math.abs(promised))
  })
})

function clustersOf(estate: Estate): readonly ClusterModel[] {
  return estate.accounts.flatMap(account => account.clusters)
}

/** What CPU and memory of each workload cost over an estate's time. */
function costs(estate: Estate): Map<string, number> {
  return new Map(
    clustersOf(estate).flatMap(cluster =>
      usageOf(estate, cluster, estate.from, estate.to).map(usage => [
        requestKey(cluster.clusterId, usage.controller, usage.container),
        usage.costWith('cpu', usage.cpuRequest) + usage.costWith('ram', usage.ramRequest),
      ]),
    ),
  )
}

function isChange(action: string): boolean {
  return action === 'set' || action === 'increase' || action === 'decrease'
}

/** Between the truth and so many times it, but for the slope of a counter not quite being its mean. */
function expectBetween(about: string, value: number, truth: number, times: number): void {
  expect(value / truth, about).toBeGreaterThan(1 - 1e-4)
  expect(value / truth, about).toBeLessThan(times + 1e-4)
}

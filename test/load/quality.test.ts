import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DAY_SECONDS, HOUR_SECONDS } from '../../src/domain/window.js'
import { WINDOW_CHECKS } from '../../src/load/checks.js'
import { SPAN_CHECKS } from '../../src/load/day-checks.js'
import { checkSpan, checkWindows, uncheckedDays } from '../../src/load/quality.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { type MetricFact, publishFacts, seedHome, type WindowFacts } from '../support/facts.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

const KEY = { account: '11111111-1111-4111-8111-111111111111', cluster: 'one' }
const DAY = Date.UTC(2026, 9, 30) / 1000
const NOON = DAY + 12 * HOUR_SECONDS
const NOW = DAY + 30 * HOUR_SECONDS
const THE_DAY = { cloudAccountId: KEY.account, clusterId: KEY.cluster, day: DAY }

/** Everything adds up: two containers on a node, a volume half mounted, a load balancer, a fee and unknown traffic. */
const WHOLE: WindowFacts = {
  containers: [
    {
      ...{
        namespace: 'shop',
        pod: 'web-0',
        node: 'n1',
        cpuCost: 30n,
        ramCost: 20n,
        gpuCost: 7n,
        gpuHours: 1,
      },
      ...{
        cpuHours: 2,
        cpuRequest: 2,
        ramHours: 1,
        ramRequest: 1,
        pvCost: 6n,
        balancerCost: 4n,
        zoneCost: 1n,
      },
      labels: { app: 'web' },
    },
    {
      namespace: 'shop',
      pod: 'web-1',
      node: 'n1',
      cpuCost: 300n,
      ramCost: 2n,
      gpuCost: 0n,
      labels: { app: 'web' },
    },
  ],
  nodes: [
    { node: 'n1', cpuCost: 200n, ramCost: 100n, gpuCost: 10n },
    { node: 'n1', providerId: 'i-2', cpuCost: 150n, ramCost: 100n, gpuCost: 0n },
  ],
  assets: [
    { type: 'disk', id: 'pv-1', gib: 10, cost: 10n },
    { type: 'load_balancer', id: 'shop/web', cost: 4n },
    { type: 'management', id: 'eks', cost: 11n },
  ],
  remainders: [
    { kind: 'unmounted', part: 'pv', namespace: 'shop', name: 'pv-1', cost: 4n },
    { kind: 'cluster_management', part: 'management', name: 'eks', cost: 11n },
    { kind: 'unallocated', part: 'network_internet', namespace: 'shop', name: 'ghost', cost: 3n },
  ],
  metrics: [
    { metric: 'kubecost_cluster_info' },
    { metric: 'kubecost_node_is_spot', labels: { node: 'n1' } },
    allocated('cpu_allocation', false, 2),
    allocated('memory_allocation_bytes', false, 2 ** 30),
  ],
}

/** What Kubecost's rules say of pods of DaemonSets (on each node) or of all others. */
function allocated(rule: string, isDaemonSet: boolean, avg: number): MetricFact {
  return { metric: `kubecost_savings_${rule}`, labels: { daemonset: String(isDaemonSet) }, avg }
}

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
  await seedHome(database.pool, KEY, DAY - 40 * DAY_SECONDS, NOW)
})
afterEach(() => database.drop())

const publish = (window: number, facts = WHOLE) => publishFacts(database.pool, KEY, window, facts)

async function failing(): Promise<string[]> {
  return (await checkWindows(database.pool, THE_DAY)).map(({ check }) => check)
}

async function checksOf(
  window: number,
): Promise<Record<string, { ok: boolean; observed: string; detail?: string }>> {
  const { rows } = await database.pool.query(
    'select checks from warehouse.window_ledger where window_start = to_timestamp($1)',
    [window],
  )
  return rows[0]?.checks ?? {}
}

async function change(text: string): Promise<void> {
  const { rowCount } = await database.pool.query(text)
  expect(rowCount).toBeGreaterThan(0)
}

describe('the checks of a window', () => {
  it('hold for a window that adds up, and all of them stand in the ledger', async () => {
    await publish(NOON)
    expect(await failing()).toEqual([])
    const checks = await checksOf(NOON)
    expect(Object.keys(checks).sort()).toEqual(WINDOW_CHECKS.map(({ id }) => id).sort())
    expect(Object.values(checks).every(({ ok }) => ok)).toBe(true)
    expect(checks['I3']).toMatchObject({ observed: '0.000000000589', expected: '0.000000000589' })
  })

  it('hold where the cost of a node is not known: nothing is said of it', async () => {
    await publish(NOON, {
      containers: [{ namespace: 'a', pod: 'p', node: 'n', cpuCost: 5n, ramCost: 5n }],
      nodes: [{ node: 'n', cpuCost: null, ramCost: 9n }],
    })
    expect(await failing()).toEqual([])
  })

  const ONE = `cloud_account_id = '${KEY.account}'`
  const breaks: [string, string, string[]][] = [
    [
      'a cent on a container',
      `update warehouse.allocation_hourly set cpu_cost = cpu_cost + 0.01`,
      ['I1', 'I3', 'plausible'],
    ],
    ['idle that lost its sign', `update warehouse.idle_hourly set ram_cost = -ram_cost`, ['I1', 'I3']],
    ['idle that is gone', `delete from warehouse.idle_hourly`, ['I1']],
    [
      'a disk that costs more',
      `update warehouse.asset_hourly set total_cost = 1 where asset_type = 'disk'`,
      ['I2', 'I3'],
    ],
    [
      'a load balancer that is gone',
      `delete from warehouse.asset_hourly where asset_type = 'load_balancer'`,
      ['I2_load_balancers', 'I3'],
    ],
    [
      'a fee twice',
      `update warehouse.remainder_hourly set cost = 2 * cost where part = 'management'`,
      ['I3'],
    ],
    [
      'a container without a name',
      `delete from warehouse.container where pod = 'web-1'`,
      ['I1', 'I3', 'I4', 'container_known'],
    ],
    ['a cluster that nobody knows', `delete from warehouse.cluster`, ['I6']],
    ['less than was requested', `update warehouse.allocation_hourly set cpu_core_request_hours = 3`, ['I7']],
    [
      'rows that are gone',
      `delete from warehouse.allocation_hourly where pv_cost is null`,
      ['I1', 'I3', 'row_counts'],
    ],
    ['a node that is gone', `delete from warehouse.node_hourly`, ['I1', 'I3', 'row_counts', 'node_known']],
    ['an hour of 61 minutes', `update warehouse.allocation_hourly set minutes = 61`, ['I7', 'time_bound']],
    ['no minute at all', `update warehouse.node_hourly set minutes = 0`, ['time_bound']],
    ['a negative use', `update warehouse.allocation_hourly set cpu_core_used_hours = -1`, ['non_negative']],
    [
      'a heartbeat with holes',
      `update warehouse.window_ledger set samples_seen = 50`,
      ['sample_completeness'],
    ],
    ['a silent restatement', `update warehouse.window_ledger set revision = 2`, ['restatement']],
  ]
  it.each(breaks)('find %s', async (_what, sql, expected) => {
    await publish(NOON)
    await change(`${sql} ${sql.includes(' where ') ? 'and' : 'where'} ${ONE}`)
    expect((await failing()).sort()).toEqual([...expected].sort())
    if (expected[0] !== undefined) expect((await checksOf(NOON))[expected[0]]).toMatchObject({ ok: false })
  })

  it('find a container that ran for longer than the hour on two nodes, and let one move', async () => {
    const on = (node: string, minutes: number) => ({
      ...{ namespace: 'a', pod: 'db-0', node, minutes, cpuCost: 1n, ramCost: 1n },
    })
    const nodes = ['n1', 'n2'].map(node => ({ node, cpuCost: 9n, ramCost: 9n }))
    await publish(NOON, { containers: [on('n1', 20), on('n2', 40)], nodes })
    expect(await failing()).toEqual([])
    await publish(NOON + HOUR_SECONDS, { containers: [on('n1', 40), on('n2', 40)], nodes })
    expect(await failing()).toEqual(['one_place'])
    expect((await checksOf(NOON + HOUR_SECONDS))['one_place']).toMatchObject({
      observed: '1',
      detail: 'a/db-0/main',
    })
  })

  it('keep what loading found against the window, and replace what they themselves found before', async () => {
    await publish(NOON)
    const found = { I1: { ok: true }, I7: { ok: false, observed: '1.2', expected: '1' } }
    await database.pool.query('update warehouse.window_ledger set checks = $1', [JSON.stringify(found)])
    await change(`update warehouse.idle_hourly set ram_cost = ram_cost + 1`)
    await failing()
    expect(await checksOf(NOON)).toMatchObject({ I1: { ok: false, detail: 'n1' }, I7: found.I7 })
    await change(`update warehouse.idle_hourly set ram_cost = ram_cost - 1`)
    await failing()
    expect(await checksOf(NOON)).toMatchObject({ I1: { ok: true }, I7: found.I7 })
  })

  it('look at recent days every night, at others once, and again after a publication', async () => {
    const old = DAY - 20 * DAY_SECONDS
    await publish(NOON)
    await publish(old)
    const days = async () => (await uncheckedDays(database.pool, NOW)).map(({ day }) => day)
    expect(await days()).toEqual([old, DAY])
    await checkWindows(database.pool, { ...THE_DAY, day: old })
    await checkWindows(database.pool, THE_DAY)
    expect(await days()).toEqual([DAY])
    await publish(old)
    expect(await days()).toEqual([old, DAY])
  })
})

describe('the checks of days, months and clusters', () => {
  const spans = ['day', 'month', 'cluster'] as const
  async function broken(now = NOW, day = THE_DAY): Promise<string[]> {
    const found: string[] = []
    for (const span of spans)
      found.push(...(await checkSpan(database.pool, span, day, now)).map(({ check }) => check))
    return found
  }
  async function fill(day: number, facts = WHOLE): Promise<void> {
    for (let n = 0; n < 24; n++) await publish(day + n * HOUR_SECONDS, facts)
    await rollUpDay(database.pool, { ...THE_DAY, day })
  }
  const result = async (check: string) => {
    const { rows } = await database.pool.query<Record<string, unknown>>(
      `select ok, severity, observed, expected, detail, failing_since from analytics.quality_result where check_id = $1`,
      [check],
    )
    return rows[0]
  }

  it('hold for a whole day after whole weeks, and each of them has said so', async () => {
    for (const weeks of [2, 1]) await fill(DAY - weeks * 7 * DAY_SECONDS)
    await fill(DAY - DAY_SECONDS)
    await fill(DAY)
    await database.pool.query('update warehouse.window_ledger set source_samples = 1000')
    expect(await broken(DAY + 24.5 * HOUR_SECONDS)).toEqual([])
    const { rows } = await database.pool.query(
      'select distinct check_id from analytics.quality_result order by 1',
    )
    expect(rows.map(row => row.check_id)).toEqual(SPAN_CHECKS.map(({ id }) => id).sort())
  })

  it('find sums that are not those of their hours, and since when', async () => {
    await fill(DAY)
    await change(`update warehouse.idle_daily set cpu_cost = cpu_cost + 0.000000000001`)
    expect(await broken()).toEqual(expect.arrayContaining(['I5_day', 'I5_month']))
    const first = await result('I5_day')
    expect(first).toMatchObject({ ok: false, severity: 'E', detail: 'idle' })
    await broken()
    expect(await result('I5_day')).toEqual(first)
    await change(`update warehouse.idle_daily set cpu_cost = cpu_cost - 0.000000000001`)
    await broken()
    expect(await result('I5_day')).toMatchObject({ ok: true, failing_since: null })
    await change(`update warehouse.namespace_daily set ram_cost = ram_cost + 0.000000000001`)
    await broken()
    expect(await result('I5_day')).toMatchObject({ ok: false, detail: 'namespaces' })
  })

  it('find a day that is more efficient than any of its hours', async () => {
    const containers = WHOLE.containers?.map(one => ({ ...one, cpuRequest: 2, cpuUsed: 1 })) ?? []
    await fill(DAY, { ...WHOLE, containers })
    expect(await result('I9')).toBeUndefined()
    await broken()
    expect(await result('I9')).toMatchObject({ ok: true, observed: '0' })
    await change(`update warehouse.allocation_daily set cpu_core_used_hours = cpu_core_used_hours * 3`)
    expect(await broken()).toContain('I9')
  })

  it('say nothing of a day whose sums are about to be made anew', async () => {
    await fill(DAY)
    await publish(DAY, {})
    expect(await broken()).not.toContain('I5_day')
  })

  it('find a missing hour, a cluster that is behind, and facts that belong to no window', async () => {
    await fill(DAY)
    await change(`delete from warehouse.window_ledger where window_start = to_timestamp(${NOON})`)
    expect(await broken(DAY + 32 * HOUR_SECONDS)).toEqual(
      expect.arrayContaining(['completeness', 'facts_have_windows', 'freshness', 'freshness_soon']),
    )
    expect(await result('completeness')).toMatchObject({
      observed: '23',
      expected: '24',
      detail: 'first missing 12:00',
    })
    expect(await result('facts_have_windows')).toMatchObject({ observed: '1', detail: '12:00' })
    expect(await result('freshness')).toMatchObject({ observed: '8.0 h' })
  })

  it('find a day unlike the same day of other weeks', async () => {
    for (const weeks of [3, 2, 1]) await fill(DAY - weeks * 7 * DAY_SECONDS)
    await fill(DAY, { ...WHOLE, nodes: [{ node: 'n1', cpuCost: 5000n, ramCost: 1n, gpuCost: 1n }] })
    const found = await broken()
    expect(found).toContain('drift_cost')
    expect(found).not.toContain('drift_rows')
  })

  it('find metrics that went missing or lost their series', async () => {
    const spot = (nodes: number) =>
      Array.from({ length: nodes }, (_, i) => ({
        metric: 'kubecost_node_is_spot',
        labels: { node: `n${i}` },
      }))
    await fill(DAY - DAY_SECONDS, { ...WHOLE, metrics: [{ metric: 'kubecost_cluster_info' }, ...spot(10)] })
    await fill(DAY, { ...WHOLE, metrics: spot(7) })
    expect(await broken()).toEqual(
      expect.arrayContaining(['drift_series', 'metrics_present', 'heartbeat_present']),
    )
    expect(await result('metrics_present')).toMatchObject({ severity: 'W', detail: 'kubecost_cluster_info' })
    expect(await result('drift_series')).toMatchObject({ detail: 'kubecost_node_is_spot 7 of 10' })
  })

  describe('compare what is allocated with what Kubecost says of it', () => {
    // Two cores and a GiB, and half a core and a quarter of a GiB of DaemonSets on each of two nodes.
    const daemons = ['a', 'b'].map(node => ({
      ...{ namespace: 'kube-system', pod: `agent-${node}`, node, controllerKind: 'DaemonSet' },
      ...{ cpuHours: 0.5, ramHours: 0.25, cpuCost: 0n, ramCost: 0n },
    }))
    const facts = (metrics: readonly MetricFact[]): WindowFacts => ({
      containers: [...(WHOLE.containers ?? []), ...daemons],
      nodes: ['a', 'b'].map(node => ({ node, cpuCost: 500n, ramCost: 500n })),
      metrics,
    })
    const cpu = (others: number, perNode?: number) => [
      allocated('cpu_allocation', false, others),
      ...(perNode === undefined ? [] : [allocated('cpu_allocation', true, perNode)]),
    ]

    it.each<[string, MetricFact[], boolean, string]>([
      ['the same', cpu(2, 0.5), true, '3.000 cores'],
      ['nearly as much', cpu(2.2, 0.55), true, '3.300 cores'],
      ['more by more than a tenth', cpu(2.4, 0.5), false, '3.400 cores'],
      ['less by more than a tenth', cpu(1.5, 0.5), false, '2.500 cores'],
      // A second kube-state-metrics halves it.
      ['half of the DaemonSets', cpu(2, 0.2), false, '2.400 cores'],
      ['nothing of DaemonSets', cpu(2), true, '2.000 cores'],
      ['as much memory', [allocated('memory_allocation_bytes', false, 2 ** 30)], true, '1.000 GiB'],
      ['half the memory', [allocated('memory_allocation_bytes', false, 2 ** 29)], false, '0.500 GiB'],
    ])('which is %s', async (_what, metrics, ok, expected) => {
      await publish(NOON, facts(metrics))
      await broken()
      expect(await result('allocation_agrees')).toMatchObject({
        ...{ ok, severity: 'W', expected: `${expected} ± 10 %` },
        detail: ok ? null : expected.replace(/.* /, ''),
      })
    })

    it('and say nothing where it says nothing, or where the hours are not whole', async () => {
      await publish(NOON, facts([{ metric: 'kubecost_cluster_info' }]))
      await publish(NOON - HOUR_SECONDS, facts(cpu(99)))
      await change(
        `update warehouse.window_ledger set coverage = 0.5 where window_start < to_timestamp(${NOON})`,
      )
      await broken()
      expect(await result('allocation_agrees')).toBeUndefined()
    })
  })

  it('find cost without labels and samples that were turned away', async () => {
    const bare = WHOLE.containers?.map(row => ({ ...row, labels: null })) ?? []
    await fill(DAY, { ...WHOLE, containers: bare })
    await database.pool.query('update warehouse.window_ledger set source_samples = 1000, rejects = 2')
    expect(await broken()).toEqual(expect.arrayContaining(['label_coverage', 'rejects']))
    expect(await result('label_coverage')).toMatchObject({ observed: '0.0 %' })
  })
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JobEvent } from '../../jobs/context.js'
import { loadDay } from '../../jobs/load-day.js'
import { planAccount } from '../../jobs/plan-windows.js'
import { dueDays, requestReload } from '../../src/load/ledger.js'
import { listRuns } from '../../src/load/runs.js'
import { ingestAll } from '../support/ingest.js'
import {
  ACCOUNT,
  type Alteration,
  altered,
  asks,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  NEIGHBOUR,
  openSampleWorld,
  type SampleWorld,
  smallEstate,
} from '../support/sample-world.js'
import { loginPage, readRecordings, refusal, type StubReply } from '../support/thanos-stub.js'
import { expectTruth } from '../support/truth-check.js'

const ESTATE = smallEstate({ hours: 3 })
const isQuestion = ({ path }: { path: string }) => /\/query(_range)?$/.test(path)

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld({ estate: ESTATE })
})
afterEach(() => world.close())

const ingest = () => ingestAll(world.context())

/** Loads what is due, without looking for new windows. */
async function load(): Promise<number> {
  let published = 0
  for (const day of await dueDays(world.database.pool, world.now, { limit: 10 })) {
    published += (await loadDay.run(day, world.context())).published
  }
  return published
}

/** As if the pause after a failure had passed. */
async function makeDue(): Promise<void> {
  await world.database.pool.query(
    `update warehouse.window_ledger set next_read_at = window_start where revision = 0 and next_read_at is not null`,
  )
}

async function facts(): Promise<number> {
  const { rows } = await world.database.pool.query(
    'select window_start from warehouse.node_hourly union select window_start from warehouse.allocation_hourly',
  )
  return rows.length
}

async function everythingSaid(): Promise<string> {
  const { rows } = await world.database.pool.query(
    `select to_jsonb(l)::text as t from warehouse.window_ledger l union all select to_jsonb(r)::text from warehouse.load_run r
     union all select to_jsonb(s)::text from warehouse.thanos_store s`,
  )
  return rows.map(row => row.t).join('\n') + world.log.text()
}

describe('a series of another account', () => {
  const foreign: Alteration = reply => {
    const body = JSON.parse(String(reply.body)) as { data: { result: object[] } }
    body.data.result.push({
      metric: {
        tenant_id: NEIGHBOUR,
        cluster_id: CLUSTER,
        namespace: 'foreign-namespace',
        node: 'foreign-node',
      },
      ...(body.data.result.some(series => 'value' in series)
        ? { value: [FIRST, '1'] }
        : { values: [[FIRST, '1']] }),
    })
    return { ...reply, body: JSON.stringify(body) }
  }

  test('in any one answer of a load condemns the load, whichever it is, and is never named', async () => {
    world.alter(isQuestion, (reply, request, nth) => (nth === 1 ? foreign(reply, request, nth) : reply))
    expect(await ingest()).toEqual({ published: 0, unchanged: 0, open: 0 })
    world.restore()
    for (const account of ESTATE.accounts) await planAccount(world.context(), account)

    let spoiled = 0
    for (;;) {
      world.restore()
      const turn = spoiled
      let seen = 0
      world.alter(isQuestion, (reply, request, nth) => {
        seen = nth
        return nth === turn + 1 ? foreign(reply, request, nth) : reply
      })
      await makeDue()
      const published = await load()
      if (seen <= turn) {
        expect(published).toBe(3)
        break
      }
      expect(published, `question ${turn + 1}`).toBe(0)
      expect(await facts()).toBe(0)
      expect(await world.ledger()).toMatchObject(
        Array(3).fill({ state: 'due', error_code: 'FOREIGN_TENANT', claimed_by: null }),
      )
      spoiled++
    }
    expect(spoiled).toBeGreaterThan(25)
    expect(await everythingSaid()).not.toMatch(/foreign-n|0000000b/)
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
  })
})

const PARTIAL = readRecordings('stores').find(
  ({ name }) => name === 'one store killed 0.3 s ago, range, partial_response=true',
)
const KILLED = readRecordings('stores').find(
  ({ name }) => name === 'one store killed 0.3 s ago, range, partial_response=false',
)
const warnings = (JSON.parse(PARTIAL?.response.body ?? '{}') as { warnings: string[] }).warnings

const FAULTS: [string, string, Alteration][] = [
  ['that Thanos calls partial', 'THANOS_PARTIAL', altered(body => ({ ...body, warnings }))],
  ['refused because a store has just died', 'THANOS_UNAVAILABLE', () => KILLED?.response ?? {}],
  ['cut off by a closed connection', 'THANOS_UNREACHABLE', cutAt(0.5, 'fin')],
  ['cut off by a reset connection', 'THANOS_UNREACHABLE', cutAt(0.9, 'rst')],
  ['cut off where HTTP sees nothing wrong', 'THANOS_BAD_BODY', cutAt(0.7, 'unframed')],
  ['replaced by a login page', 'THANOS_MISCONFIGURED', () => loginPage()],
  ['refused for its credentials', 'THANOS_UNAUTHORIZED', () => ({ status: 401, body: 'Unauthorized' })],
  ['put off', 'THANOS_OVERLOADED', () => ({ status: 429, headers: { 'retry-after': '1800' } })],
]

function cutAt(share: number, how: 'fin' | 'rst' | 'unframed'): Alteration {
  return reply => ({
    ...reply,
    fault: { kind: 'cut', bytes: Math.floor(String(reply.body).length * share), how },
  })
}

describe('an answer', () => {
  test.each(FAULTS)('%s leaves every window as it was, and due', async (_, code, change) => {
    world.alter(asks('sum by (tenant_id,cluster_id,job,namespace'), change)
    expect(await ingest()).toEqual({ published: 0, unchanged: 0, open: 3 })
    expect(await facts()).toBe(0)
    for (const row of await world.ledger()) {
      expect(row).toMatchObject({
        state: 'due',
        reason: null,
        error_code: code,
        claimed_by: null,
        revision: 0,
      })
      expect(row.error_message).toContain(ACCOUNT)
      expect(row.next_read).toBe(world.now + (code === 'THANOS_OVERLOADED' ? 1800 : 60))
    }
    expect(await everythingSaid()).not.toMatch(/0000000[b-e]|:10901|rpc error|Sign in/)
    expect(await listRuns(world.database.pool, { limit: 10 })).toMatchObject([
      { state: 'failed', errorCode: code, windowsPublished: 0, loadedRows: 0 },
    ])

    world.restore()
    await makeDue()
    expect(await load()).toBe(3)
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
  })

  test.each([
    ['credentials', { status: 403, body: 'Forbidden' }, 'THANOS_UNAUTHORIZED'],
    ['overload', refusal(503, 'timeout', 'query timed out in query queue'), 'THANOS_OVERLOADED'],
  ] satisfies [string, StubReply, string][])(
    'refused for %s again and again never sets a window aside',
    async (_, reply, code) => {
      world.alter(asks('kube_pod_owner'), () => reply)
      await ingest()
      for (let round = 0; round < 7; round++) {
        await makeDue()
        await load()
      }
      expect(await world.ledger()).toMatchObject(
        Array(3).fill({ state: 'due', failures: 8, error_code: code }),
      )
      world.restore()
      await makeDue()
      expect(await load()).toBe(3)
    },
  )
})

describe('an hour whose answers break the contract', () => {
  const poisoned = FIRST + HOUR
  const watermark = async () => {
    const { rows } = await world.database.pool.query(
      'select extract(epoch from watermark)::float8 as at from warehouse.cluster',
    )
    return rows[0]?.at
  }

  test('is set aside after its tries while the others load and the watermark waits for it', async () => {
    world.alter(
      asks('kube_pod_owner'),
      altered(({ data }) => {
        for (const point of data.result.flatMap(series => series.values))
          if (point[0] === poisoned + HOUR) point[1] = 'much'
        return undefined
      }),
    )
    expect(await ingest()).toEqual({ published: 2, unchanged: 0, open: 1 })
    expect(await world.ledger()).toMatchObject([
      { state: 'loaded', revision: 1 },
      { state: 'due', error_code: 'THANOS_CONTRACT', failures: 1 },
      { state: 'loaded', revision: 1 },
    ])
    for (let round = 0; round < 4; round++) {
      await makeDue()
      expect(await load()).toBe(0)
    }
    const [, quarantined] = await world.ledger()
    expect(quarantined).toMatchObject({
      state: 'quarantined',
      reason: 'quarantined',
      next_read: null,
      claimed_by: null,
    })
    expect(await watermark()).toBe(poisoned)
    await makeDue()
    expect(await load()).toBe(0)

    world.restore()
    const range = { cloudAccountId: ACCOUNT, from: FIRST, to: ESTATE.to, now: world.now, settleMinutes: 10 }
    expect(await requestReload(world.database.pool, { ...range, mode: 'failed' })).toEqual([
      { clusterId: CLUSTER, windows: 1 },
    ])
    expect(await load()).toBe(1)
    expect(await watermark()).toBe(ESTATE.to)
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
  })
})

describe('an essential metric that is absent', () => {
  test.each([
    ['node_cpu_hourly_cost'],
    ['node_ram_hourly_cost'],
    ['container_cpu_allocation'],
    ['container_memory_allocation_bytes'],
    ['kube_node_status_capacity'],
  ])('%s is named, and no window is published without it', async metric => {
    await world.hold(changed(ESTATE, (one, name) => (name.startsWith(metric) ? undefined : one)))
    expect(await ingest()).toEqual({ published: 0, unchanged: 0, open: 3 })
    for (const row of await world.ledger()) {
      expect(row).toMatchObject({ state: 'incomplete', reason: 'missing_series', claimed_by: null })
      expect(row.reason_detail).toContain(metric)
    }
    expect(await facts()).toBe(0)
    await world.hold(ESTATE)
    await makeDue()
    expect(await load()).toBe(3)
  })
})

describe('values that are no numbers and labels that no one expects', () => {
  test('are counted or kept, and the rest of the hour loads', async () => {
    const events: JobEvent[] = []
    const odd = 'line\nbreak, "quote", \\, 店 🚀 and \u0000 nothing'
    world.alter(
      asks('exported_node,uid'),
      altered(({ data }) => {
        for (const series of data.result) {
          if (series.metric.container === 'nginx') series.metric.pod = `${series.metric.pod} ${odd}`
          if (series.metric.container === 'free') for (const point of series.values) point[1] = 'NaN'
          if (series.metric.container === 'idle') for (const point of series.values) point[1] = '+Inf'
        }
        return undefined
      }),
    )
    const clean = await ingestAll(world.context({ observe: event => void events.push(event) }))
    expect(clean).toEqual({ published: 3, unchanged: 0, open: 0 })
    const [run] = await listRuns(world.database.pool, { limit: 1 })
    expect(run?.rejects).toBeGreaterThan(0)
    const counted = run?.rejectReasons.reduce((sum, { count }) => sum + count, 0)
    expect(counted).toBe(run?.rejects)
    expect((await world.ledger()).reduce((sum, row) => sum + row.rejects, 0)).toBe(run?.rejects)
    const observed = events.flatMap(event => (event.kind === 'rejects' ? [event.count] : []))
    expect(observed.reduce((sum, count) => sum + count, 0)).toBe(run?.rejects)
    const { rows } = await world.database.pool.query(
      `select count(distinct pod)::int as pods from warehouse.container where container = 'nginx' and pod like $1`,
      [`% ${odd.replace('\u0000', '').replaceAll('\\', '\\\\')}`],
    )
    expect(rows[0]?.pods).toBe(8)
    const broken = await world.database.pool.query(
      `select 1 from warehouse.allocation_hourly where not (minutes between 0 and 60) or cpu_core_hours = 'NaN'
       or cpu_core_hours = 'Infinity' or cpu_cost = 'NaN' or ram_cost = 'NaN'`,
    )
    expect(broken.rowCount).toBe(0)
  })
})

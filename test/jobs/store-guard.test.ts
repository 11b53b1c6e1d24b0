import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { listSets } from '../../src/load/stores.js'
import { runCli } from '../support/cli.js'
import { ingestAll } from '../support/ingest.js'
import {
  ACCOUNT,
  CLUSTER,
  FIRST,
  HOUR,
  halfOf,
  NEIGHBOUR,
  openSampleWorld,
  type SampleWorld,
  silenced,
  smallEstate,
} from '../support/sample-world.js'
import { loginPage, readRecordings, type StubReply, stores } from '../support/thanos-stub.js'
import { expectTruth, warehouseHash } from '../support/truth-check.js'

const ESTATE = smallEstate({ hours: 4 })
const HALF = halfOf(ESTATE)
const SET = [0, 1].map(n => `[["receive_replica","thanos-receive-${n}"],["tenant_id","${ACCOUNT}"]]`)
const published = (windows: number) => ({ published: windows, unchanged: 0, open: 0 })
const open = (windows: number) => ({ published: 0, unchanged: 0, open: windows })

/** What a real Thanos said of its stores in that moment. */
function recorded(moment: string): StubReply {
  const found = readRecordings('stores').find(
    ({ name, server }) => name.startsWith(moment) && name.endsWith(', stores') && server === 'querier',
  )
  if (found === undefined) throw new Error(`nothing recorded for ${moment}`)
  return found.response
}

const UP = recorded('both stores up')
const DEAD = recorded('one store dead for 14 s')
const GONE = recorded('one store dead for more than five minutes')

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld({ estate: ESTATE })
  says(UP)
})
afterEach(() => world.close())

const says = (...replies: StubReply[]) => world.stub.on('/api/v1/stores', replies)
const ingest = () => ingestAll(world.context())
const pass = (seconds: number) => {
  world.now += seconds
}

async function readAgain(): Promise<void> {
  await world.database.pool.query(
    'update warehouse.window_ledger set next_read_at = window_start where revision > 0',
  )
}

async function gaps(): Promise<unknown> {
  const app = buildApp({ pool: world.database.pool, clusterSecret: 'secret', now: () => world.now })
  const query = `start_date=${ESTATE.from}&end_date=${ESTATE.to}`
  const url = `/restapi/v2/cloud_accounts/${ACCOUNT}/k8s/cost_allocation?${query}`
  const response = await app.inject({ url, headers: { secret: 'secret' } })
  await app.close()
  return response.json().meta?.gaps ?? response.json()
}

async function expectHeldUp(loaded = 0): Promise<void> {
  const rows = await world.ledger()
  for (const row of rows.slice(loaded)) {
    expect(row).toMatchObject({
      state: 'incomplete',
      reason: 'source_incomplete',
      revision: 0,
      claimed_by: null,
    })
    expect(row.reason_detail).toContain(SET[1])
    expect(row.next_read).toBeGreaterThan(world.now)
  }
  expect(rows).toHaveLength(4)
  expect(await factHours()).toBe(loaded)
}

async function factHours(): Promise<number> {
  const { rows } = await world.database.pool.query(
    'select window_start from warehouse.node_hourly union select window_start from warehouse.allocation_hourly',
  )
  return rows.length
}

/** Addresses and other accounts that only Thanos knows. */
async function expectDiscretion(): Promise<void> {
  const { rows } = await world.database.pool.query('select * from warehouse.load_run')
  const seen = JSON.stringify([await world.ledger(), rows]) + world.log.text()
  expect(seen).not.toMatch(/:10901|dial tcp|rpc error/)
  expect(seen).not.toContain(NEIGHBOUR)
}

describe('an account whose stores are all there', () => {
  test('loads, and its stores are remembered', async () => {
    expect(await ingest()).toEqual(published(4))
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
    const sets = await listSets(world.database.pool, ACCOUNT)
    expect(sets.map(set => set.labelSet)).toEqual(SET)
    expect((await world.ledger()).map(row => row.store_sets)).toEqual(Array(4).fill(SET))
    expect(await gaps()).toEqual([])
  })

  test('is not told apart from one on a plain Prometheus, which has no list of stores', async () => {
    says({ status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' })
    expect(await ingest()).toEqual(published(4))
    expect((await world.ledger()).map(row => row.store_sets)).toEqual(Array(4).fill([]))
  })

  test('does not load while a login page stands where the list of stores should be', async () => {
    says(loginPage())
    expect(await ingest()).toEqual(open(4))
    expect(await factHours()).toBe(0)
    expect(await world.ledger()).toMatchObject([
      { state: 'due', error_code: 'THANOS_MISCONFIGURED' },
      { state: 'due' },
      { state: 'due' },
      { state: 'due' },
    ])
  })
})

describe('a store that dies', () => {
  beforeEach(async () => {
    // It was there when the first hour was loaded, which is settled.
    world.now = FIRST + HOUR + 900
    expect(await ingest()).toEqual(published(1))
    await world.database.pool.query('update warehouse.window_ledger set next_read_at = null')
    world.now = ESTATE.to + 900
  })

  test.each([
    ['is listed with an error', DEAD],
    ['has left the list', GONE],
  ])('holds up every window while it %s, though half of the data comes without a word', async (_, said) => {
    says(said)
    await world.hold(HALF)
    expect(await ingest()).toEqual(open(3))
    await expectHeldUp(1)
    expect(await gaps()).toEqual([
      { cluster: CLUSTER, start_date: FIRST + HOUR, end_date: ESTATE.to, reason: 'source_incomplete' },
    ])
    await expectDiscretion()
  })

  test('between the questions and the second look spoils what was answered', async () => {
    says(UP, DEAD)
    await world.hold(HALF)
    expect(await ingest()).toEqual(open(3))
    expect(world.stub.requests.filter(({ path }) => path === '/api/v1/query_range').length).toBeGreaterThan(
      10,
    )
    await expectHeldUp(1)
    await expectDiscretion()
  })

  test('and comes back lets everything load, on its own', async () => {
    says(DEAD)
    await world.hold(HALF)
    expect(await ingest()).toEqual(open(3))
    expect(await ingest()).toEqual(open(0))
    world.restore()
    says(UP)
    await world.hold(ESTATE)
    pass(120)
    expect(await ingest()).toEqual(published(3))
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
    expect(await gaps()).toEqual([])
  })

  test('for good is accepted by an operator, and what is published from then on does not name it', async () => {
    says(DEAD)
    await world.hold(HALF)
    expect(await ingest()).toEqual(open(3))
    const forgotten = await runCli(['stores', 'forget', ACCOUNT, SET[1] ?? ''], {
      DATABASE_URL: world.database.url,
    })
    expect(forgotten).toMatchObject({ code: 0, stdout: '' })
    pass(120)
    expect(await ingest()).toEqual(published(3))
    expect((await world.ledger()).map(row => row.store_sets)).toEqual([SET, [SET[0]], [SET[0]], [SET[0]]])
    expect(await gaps()).toEqual([])
    // Thanos drops it from the list some minutes later; that is no news.
    world.restore()
    says(GONE)
    await readAgain()
    expect(await ingest()).toEqual({ published: 0, unchanged: 3, open: 1 })
  })

  test('leaves what was published as it was, and its windows are no gaps', async () => {
    expect(await ingest()).toEqual(published(3))
    const before = await warehouseHash(world.database.pool)
    says(GONE)
    await world.hold(HALF)
    await readAgain()
    expect(await ingest()).toEqual(open(4))
    expect(await warehouseHash(world.database.pool)).toBe(before)
    expect(await world.ledger()).toMatchObject(
      Array(4).fill({ state: 'loaded', revision: 1, reason: 'source_incomplete' }),
    )
    expect(await gaps()).toEqual([])
  })

  test('and was forgotten cannot take half of the money out of published windows', async () => {
    expect(await ingest()).toEqual(published(3))
    const before = await warehouseHash(world.database.pool)
    says(GONE)
    await world.hold(HALF)
    await runCli(['stores', 'forget', ACCOUNT, SET[1] ?? ''], { DATABASE_URL: world.database.url })
    await readAgain()
    expect(await ingest()).toEqual(open(4))
    expect(await warehouseHash(world.database.pool)).toBe(before)
    expect(await world.ledger()).toMatchObject(
      Array(4).fill({ state: 'loaded', revision: 1, reason: 'suspect', claimed_by: null }),
    )
    expect(await gaps()).toEqual([
      { cluster: CLUSTER, start_date: FIRST, end_date: ESTATE.to, reason: 'suspect' },
    ])
  })

  test('does not hide that a published window was measured in part', async () => {
    await world.hold(silenced(ESTATE, FIRST + 1.5 * HOUR, FIRST + 2.5 * HOUR))
    expect(await ingest()).toEqual(published(3))
    const silent = [
      { cluster: CLUSTER, start_date: FIRST + HOUR, end_date: FIRST + 3 * HOUR, reason: 'source_silent' },
    ]
    expect(await gaps()).toEqual(silent)
    says(DEAD)
    await readAgain()
    expect(await ingest()).toEqual(open(4))
    expect(await gaps()).toEqual(silent)
  })
})

describe('a store that was never seen in health', () => {
  test('holds up the first load of an account', async () => {
    says(DEAD)
    await world.hold(HALF)
    expect(await ingest()).toEqual(open(4))
    await expectHeldUp()
    expect(await listSets(world.database.pool, ACCOUNT)).toEqual([])
  })

  test('does not hold up windows before its oldest sample, once it was seen', async () => {
    const labels = [0, 1].map(n => ({ receive_replica: `thanos-receive-${n}`, tenant_id: ACCOUNT }))
    const [old, young] = labels.map((set, n) => ({ labelSets: [set], minTime: FIRST + n * 2 * HOUR }))
    if (old === undefined || young === undefined) throw new Error('two stores are needed')
    says(stores([old, young]))
    expect(await ingest()).toEqual(published(4))
    says(stores([old, { ...young, lastError: 'connection refused' }]))
    await readAgain()
    expect(await ingest()).toEqual({ published: 0, unchanged: 2, open: 2 })
    expect((await world.ledger()).map(row => row.reason)).toEqual([
      null,
      null,
      'source_incomplete',
      'source_incomplete',
    ])
  })
})

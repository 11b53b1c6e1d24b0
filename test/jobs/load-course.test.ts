import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadDay } from '../../jobs/load-day.js'
import { planAccount } from '../../jobs/plan-windows.js'
import { NamedError } from '../../src/errors.js'
import { listRuns } from '../../src/load/runs.js'
import { ingestAll } from '../support/ingest.js'
import {
  ACCOUNT,
  asks,
  CLUSTER,
  FIRST,
  HOUR,
  openSampleWorld,
  type SampleWorld,
  silenced,
  smallEstate,
} from '../support/sample-world.js'
import { expectTruth, warehouseHash } from '../support/truth-check.js'
import { waitFor } from '../support/wait.js'

const ESTATE = smallEstate({ hours: 4 })
const DAY = { cloudAccountId: ACCOUNT, clusterId: CLUSTER, day: FIRST }

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld({ estate: ESTATE })
})
afterEach(() => world.close())

const ingest = () => ingestAll(world.context())
const plan = async () => {
  for (const account of ESTATE.accounts) await planAccount(world.context(), account)
}
const query = (text: string) => world.database.pool.query(text)

/** An answer that comes once it is let go; `asked` settles when the question is there. */
function holdBack(text: string): { letGo: () => void; asked: () => Promise<void> } {
  let letGo: () => void = () => undefined
  const ready = new Promise<void>(resolve => {
    letGo = resolve
  })
  let isAsked = false
  world.alter(asks(text), reply => {
    isAsked = true
    return { ...reply, fault: { kind: 'after', ready } }
  })
  return { letGo, asked: () => waitFor(`the question for ${text}`, () => isAsked) }
}

describe('a cluster that is silent', () => {
  const silentEnd = silenced(ESTATE, FIRST + 2 * HOUR, ESTATE.to)

  test('in the newest hour may be late: the hour stays open, and loads when its samples come', async () => {
    world.now = FIRST + 3 * HOUR + 900
    await world.hold(silentEnd)
    expect(await ingest()).toEqual({ published: 2, unchanged: 0, open: 1 })
    const [, , late] = await world.ledger()
    expect(late).toMatchObject({
      state: 'incomplete',
      reason: 'source_silent',
      revision: 0,
      claimed_by: null,
    })
    expect(late?.next_read).toBe(world.now + 60)

    await world.hold(ESTATE)
    world.now += 120
    expect(await ingest()).toEqual({ published: 1, unchanged: 0, open: 0 })
    await expectTruth(world.database.pool, ESTATE, FIRST, FIRST + 3 * HOUR)
  })

  test('for three hours was away: the hour is published as empty, with nothing measured and no row', async () => {
    world.now = FIRST + 3 * HOUR + 900
    await world.hold(silentEnd)
    await ingest()
    world.now = FIRST + 6 * HOUR - 1
    await query('update warehouse.window_ledger set next_read_at = null where revision > 0')
    expect(await ingest()).toMatchObject({ published: 0 })
    world.now += 3601
    await query('update warehouse.window_ledger set next_read_at = null where revision > 0')
    expect(await ingest()).toMatchObject({ published: 2 })
    const [, , away] = await world.ledger()
    expect(away).toMatchObject({ state: 'loaded', reason: 'source_silent', coverage: 0, revision: 1 })
    const { rowCount } = await query(
      `select from warehouse.node_hourly where window_start >= to_timestamp(${FIRST + 2 * HOUR})`,
    )
    expect(rowCount).toBe(0)
  })

  test('and was heard again afterwards was away: the hole is final at once', async () => {
    await world.hold(silenced(ESTATE, FIRST + 2 * HOUR, FIRST + 3 * HOUR))
    expect(await ingest()).toEqual({ published: 4, unchanged: 0, open: 0 })
    expect(await world.ledger()).toMatchObject([
      { coverage: 1, reason: null },
      { coverage: 1, reason: null },
      { coverage: 0, reason: 'source_silent' },
      { coverage: 1, reason: null },
    ])
  })
})

describe('samples that arrive late', () => {
  test('make a second revision at the second reading, three hours after the hour', async () => {
    await world.hold(silenced(ESTATE, FIRST + 1.5 * HOUR, FIRST + 2 * HOUR))
    world.now = FIRST + 2 * HOUR + 900
    expect(await ingest()).toEqual({ published: 2, unchanged: 0, open: 0 })
    expect((await world.ledger())[1]).toMatchObject({
      coverage: 0.5,
      reason: 'source_silent',
      revision: 1,
      next_read: FIRST + 5 * HOUR,
    })
    await world.hold(ESTATE)
    world.now = FIRST + 5 * HOUR
    expect(await ingest()).toEqual({ published: 3, unchanged: 1, open: 0 })
    expect((await world.ledger())[1]).toMatchObject({
      coverage: 1,
      reason: null,
      revision: 2,
      next_read: FIRST + 28 * HOUR,
    })
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
  })
})

describe('two workers', () => {
  test('that race for a day share it out: each window is published once', async () => {
    await plan()
    const reports = await Promise.all(Array.from({ length: 4 }, () => loadDay.run(DAY, world.context())))
    expect(reports.reduce((sum, report) => sum + report.published, 0)).toBe(4)
    expect(await world.ledger()).toMatchObject(Array(4).fill({ revision: 1, attempt: 1 }))
    const { rows } = await query('select sum(windows_published)::int as n from warehouse.load_run')
    expect(rows[0]?.n).toBe(4)
  })

  test('of which one was frozen beyond its lease publish once: the late one is refused', async () => {
    await plan()
    const held = holdBack('kube_pod_owner')
    const frozen = loadDay.run(DAY, world.context())
    await held.asked()
    // As the passing of a minute would, in which the frozen process could not renew its lease.
    await query(`update warehouse.window_ledger set lease_until = now() - interval '1 second'`)
    world.restore()
    expect(await loadDay.run(DAY, world.context())).toEqual({ published: 4, unchanged: 0, open: 0 })
    const before = await warehouseHash(world.database.pool)

    held.letGo()
    expect(await frozen).toEqual({ published: 0, unchanged: 0, open: 4 })
    expect(await world.ledger()).toMatchObject(
      Array(4).fill({ state: 'loaded', revision: 1, attempt: 2, claimed_by: null, error_code: null }),
    )
    expect(await warehouseHash(world.database.pool)).toBe(before)
    const codes = (await listRuns(world.database.pool, { limit: 5 })).map(run => run.errorCode)
    expect(codes.sort()).toEqual(['STALE_ATTEMPT', null])
  })

  test('of which one fails late do not disturb what the other has published', async () => {
    await plan()
    const held = holdBack('kube_pod_owner')
    world.alter(asks('kube_job_owner'), async () => {
      await held.asked()
      return { fault: { kind: 'after', ready: released }, status: 401 }
    })
    let fail: () => void = () => undefined
    const released = new Promise<void>(resolve => {
      fail = resolve
    })
    const failing = loadDay.run(DAY, world.context())
    await held.asked()
    await query(`update warehouse.window_ledger set lease_until = now() - interval '1 second'`)
    world.restore()
    expect((await loadDay.run(DAY, world.context())).published).toBe(4)
    fail()
    expect(await failing).toEqual({ published: 0, unchanged: 0, open: 4 })
    held.letGo()
    expect(await world.ledger()).toMatchObject(
      Array(4).fill({ state: 'loaded', failures: 0, error_code: null }),
    )
  })
})

describe('a worker that is asked to stop', () => {
  test('in the middle of the questions gives its windows back at once, with nothing half done', async () => {
    await plan()
    const stop = new AbortController()
    const held = holdBack('kube_pod_owner')
    const stopped = loadDay.run(DAY, world.context({ signal: stop.signal }))
    await held.asked()
    expect(await world.ledger()).toMatchObject(Array(4).fill({ attempt: 1, claimed_by: expect.any(String) }))
    stop.abort(new NamedError('CANCELLED', 'the process stops'))
    expect(await stopped).toEqual({ published: 0, unchanged: 0, open: 4 })
    held.letGo()
    expect(await world.ledger()).toMatchObject(
      Array(4).fill({ state: 'due', claimed_by: null, failures: 0, error_code: null, revision: 0 }),
    )
    expect(await listRuns(world.database.pool, { limit: 5 })).toMatchObject([
      { state: 'released', windowsPublished: 0, errorCode: null },
    ])
    world.restore()
    expect(await loadDay.run(DAY, world.context())).toEqual({ published: 4, unchanged: 0, open: 0 })
    await expectTruth(world.database.pool, ESTATE, ESTATE.from, ESTATE.to)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RecomputeRequest, recompute } from '../../jobs/recompute.js'
import type { WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch } from '../../src/domain/samples.js'
import type { Window } from '../../src/domain/window.js'
import { claimDue } from '../../src/load/claims.js'
import { publishBatch } from '../../src/load/publish-batch.js'
import { encodeReadings } from '../../src/load/readings.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'
import { ACCOUNT, claimOne, factsOf, hour, LATER, ledgerOf, metric, plannedCluster } from '../load/rows.js'
import { BatchBuilder } from '../support/batch.js'
import { ingestAll } from '../support/ingest.js'
import { recordingLogger } from '../support/log.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import {
  FIRST,
  HOUR,
  openSampleWorld,
  ACCOUNT as SAMPLE_ACCOUNT,
  smallEstate,
} from '../support/sample-world.js'

const HOURS = [hour(0), hour(1), hour(2)]
const CLUSTER = 'shop-eu'

let database: TestDatabase
let log: ReturnType<typeof recordingLogger>

beforeEach(async () => {
  database = await testDatabase()
  log = recordingLogger()
  await plannedCluster(database.pool, CLUSTER)
})
afterEach(() => database.drop())

function batchOf(windows: readonly Window[]): ClusterBatch {
  const builder = new BatchBuilder()
  for (const window of windows) {
    builder.node({ name: 'node-a', window })
    builder.container({ name: 'web', node: 'node-a', cpuUse: 0.3, ramUse: 1.5, cpuRequest: 0.5, window })
    builder.container({ name: 'db', node: 'node-a', cpuUse: 1 / 3, ramUse: 2, window })
  }
  return builder.build(windows)
}

/** Publishes the hours as a release that computes in its own way would have. */
async function loadAs(
  change: (rows: WindowRows) => WindowRows,
  { isKept = true, batch = batchOf(HOURS) }: { isKept?: boolean; batch?: ClusterBatch } = {},
): Promise<void> {
  const readings = encodeReadings(batch)
  for (const outcome of windowOutcomes(batch)) {
    if (!('rows' in outcome)) throw new Error('the batch gives no rows')
    const rows = change({ ...outcome.rows, metrics: [metric(0)] })
    const claim = await claimOne(database.pool, CLUSTER, rows.window)
    const [result] = await publishBatch(database.pool, {
      cloudAccountId: ACCOUNT,
      clusterId: CLUSTER,
      windows: [
        {
          claim,
          rows,
          nextReadAt: rows.window === hour(0) ? null : LATER + 60,
          readings: isKept ? readings.get(rows.window) : undefined,
        },
      ],
      storeSets: ['[["receive","a"]]'],
      readAt: LATER,
    })
    expect(result?.outcome).toBe('published')
  }
}

const cheaper = (rows: WindowRows): WindowRows => ({
  ...rows,
  allocations: rows.allocations.map(row => ({ ...row, cpuCost: row.cpuCost - 1n })),
})

function run(change: Partial<RecomputeRequest> = {}, stop = new AbortController(), onProgress = () => {}) {
  const request = { cloudAccountId: ACCOUNT, from: hour(0), to: hour(24), dryRun: false, ...change }
  const context = { pool: database.pool, logger: log.logger, worker: 'again', signal: stop.signal }
  return recompute.run(request, context, onProgress)
}

const withoutRevision = (row: Record<string, unknown>) => {
  const { attempt, revision, loaded_at, content_hash, allocated_cost, ...rest } = row
  return rest
}

describe('computing again', () => {
  it('gives what a reading would have given, and changes nothing else of the window', async () => {
    await loadAs(rows => rows)
    const expected = await factsOf(database.pool, CLUSTER)
    await database.pool.query('delete from warehouse.window_ledger where cluster_id = $1', [CLUSTER])
    await plannedCluster(database.pool, CLUSTER)
    await loadAs(cheaper)
    expect(await factsOf(database.pool, CLUSTER)).not.toEqual(expected)
    const before = await ledgerOf(database.pool, CLUSTER, hour(1))
    expect(await run()).toEqual({ changed: 3, unchanged: 0, withoutSource: 0, open: 0 })
    expect(await factsOf(database.pool, CLUSTER)).toEqual(expected)
    const after = await ledgerOf(database.pool, CLUSTER, hour(1))
    expect(withoutRevision(after)).toEqual(withoutRevision(before))
    expect(after).toMatchObject({ revision: 2, next_read_seconds: LATER + 60, claimed_by: null })
    expect(await ledgerOf(database.pool, CLUSTER, hour(0))).toMatchObject({ revision: 2, next_read_at: null })
    const { rows } = await database.pool.query('select reason, revision from warehouse.window_audit')
    expect(rows).toEqual(HOURS.map(() => ({ reason: 'recomputed', revision: 2 })))
  })

  it('finds nothing to change the second time, nor does the next reading', async () => {
    await loadAs(cheaper)
    await run()
    expect(await run()).toEqual({ changed: 0, unchanged: 3, withoutSource: 0, open: 0 })
    const [outcome] = windowOutcomes(batchOf([hour(0)]))
    if (outcome === undefined || !('rows' in outcome)) throw new Error('no rows')
    const claim = await claimOne(database.pool, CLUSTER, hour(0))
    const rows = { ...outcome.rows, metrics: [metric(0)] }
    const [result] = await publishBatch(database.pool, {
      cloudAccountId: ACCOUNT,
      clusterId: CLUSTER,
      windows: [{ claim, rows, nextReadAt: null }],
      storeSets: [],
      readAt: LATER,
    })
    expect(result).toMatchObject({ outcome: 'unchanged', revision: 2 })
  })

  it('with a dry run says what would change, and changes nothing', async () => {
    await loadAs(rows => (rows.window === hour(1) ? cheaper(rows) : rows))
    const facts = await factsOf(database.pool, CLUSTER)
    const before = await ledgerOf(database.pool, CLUSTER, hour(1))
    expect(await run({ dryRun: true })).toEqual({ changed: 1, unchanged: 2, withoutSource: 0, open: 0 })
    expect(await factsOf(database.pool, CLUSTER)).toEqual(facts)
    expect(await ledgerOf(database.pool, CLUSTER, hour(1))).toEqual(before)
  })

  it('takes the windows of the range and the cluster that were asked for', async () => {
    await loadAs(cheaper)
    expect(await run({ clusterId: 'another' })).toEqual({
      changed: 0,
      unchanged: 0,
      withoutSource: 0,
      open: 0,
    })
    const one = { from: hour(1) - 60, to: hour(1) + 1, clusterId: CLUSTER }
    expect(await run(one)).toEqual({ changed: 1, unchanged: 0, withoutSource: 0, open: 0 })
    expect(await ledgerOf(database.pool, CLUSTER, hour(1))).toMatchObject({ revision: 2 })
    expect(await ledgerOf(database.pool, CLUSTER, hour(2))).toMatchObject({ revision: 1 })
  })

  it('counts the windows of which no readings are kept', async () => {
    await loadAs(cheaper, { isKept: false })
    expect(await run()).toEqual({ changed: 0, unchanged: 0, withoutSource: 3, open: 0 })
  })

  it('leaves a window alone that somebody else holds', async () => {
    await loadAs(cheaper)
    await database.pool.query('update warehouse.window_ledger set next_read_at = window_start')
    const held = { cloudAccountId: ACCOUNT, clusterId: CLUSTER, from: hour(1), to: hour(2), now: LATER }
    const [claim] = await claimDue(database.pool, { ...held, worker: 'other', leaseSeconds: 600 })
    expect(await run()).toEqual({ changed: 2, unchanged: 0, withoutSource: 0, open: 1 })
    expect(await ledgerOf(database.pool, CLUSTER, hour(1))).toMatchObject({
      attempt: claim?.attempt,
      claimed_by: 'other',
      revision: 1,
    })
  })

  it('leaves windows whose readings it cannot use, says why, and gives them back', async () => {
    await loadAs(cheaper)
    const spoil = (set: string, window: Window) =>
      database.pool.query(`update warehouse.window_source set ${set} where window_start = to_timestamp($1)`, [
        window,
      ])
    await spoil(`readings = substr(readings, 1, 40)`, hour(0))
    await spoil('format = 99', hour(1))
    const facts = await factsOf(database.pool, CLUSTER)
    expect(await run({ to: hour(2) })).toEqual({ changed: 0, unchanged: 0, withoutSource: 0, open: 2 })
    expect(await factsOf(database.pool, CLUSTER)).toEqual(facts)
    expect(log.text()).toContain('2026-10-30T12:00Z are damaged')
    expect(log.text()).toContain('format 99, which this release cannot read')
    expect(await ledgerOf(database.pool, CLUSTER, hour(0))).toMatchObject({
      claimed_by: null,
      lease_until: null,
      revision: 1,
      next_read_at: null,
    })
  })

  it('keeps what a later reading said of the window', async () => {
    await loadAs(cheaper)
    await database.pool.query(
      `update warehouse.window_ledger set reason = 'suspect', reason_detail = 'x' where revision = 1`,
    )
    await run()
    expect(await ledgerOf(database.pool, CLUSTER, hour(0))).toMatchObject({ reason: 'suspect', revision: 2 })
  })

  it('gives its windows back when it is stopped', async () => {
    await loadAs(cheaper)
    const stop = new AbortController()
    const result = await run({}, stop, () => stop.abort())
    expect(result).toEqual({ changed: 1, unchanged: 0, withoutSource: 0, open: 2 })
    const { rows } = await database.pool.query(
      'select from warehouse.window_ledger where claimed_by is not null',
    )
    expect(rows).toEqual([])
  })
})

describe('what a load keeps', () => {
  it('gives the very rows that were loaded, without asking Thanos', async () => {
    const world = await openSampleWorld({ estate: smallEstate({ hours: 3 }) })
    try {
      expect(await ingestAll(world.context())).toMatchObject({ published: 3, open: 0 })
      const asked = world.stub.requests.length
      const result = await recompute.run(
        { cloudAccountId: SAMPLE_ACCOUNT, from: FIRST, to: FIRST + 3 * HOUR, dryRun: false },
        world.context(),
        () => undefined,
      )
      expect(result).toEqual({ changed: 0, unchanged: 3, withoutSource: 0, open: 0 })
      expect(world.stub.requests.length).toBe(asked)
    } finally {
      await world.close()
    }
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MISSING_ID } from '../../src/api/query/parameters.js'
import { toMoney } from '../../src/domain/money.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { sum } from './invented.js'
import { measured, ODD, openMeasuredWorld, RANGE } from './measured.js'
import { allRows, FIRST, HOUR, MONDAY, SECOND, type World } from './world.js'

let world: World

beforeAll(async () => {
  world = await openMeasuredWorld()
})
afterAll(() => world.close())

describe('a breakdown by label', () => {
  it('has a row per value with the label it fixes, and one for all without', async () => {
    const body = await world.body(FIRST, { ...RANGE, breakdown_by: 'label:team', idle: 'hide' })
    const workloads = body.cost_allocation.filter(({ kind }) => kind === 'workload')
    expect(body.breakdown_by).toBe('label:team')
    expect(workloads.map(({ name, labels }) => [name, labels]).sort()).toEqual([
      ['blue', { team: 'blue' }],
      ['red', { team: 'red' }],
    ])
    for (const row of workloads) expect(row).toMatchObject({ namespace: null, pod: null, cluster: null })
    const red = workloads.find(({ name }) => name === 'red')
    const own = measured.flatMap(({ containers }) => containers.filter(one => one.labels?.team === 'red'))
    expect(red?.minutes).toBe(60 * own.length)
    expect(red?.cpu_cost).toBeCloseTo(
      sum(own, one => Number(one.cpuCost) / 1e12),
      10,
    )
    const rest = body.cost_allocation.filter(({ kind }) => kind === 'unallocated')
    expect(rest.map(({ id, labels }) => [id, labels])).toEqual([[MISSING_ID, null]])
  })

  it('keeps values as they are, however odd', async () => {
    const response = await world.ask(FIRST, { ...RANGE, breakdown_by: 'label:odd', limit: 1000 })
    const rows: { kind: string; name: string; labels: Record<string, string> | null }[] =
      response.json().cost_allocation
    const workloads = rows.filter(({ kind }) => kind === 'workload')
    expect(workloads.map(({ name }) => name).sort()).toEqual([...ODD].sort())
    for (const { name, labels } of workloads) expect(labels).toEqual({ odd: name })
  })

  it('may be by a label that is called like a part of JavaScript', async () => {
    const response = await world.ask(FIRST, { ...RANGE, breakdown_by: 'label:__proto__', idle: 'hide' })
    expect(response.statusCode).toBe(200)
    for (const value of ODD) {
      expect(response.body).toContain(`"labels":{"__proto__":${JSON.stringify(value)}}`)
    }
    for (const name of ['constructor', 'toString', 'toJSON', 'hasOwnProperty']) {
      const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: `label:${name}` })
      expect(cost_allocation.map(({ kind }) => kind)).not.toContain('workload')
    }
  })

  it('gives every row once over pages, and its cursor is of no other label', async () => {
    const query = { ...RANGE, breakdown_by: 'label:odd', step: 'hour' }
    const whole = await world.body(FIRST, { ...query, limit: 1000 })
    expect(await allRows(world, { ...query, limit: 7 })).toEqual(whole.cost_allocation)
    const { next } = (await world.body(FIRST, { ...query, limit: 1 })).page
    const status = async (other: Record<string, string>) =>
      (await world.ask(FIRST, { ...query, ...other, cursor: next ?? '' })).statusCode
    expect(await status({})).toBe(200)
    expect(await status({ breakdown_by: 'label:app' })).toBe(400)
    expect(await status({ 'label.app': 'web' })).toBe(400)
  })

  it('agrees with the filter of the same value', async () => {
    const { cost_allocation } = await world.body(FIRST, { ...RANGE, breakdown_by: 'label:team' })
    for (const { name, total_cost } of cost_allocation.filter(({ kind }) => kind === 'workload')) {
      expect((await world.body(FIRST, { ...RANGE, 'label.team': name })).total_cost).toBe(total_cost)
    }
    const both = { ...RANGE, 'label.team': 'red', 'label.app': ['web', 'db'], breakdown_by: 'pod' }
    expect((await world.body(FIRST, both)).cost_allocation.map(({ name }) => name)).toEqual(['web'])
  })
})

describe('labels that were not collected', () => {
  const hour = { start_date: MONDAY, end_date: MONDAY + HOUR }
  const known = {
    ...{ gpuCost: 0n, pvCost: 0n, networkZoneCost: 0n, networkRegionCost: 0n, networkInternetCost: 0n },
    ...{ loadBalancerCost: 0n, cpuCost: toMoney(1), ramCost: toMoney(1), container: 'c', node: 'n' },
  }

  beforeAll(async () => {
    const { pool } = world.database
    await seedAccount(pool, SECOND)
    const key = { account: SECOND, cluster: 'one' }
    await seedCluster(pool, key, MONDAY, MONDAY)
    await seedWindow(pool, key, MONDAY, {
      containers: [
        { ...known, namespace: 'a', pod: 'bare' },
        { ...known, namespace: 'a', pod: 'long', labels: { note: 'x'.repeat(5_000) } },
      ],
      nodes: [],
      warnings: [{ code: 'labels_not_collected', detail: 'no kube_pod_labels' }],
    })
  })

  it('are unallocated and make only answers that look at labels partial', async () => {
    const { cost_allocation, meta } = await world.body(SECOND, { ...hour, breakdown_by: 'label:team' })
    expect(cost_allocation.map(({ kind }) => kind)).toEqual(['unallocated'])
    expect(meta.partial).toBe(true)
    expect(meta.warnings).toEqual([
      {
        code: 'labels_not_collected',
        detail:
          'labels not known in clusters "one" (windows: 1, since 2026-03-02T00:00Z); what has none is unallocated: no kube_pod_labels',
      },
    ])
    expect((await world.body(SECOND, { ...hour, 'label.team': 'x' })).meta.partial).toBe(true)
    expect((await world.body(SECOND, { ...hour, 'label.team': '!x' })).meta.partial).toBe(true)
    expect((await world.body(SECOND, hour)).meta).toMatchObject({ partial: false, warnings: [] })
  })

  it('leave values of any length to those that have them', async () => {
    const { cost_allocation } = await world.body(SECOND, { ...hour, breakdown_by: 'label:note' })
    expect(cost_allocation.map(({ name }) => name.length).sort()).toEqual(['__unallocated__'.length, 5_000])
  })

  it('are never another account’s, even under one key', async () => {
    const { pool } = world.database
    const { rows } = await pool.query(
      `select distinct label_set_key from warehouse.allocation_hourly
       where cloud_account_id = $1 and label_set_key is not null`,
      [SECOND],
    )
    for (const { label_set_key } of rows) {
      await pool.query(`insert into warehouse.label_set values ($1, $2, '{"note": "canary"}')`, [
        FIRST,
        label_set_key,
      ])
    }
    expect(rows).toHaveLength(1)
    const response = await world.ask(SECOND, { ...hour, breakdown_by: 'label:note' })
    expect(response.body).not.toContain('canary')
    expect(
      (await world.body(FIRST, { ...RANGE, breakdown_by: 'label:note', idle: 'hide' })).total_count,
    ).toBe(3)
  })
})

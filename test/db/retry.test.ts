import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inTransaction } from '../../src/db/pool.js'
import { retryConflicts } from '../../src/db/retry.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase({ empty: true })
  await database.pool.query(
    'create table pair (id int primary key, hits int); insert into pair values (1, 0), (2, 0)',
  )
})
afterAll(() => database.drop())

describe('a transaction that gives way', () => {
  it('to another in a deadlock is run again, and both end right', async () => {
    let tries = 0
    let met = 0
    let meet = () => {}
    const bothHold = new Promise<void>(resolve => {
      meet = resolve
    })
    const hit = (order: number[]) =>
      retryConflicts(() =>
        inTransaction(database.pool, async client => {
          tries++
          const update = (id: number | undefined) =>
            client.query('update pair set hits = hits + 1 where id = $1', [id])
          await update(order[0])
          if (++met === 2) meet()
          await bothHold
          await update(order[1])
        }),
      )
    await Promise.all([hit([1, 2]), hit([2, 1])])
    expect(tries).toBeGreaterThanOrEqual(3)
    expect((await database.pool.query('select hits from pair')).rows).toEqual([{ hits: 2 }, { hits: 2 }])
  })

  it('is given up after the third time', async () => {
    let tries = 0
    const conflict = Object.assign(new Error('conflict'), { code: '40001' })
    const run = () => {
      tries++
      return Promise.reject(conflict)
    }
    await expect(retryConflicts(run)).rejects.toBe(conflict)
    expect(tries).toBe(3)
  })

  it('is not run again for any other error', async () => {
    let tries = 0
    await expect(
      retryConflicts(() => {
        tries++
        return database.pool.query('select nonsense')
      }),
    ).rejects.toMatchObject({ code: '42703' })
    expect(tries).toBe(1)
  })
})

import type pg from 'pg'

/**
 * Runs `work` while a lock of this name is held in the database, on the connection that holds it; waits for another
 * holder. The lock is taken before any transaction begins, so that one begun in `work` sees all that earlier holders
 * committed, and goes with the connection when the process is killed.
 */
export async function underLock<T>(
  pool: pg.Pool,
  name: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return onConnection(pool, async client => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    return holding(client, name, work)
  })
}

/** As `underLock`, but gives undefined at once where somebody else holds the lock. */
export async function unlessLocked<T>(
  pool: pg.Pool,
  name: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T | undefined> {
  return onConnection(pool, async client => {
    const { rows } = await client.query<{ held: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
      [name],
    )
    return rows[0]?.held === true ? holding(client, name, work) : undefined
  })
}

async function holding<T>(
  client: pg.PoolClient,
  name: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const result = await work(client)
  await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name])
  return result
}

/** A connection whose work failed is closed, and every lock that it holds goes with it. */
async function onConnection<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let failed = true
  try {
    const result = await work(client)
    failed = false
    return result
  } finally {
    client.release(failed)
  }
}

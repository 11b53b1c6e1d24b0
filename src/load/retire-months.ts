import type pg from 'pg'

/** How long one step waits for those who read the table, and how often it is tried in one night. */
export interface Patience {
  readonly lockSeconds: number
  readonly tries: number
}

export const NIGHTLY_PATIENCE: Patience = { lockSeconds: 5, tries: 3 }

/** A partitioned table of facts, and whether it is kept as long as hours or as daily sums. */
export interface FactTable {
  readonly table: string
  readonly grain: 'hour' | 'day'
}

/** Every partitioned table of the warehouse, found by its key, so that one that is added is not forgotten here. */
export async function factTables(pool: pg.Pool): Promise<FactTable[]> {
  const { rows } = await pool.query<FactTable>(
    `select c.relname as table, case a.attname when 'day' then 'day' else 'hour' end as grain
     from pg_partitioned_table p
     join pg_class c on c.oid = p.partrelid
     join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
     where c.relnamespace = 'warehouse'::regnamespace and a.attname in ('window_start', 'day')
     order by c.relname`,
  )
  return rows
}

export interface MonthOfTable {
  readonly table: string
  /** Name of the partition. */
  readonly name: string
  /** Unix seconds of the end of its month. */
  readonly ends: number
  /** `pending`: a detach was interrupted. `detached`: only the drop is left to do. */
  readonly state: 'attached' | 'pending' | 'detached'
}

/** The months of a table, those first of which a detach was begun, as a table bears only one of them at a time. */
export async function monthsOf(pool: pg.Pool, table: string): Promise<MonthOfTable[]> {
  const { rows } = await pool.query<MonthOfTable>(
    `select $1 as table, c.relname as name,
       extract(epoch from (to_date(right(c.relname, 8), 'YYYYMMDD') + interval '1 month') at time zone 'UTC')::float8 as ends,
       case when i.inhrelid is null then 'detached' when i.inhdetachpending then 'pending' else 'attached' end as state
     from pg_class c
     left join pg_inherits i on i.inhrelid = c.oid
     where c.relnamespace = 'warehouse'::regnamespace and c.relkind = 'r' and c.relname ~ ('^' || $1 || '_p[0-9]{6}01$')
       and (i.inhrelid is null or i.inhparent = format('warehouse.%I', $1)::regclass)
     order by (i.inhdetachpending is true) desc, c.relname`,
    [table],
  )
  return rows
}

/**
 * Takes a month off its table and drops it. Who is reading it goes on reading, and nobody waits behind this: where
 * readers stay longer than the patience, it gives false, and the next call goes on where this one stopped.
 */
export async function retireMonth(
  pool: pg.Pool,
  month: MonthOfTable,
  patience: Patience = NIGHTLY_PATIENCE,
): Promise<boolean> {
  const client = await pool.connect()
  try {
    await client.query(`set lock_timeout = '${patience.lockSeconds}s'`)
    let { state } = month
    for (let attempt = 1; state !== 'detached'; attempt++) {
      if (attempt > patience.tries) return false
      if (await unlessBusy(() => detach(client, month, state))) state = 'detached'
      else
        state =
          (await monthsOf(pool, month.table)).find(({ name }) => name === month.name)?.state ?? 'detached'
    }
    return await unlessBusy(() => client.query(`drop table if exists warehouse.${month.name}`))
  } finally {
    // Not put back into the pool, as its time limits are others.
    client.release(true)
  }
}

// The names are those of the catalogue, made of constants and digits.
async function detach(client: pg.ClientBase, { table, name }: MonthOfTable, state: MonthOfTable['state']) {
  const partition = `alter table warehouse.${table} detach partition warehouse.${name}`
  if (state === 'pending') return client.query(`${partition} finalize`)
  try {
    return await client.query(`${partition} concurrently`)
  } catch (error) {
    // A distributed table knows the plain form only, whose lock is short and given up soon.
    if (codeOf(error) !== FEATURE_NOT_SUPPORTED) throw error
    return client.query(partition)
  }
}

const FEATURE_NOT_SUPPORTED = '0A000'
// Lock timeout, statement timeout, deadlock.
const BUSY = new Set(['55P03', '57014', '40P01'])

async function unlessBusy(step: () => Promise<unknown>): Promise<boolean> {
  try {
    await step()
    return true
  } catch (error) {
    if (BUSY.has(codeOf(error))) return false
    throw error
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

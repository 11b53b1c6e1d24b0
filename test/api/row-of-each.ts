import type pg from 'pg'

/** Tables of the warehouse, other than partitions, by name. */
export async function warehouseTables(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'warehouse'::regnamespace and relkind in ('r', 'p') and not relispartition
     order by relname`,
  )
  return rows.map(({ name }) => name)
}

/**
 * One row of each account in every table of the warehouse, whatever columns a release gives it. The rows mean nothing,
 * so the checks of the tables are taken away: for a database of the test's own.
 */
export async function insertRowOfEach(pool: pg.Pool, accounts: readonly string[]): Promise<void> {
  await runAll(
    pool,
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as statement
     from pg_constraint
     where connamespace = 'warehouse'::regnamespace and contype = 'c' and coninhcount = 0`,
  )
  await runAll(
    pool,
    `select format('create table warehouse.%I partition of warehouse.%I default', relname || '_default', relname)
       as statement
     from pg_class where relnamespace = 'warehouse'::regnamespace and relkind = 'p' and not relispartition`,
  )
  for (const account of accounts) await runAll(pool, INSERTS, [account])
}

// A text is the account's id, so that what has to differ between accounts does.
const INSERTS = `
  select format('insert into warehouse.%I (%s) values (%s)', c.relname,
    string_agg(quote_ident(a.attname), ', '),
    string_agg(
      format('%L::%s', case
        when t.typname in ('uuid', 'text') then $1::text
        when t.typname = 'bool' then 'true'
        when t.typname in ('jsonb', 'json') or t.typcategory = 'A' then '{}'
        when t.typcategory = 'D' then '2026-03-02'
        else '1'
      end, format_type(a.atttypid, a.atttypmod)), ', ')
  ) as statement
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  where c.relnamespace = 'warehouse'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnotnull and a.attgenerated = '' and a.attidentity = ''
  group by c.relname`

async function runAll(pool: pg.Pool, query: string, values: unknown[] = []): Promise<void> {
  const { rows } = await pool.query<{ statement: string }>(query, values)
  for (const { statement } of rows) await pool.query(statement)
}

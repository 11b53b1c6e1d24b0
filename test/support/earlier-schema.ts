import { readdir, readFile } from 'node:fs/promises'
import type pg from 'pg'

const MIGRATIONS = new URL('../../migrations/', import.meta.url)

/** Brings an empty database to where a release before the migration of that number (`0005`) left it. */
export async function schemaBefore(pool: pg.Pool, number: string): Promise<void> {
  await pool.query(`create schema warehouse_meta;
    create table warehouse_meta.kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`)
  for (const file of (await readdir(MIGRATIONS)).sort()) {
    if (file >= number) continue
    await pool.query(await readFile(new URL(file, MIGRATIONS), 'utf8'))
    await pool.query('insert into warehouse_meta.kysely_migration values ($1, now())', [
      file.replace(/\.sql$/, ''),
    ])
  }
}

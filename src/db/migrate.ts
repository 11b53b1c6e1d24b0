import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompiledQuery, Kysely, type Migration, Migrator, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { NamedError } from '../errors.js'
import { withoutTimeLimit } from './pool.js'

const META_SCHEMA = 'warehouse_meta'
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/

/**
 * Applies what is missing of migrations/NNNN_*.sql, in order, each file in a transaction of its own together with the
 * note that it was applied. Any number of processes may do so at once. Gives the names applied by this call.
 */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  await refuseNewerSchema(pool)
  // Waiting for another migrator and building an index may both take longer than any ordinary statement.
  const patient = withoutTimeLimit(pool)
  return applyAll(createMigrator(patient)).finally(() => patient.end())
}

async function applyAll(migrator: Migrator): Promise<string[]> {
  const applied: string[] = []
  for (;;) {
    // One step at a time: a step and its note commit together, and a long run of steps is not lost whole.
    const { results, error } = await migrator.migrateUp()
    if (error !== undefined) throw error
    const [result] = results ?? []
    if (result === undefined) return applied
    applied.push(result.migrationName)
  }
}

/** Names of the migrations that the database still needs; rejects with SCHEMA_NEWER where it has unknown ones. */
export async function pendingMigrations(pool: pg.Pool): Promise<string[]> {
  const applied = await refuseNewerSchema(pool)
  return (await migrationNames()).filter(name => !applied.includes(name))
}

/** Rejects with SCHEMA_MISSING or SCHEMA_NEWER unless the database is exactly as this release needs it. */
export async function requireSchema(pool: pg.Pool): Promise<void> {
  const pending = await pendingMigrations(pool)
  if (pending.length === 0) return
  throw new NamedError(
    'SCHEMA_MISSING',
    `The database lacks ${pending.length} migration(s), the first being ${pending[0]}. Run: k8s-costs migrate`,
  )
}

async function refuseNewerSchema(pool: pg.Pool): Promise<string[]> {
  const applied = await appliedMigrations(pool)
  const known = await migrationNames()
  const unknown = applied.filter(name => !known.includes(name))
  if (unknown.length > 0) {
    throw new NamedError(
      'SCHEMA_NEWER',
      `The database was migrated by a newer release (${unknown.join(', ')} is unknown here). Run that release instead.`,
    )
  }
  return applied
}

async function appliedMigrations(pool: pg.Pool): Promise<string[]> {
  const table = `${META_SCHEMA}.kysely_migration`
  const found = await pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table])
  if (found.rows[0]?.there !== true) return []
  const { rows } = await pool.query<{ name: string }>(`select name from ${table} order by name`)
  return rows.map(row => row.name)
}

function createMigrator(pool: pg.Pool): Migrator {
  return new Migrator({
    // Never destroyed, as that would end the caller's pool.
    db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }),
    provider: { getMigrations: readMigrations },
    migrationTableSchema: META_SCHEMA,
  })
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const folder = join(packageRoot(), 'migrations')
  const migrations: Record<string, Migration> = {}
  for (const name of await migrationNames()) {
    const text = await readFile(join(folder, `${name}.sql`), 'utf8')
    migrations[name] = {
      async up(db) {
        await db.executeQuery(CompiledQuery.raw(text))
      },
    }
  }
  return migrations
}

async function migrationNames(): Promise<string[]> {
  const files = await readdir(join(packageRoot(), 'migrations'))
  return files
    .filter(file => FILE_NAME.test(file))
    .map(file => file.slice(0, -'.sql'.length))
    .sort()
}

// The code runs from src/ and from dist/src/; the folder that holds package.json is the same for both.
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder)
      throw new NamedError('CONFIG_INVALID', 'The installation has no package.json; install it anew.')
    folder = parent
  }
  return folder
}

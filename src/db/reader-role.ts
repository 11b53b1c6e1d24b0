import type pg from 'pg'
import { READER_ROLE } from './roles.js'

/**
 * How an answer is held to one account, beside the condition in each of its statements.
 *
 * - `role`: it is read as the reader role, which row level security holds to the account of `app.account`.
 * - `setting`: `app.account` alone; it holds a user that doesn't own the tables.
 * - `citus`: as `setting`, and workers are told of it. The reader role can't be taken there, as a coordinator reaches
 *   its workers as the role that it has, and this one may not log in.
 */
export type ReaderMode = 'role' | 'setting' | 'citus'

// SET ROLE asks what the user of the session may, whatever role it has taken since. A role belongs to the whole
// server and may come from another database of it, so it counts only where every table of this one lets it in.
const MODE = `
  select
    exists (select from pg_extension where extname = 'citus') as is_citus,
    coalesce((
      select pg_has_role(
          session_user, r.oid, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end
        )
        and has_schema_privilege(r.oid, 'warehouse', 'usage')
        and not exists (
          select from pg_class c
          where c.relnamespace = 'warehouse'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and c.relname <> all (array['api_token', 'analyst_login'])
            and not (
              c.relrowsecurity and has_table_privilege(r.oid, c.oid, 'select')
              and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = r.rolname)
            )
        )
      from pg_roles r where r.rolname = $1
    ), false) as can_take_role`

const modes = new WeakMap<pg.Pool, ReaderMode>()

/**
 * Which way the pool's user can go; found out once per pool, over the connection where one is given. Where the
 * database is away it rejects, and the next call asks again.
 */
export async function readerMode(pool: pg.Pool, connection?: pg.ClientBase): Promise<ReaderMode> {
  const known = modes.get(pool)
  if (known !== undefined) return known
  const { rows } = await (connection ?? pool).query<{ is_citus: boolean; can_take_role: boolean }>(MODE, [
    READER_ROLE,
  ])
  const mode = modeOf(rows[0])
  modes.set(pool, mode)
  return mode
}

/** Lets the next `readerMode` find out anew, as roles and grants may be changed at any time. */
export function forgetReaderMode(pool: pg.Pool): void {
  modes.delete(pool)
}

/** A sentence on what to do where answers can't be read as the reader role; null where they are, and on Citus. */
export async function readerAdvice(pool: pg.Pool): Promise<string | null> {
  if ((await readerMode(pool)) !== 'setting') return null
  return (
    `Answers are not read as the role ${READER_ROLE}, as the user of DATABASE_URL may not take it or it is not set up, so ` +
    'row level security does not stand behind them. Run `k8s-costs migrate` as the user of DATABASE_URL, with ' +
    `CREATEROLE and as the owner of the tables; or run it as such a user and \`grant ${READER_ROLE} to\` the user of ` +
    'DATABASE_URL by hand. Then start the API again.'
  )
}

function modeOf(row: { is_citus: boolean; can_take_role: boolean } | undefined): ReaderMode {
  if (row?.is_citus === true) return 'citus'
  return row?.can_take_role === true ? 'role' : 'setting'
}

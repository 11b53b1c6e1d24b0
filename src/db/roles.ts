import type pg from 'pg'
import { inTransaction } from './pool.js'

/**
 * Group roles without login; people and services are made members.
 *
 * - `analyst`: reads the views, of the accounts that its members were given (see analysts.ts).
 * - reader: reads facts of the one account that the session names in `app.account`; for services, not for people.
 * - writer: reads and writes rows of all accounts.
 * - owner: as writer, and may make new objects.
 */
export const ANALYST_ROLE = 'analyst'
export const READER_ROLE = 'k8s_costs_reader'
export const ROLE_PREFIX = 'k8s_costs_'
/** Begins the name of the policy that gives a login its accounts. */
export const ANALYST_POLICY = 'analyst '

const ROLES = [ANALYST_ROLE, READER_ROLE, 'k8s_costs_writer', 'k8s_costs_owner']

/** What every analyst's session begins with; milliseconds where a number. */
const SETTINGS = {
  statement_timeout: '300s',
  idle_in_transaction_session_timeout: '60s',
  default_transaction_read_only: 'on',
}

// Another session changed the same row of a catalogue; roles are shared by all databases of a server, while an
// advisory lock holds in one of them only.
const RACED = new Set(['XX000', '23505', '42710', '40P01', '55P03'])
const TRIES = 25
const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * Makes the roles, and gives every table of the warehouse its row level security, policies and grants, doing only what
 * is missing. Any number of processes may do so at once. Gives null, or a sentence on what could not be done where the
 * user of the database may not; nothing else of the product needs the roles.
 */
export async function ensureRoles(pool: pg.Pool): Promise<string | null> {
  try {
    await retryRaced(() => inTransaction(pool, createRoles))
    await retryRaced(() => inTransaction(pool, applyAccess))
    await letReadAsReader(pool)
    return null
  } catch (error) {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error
    return (
      `The roles ${ROLES.join(', ')} could not be set up, as the user of DATABASE_URL may not do so; analysts can't be ` +
      'added until then. Run `k8s-costs migrate` once as a user with CREATEROLE who owns the tables, or make the roles ' +
      'by hand (create role … nologin) and run it again.'
    )
  }
}

/**
 * Lets the user of the pool take the reader role, without having its rights otherwise. Who may not grant it goes
 * without: the API says so when it starts, and nothing else takes the role.
 */
async function letReadAsReader(pool: pg.Pool): Promise<void> {
  try {
    await retryRaced(() =>
      inTransaction(pool, async client => {
        await lockRoles(client)
        await runGenerated(client, GRANT_OF_READER)
      }),
    )
  } catch (error) {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error
  }
}

/** Runs a transaction on the catalogue again where another session changed the same rows. */
export async function retryRaced<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      if (!RACED.has(codeOf(error)) || attempt === TRIES) throw error
    }
  }
}

/** Gives the tables their policies and grants, on a connection in a transaction. The roles have to be there. */
export async function applyAccess(client: pg.ClientBase): Promise<void> {
  await lockRoles(client)
  for (const query of [TABLES_WITHOUT_SECURITY, POLICIES, GRANTS]) await runGenerated(client, query)
}

/** Gives a role the settings of an analyst; those of a login hold in this database only, as it may be used elsewhere. */
export async function applySettings(client: pg.ClientBase, role: string): Promise<void> {
  const where = role === ANALYST_ROLE ? '' : ` in database %2$I`
  for (const [name, value] of Object.entries(SETTINGS)) {
    await runGenerated(
      client,
      `select format('alter role %1$I${where} set ${name} = %3$L', $1::text, current_database(), $2::text) as statement`,
      [role, value],
    )
  }
}

/** Takes the settings of an analyst from a login again, in this database. */
export async function resetSettings(client: pg.ClientBase, login: string): Promise<void> {
  for (const name of Object.keys(SETTINGS)) {
    await runGenerated(
      client,
      `select format('alter role %I in database %I reset ${name}', rolname, current_database()) as statement
       from pg_roles where rolname = $1`,
      [login],
    )
  }
}

/** Runs the statements that a query writes; names are quoted there, by the database. */
export async function runGenerated(
  client: pg.ClientBase,
  query: string,
  values: unknown[] = [],
): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(query, values)
  for (const { statement } of rows) await client.query(statement)
}

/** Waits for others in this database who change roles, policies or grants. Until the end of the transaction. */
export async function lockRoles(client: pg.ClientBase): Promise<void> {
  await client.query(`set local lock_timeout = '10s'`)
  await client.query(`select pg_advisory_xact_lock(hashtextextended('warehouse roles', 0))`)
}

async function createRoles(client: pg.ClientBase): Promise<void> {
  await lockRoles(client)
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest($1::text[]) as name where not exists (select from pg_roles where rolname = name)`,
    [ROLES],
  )
  for (const { name } of rows) {
    await client.query(`create role ${name} nologin`)
    if (name === ANALYST_ROLE) await applySettings(client, name)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

// A superuser has every role. Before PostgreSQL 16 a member can always take its role, and has its rights as well.
const GRANT_OF_READER = `
  select format('grant ${READER_ROLE} to %I', session_user)
    || case when is_16 then ' with set true, inherit false' else '' end as statement
  from (select current_setting('server_version_num')::int >= 160000 as is_16) v
  where not pg_has_role(session_user, '${READER_ROLE}', case when is_16 then 'set' else 'member' end)`

// Partitions are reached through their table alone and have no grants. Tokens are read before the account is known.
const TABLES = `
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity,
    c.relname = any (array['api_token', 'analyst_login']) as is_private
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'warehouse'
  where c.relkind in ('r', 'p') and not c.relispartition
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'cloud_account_id')`

const TABLES_WITHOUT_SECURITY = `
  select 'alter table ' || name || ' enable row level security' as statement
  from (${TABLES}) t where not relrowsecurity order by name`

// Conditions are constants or the plainest of comparisons: a distributed table takes no subquery in a policy, and an
// analyst can change any setting, so that none may decide what is seen.
const POLICIES = `
  with tables as (${TABLES}),
  wanted as (
    select t.oid, t.name, 'k8s_costs_writer' as policy, 'all' as command, 'k8s_costs_writer' as role, 'true' as condition,
      null::text[] as accounts
    from tables t
    union all
    select t.oid, t.name, 'k8s_costs_owner', 'all', 'k8s_costs_owner', 'true', null from tables t
    union all
    select t.oid, t.name, 'k8s_costs_reader', 'select', 'k8s_costs_reader',
      $$cloud_account_id = nullif(current_setting('app.account', true), '')::uuid$$, null
    from tables t where not is_private
    union all
    select t.oid, t.name, '${ANALYST_POLICY}' || l.login, 'select', l.login,
      format('cloud_account_id in (%s)', string_agg(quote_literal(l.cloud_account_id) || '::uuid', ', ')),
      array_agg(l.cloud_account_id::text order by l.cloud_account_id::text)
    from tables t
    cross join warehouse.analyst_login l
    join pg_roles r on r.rolname = l.login
    where not is_private
    group by t.oid, t.name, l.login
  ),
  present as (
    select p.polrelid, p.polname::text as policy, t.name,
      (
        select array_agg(m[1] order by m[1])
        from regexp_matches(pg_get_expr(p.polqual, p.polrelid), '''([0-9a-f-]{36})''', 'g') m
      ) as accounts
    from pg_policy p join tables t on t.oid = p.polrelid
  )
  select statement from (
    select 1 as step, p.name, p.policy, format('drop policy %I on %s', p.policy, p.name) as statement
    from present p
    where starts_with(p.policy, '${ANALYST_POLICY}') and not exists (
      select from wanted w where w.oid = p.polrelid and w.policy = p.policy and w.accounts = p.accounts
    )
    union all
    select 2, w.name, w.policy,
      format('create policy %I on %s for %s to %I using (%s)', w.policy, w.name, w.command, w.role, w.condition)
    from wanted w
    where not exists (
      select from present p
      where p.polrelid = w.oid and p.policy = w.policy and (w.accounts is null or w.accounts = p.accounts)
    )
  ) s order by step, name, policy`

// An analyst gets the columns that the views are made of and no other: the views run with the rights of who asks.
const GRANTS = `
  with tables as (${TABLES}),
  views as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as name, n.nspname = 'analytics' as is_for_analysts
    from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('analytics', 'warehouse')
    where c.relkind = 'v'
  ),
  base_columns as (
    select distinct t.oid, t.name, a.attname, a.attnum
    from views v
    join pg_rewrite r on r.ev_class = v.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
    join tables t on t.oid = d.refobjid
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where v.is_for_analysts
  )
  select statement from (
    select 1 as step, role || schema as name, format('grant usage on schema %I to %I', schema, role) as statement
    from unnest(array['warehouse', 'analytics']) schema
    cross join unnest(array['${ANALYST_ROLE}', 'k8s_costs_reader', 'k8s_costs_writer', 'k8s_costs_owner']) role
    where not has_schema_privilege(role, schema, 'usage')
    union all
    select 2, schema, format('grant create on schema %I to k8s_costs_owner', schema)
    from unnest(array['warehouse', 'analytics']) schema
    where not has_schema_privilege('k8s_costs_owner', schema, 'create')
    union all
    select 3, v.name || role, format('grant select on %s to %I', v.name, role)
    from views v
    cross join unnest(array['${ANALYST_ROLE}', 'k8s_costs_reader', 'k8s_costs_writer', 'k8s_costs_owner']) role
    where (v.is_for_analysts or role <> '${ANALYST_ROLE}') and not has_table_privilege(role, v.oid, 'select')
    union all
    select 4, b.name, format('grant select (%s) on %s to ${ANALYST_ROLE}', string_agg(quote_ident(b.attname), ', '), b.name)
    from base_columns b
    where not has_column_privilege('${ANALYST_ROLE}', b.oid, b.attnum, 'select')
    group by b.name
    union all
    select 5, t.name, format('grant select on %s to k8s_costs_reader', t.name)
    from tables t where not is_private and not has_table_privilege('k8s_costs_reader', t.oid, 'select')
    union all
    select 6, t.name || role, format('grant select, insert, update, delete on %s to %I', t.name, role)
    from tables t
    cross join unnest(array['k8s_costs_writer', 'k8s_costs_owner']) role
    where exists (
      select from unnest(array['select', 'insert', 'update', 'delete']) p where not has_table_privilege(role, t.oid, p)
    )
  ) s order by step, name`

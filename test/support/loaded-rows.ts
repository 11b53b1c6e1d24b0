import type pg from 'pg'

/** What is published, by table: rows as JSON without the keys that stand for what they say. */
export type LoadedRows = Readonly<Record<(typeof TABLES)[number]['name'], unknown[]>>

const TABLES = [
  {
    name: 'allocations',
    text: `select to_jsonb(a) - 'container_key' - 'label_set_key' || to_jsonb(c) - 'container_key' ||
             jsonb_build_object('labels', s.labels) as row
           from warehouse.allocation_hourly a join warehouse.container c using (cloud_account_id, container_key)
           left join warehouse.label_set s using (cloud_account_id, label_set_key)`,
  },
  { name: 'nodes', text: 'select to_jsonb(n) as row from warehouse.node_hourly n' },
  { name: 'idle', text: 'select to_jsonb(i) as row from warehouse.idle_hourly i' },
  { name: 'assets', text: 'select to_jsonb(a) as row from warehouse.asset_hourly a' },
  { name: 'remainders', text: 'select to_jsonb(r) as row from warehouse.remainder_hourly r' },
  {
    name: 'windows',
    text: `select jsonb_build_object('cluster_id', cluster_id, 'window_start', window_start, 'state', state,
             'coverage', coverage, 'asset_cost', asset_cost, 'allocated_cost', allocated_cost,
             'idle_cost', idle_cost, 'unmounted_cost', unmounted_cost, 'management_cost', management_cost,
             'network_cost', network_cost) as row
           from warehouse.window_ledger`,
  },
] as const

/** Digits that sums of the same samples in another order agree in. */
const DIGITS = 9
const MOST_SHOWN = 3

/** Everything that windows say, in one order, numbers to nine digits: equal where two sources gave the same rows. */
export async function loadedRows(pool: pg.Pool): Promise<LoadedRows> {
  const found: Record<string, unknown[]> = {}
  for (const { name, text } of TABLES) {
    const { rows } = await pool.query<{ row: unknown }>(text)
    const lines = rows.map(({ row }) => JSON.stringify(rounded(row))).sort()
    found[name] = lines.map(line => JSON.parse(line))
  }
  return found as LoadedRows
}

/** Rows that only one side has, `-` before what was expected; none where both are the same. */
export function differences(found: LoadedRows, expected: LoadedRows): string[] {
  return TABLES.flatMap(({ name }) => {
    const lines = (rows: readonly unknown[]) => rows.map(row => JSON.stringify(row))
    const [here, there] = [new Set(lines(found[name])), new Set(lines(expected[name]))]
    const missing = [...there].filter(line => !here.has(line)).map(line => `- ${name} ${line}`)
    const surplus = [...here].filter(line => !there.has(line)).map(line => `+ ${name} ${line}`)
    return [...missing.slice(0, MOST_SHOWN), ...surplus.slice(0, MOST_SHOWN)]
  })
}

function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(DIGITS))
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value !== 'object' || value === null) return value
  // As text, keys in one order.
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, rounded(one)]),
  )
}

import type pg from 'pg'

const KEY = ['cloud_account_id', 'cluster_id', 'day', 'kind', 'namespace']
const SUMS: Readonly<Record<string, (column: string) => string>> = {
  integer: column => `bit_or(${column})`,
  numeric: column => `sum(${column})`,
  'double precision': column => `sum(${column}::numeric)::float8`,
}

/** How many rows by namespace a cluster has, and those that the sums of its rows by workload lack or have beside. */
export async function namespaceSums(
  pool: pg.Pool,
  cluster: string,
): Promise<{ rows: number; differing: unknown[] }> {
  const { rows: columns } = await pool.query<{ name: string; type: string }>(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = 'warehouse' and table_name = 'namespace_daily' and column_name <> all($1)`,
    [KEY],
  )
  const sums = columns.map(({ name, type }) => {
    const sum = SUMS[type]
    if (sum === undefined) throw new Error(`nobody knows how ${type} is summed`)
    return sum(name)
  })
  const of = (table: string, measures: readonly string[], rest: string) =>
    `select ${[...KEY, ...measures].join(', ')} from warehouse.${table} where cluster_id = $1 ${rest}`
  const [kept, made] = [
    of(
      'namespace_daily',
      columns.map(({ name }) => name),
      '',
    ),
    of('allocation_daily', sums, `group by ${KEY.join(', ')}`),
  ]
  const { rows: differing } = await pool.query(
    `(${kept} except ${made}) union all (${made} except ${kept})`,
    [cluster],
  )
  const { rowCount } = await pool.query(kept, [cluster])
  return { rows: rowCount ?? 0, differing }
}

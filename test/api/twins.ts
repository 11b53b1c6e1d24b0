import type pg from 'pg'
import { formatMoney, toMoney } from '../../src/domain/money.js'
import { publishFacts } from '../support/facts.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { FIRST, HOUR, MONDAY, SECOND } from './world.js'

/** An account whose names are those of its twin wherever they don't begin with the mark. */
interface Twin {
  readonly account: string
  readonly mark: string
  readonly currency: string
  /** Every amount is a multiple of it. */
  readonly price: number
  /** What is never seen of the other one. */
  readonly foreign: RegExp
}

export const TWINS: readonly [Twin, Twin] = [
  {
    account: FIRST,
    mark: 'alpha',
    currency: 'USD',
    price: 1,
    foreign: new RegExp(`omega|\\bJPY\\b|${SECOND}`),
  },
  {
    account: SECOND,
    mark: 'omega',
    currency: 'JPY',
    price: 1013,
    foreign: new RegExp(`alpha|\\bUSD\\b|${FIRST}`),
  },
]

export const TWIN_HOURS = 3
export const TWIN_RANGE = { start_date: MONDAY, end_date: MONDAY + TWIN_HOURS * HOUR }

/** Fills every table that an answer is read from; the same rows whenever it is called. */
export async function seedTwin(pool: pg.Pool, { account, mark, currency, price }: Twin): Promise<void> {
  await seedAccount(pool, account, currency)
  const key = { account, cluster: 'cluster-one' }
  await seedCluster(pool, key, MONDAY, MONDAY + (TWIN_HOURS - 1) * HOUR)
  const cost = toMoney(price)
  // The second has a workload more, so that counts differ too.
  const own = mark === 'omega' ? ['own', 'more'] : ['own']
  for (let hour = 0; hour < TWIN_HOURS; hour++) {
    await publishFacts(pool, key, MONDAY + hour * HOUR, {
      containers: ['shared', ...own.map(name => `${mark}-${name}`)].map(name => ({
        ...{ namespace: name, pod: name, container: name, controller: name, controllerKind: name },
        ...{ node: `${mark}-node`, cpuHours: 1, cpuRequest: 1, cpuUsed: 0.5, ramHours: 1, ramRequest: 1 },
        ...{ cpuCost: cost, ramCost: cost, gpuCost: cost, pvCost: cost, balancerCost: cost },
        ...{
          zoneCost: cost,
          regionCost: cost,
          internetCost: cost,
          labels: { team: name, [`${mark}_label`]: 'x' },
        },
      })),
      nodes: [{ node: `${mark}-node`, instanceType: `${mark}-type`, cpuCost: 9n * cost, ramCost: 9n * cost }],
      assets: [
        { type: 'disk', id: `${mark}-disk`, cost: 7n * cost },
        { type: 'management', id: `${mark}-fee`, cost },
      ],
      remainders: [
        { kind: 'unmounted', part: 'pv', namespace: `${mark}-own`, name: `${mark}-disk`, cost },
        { kind: 'cluster_management', part: 'management', name: `${mark}-fee`, cost },
      ],
      metrics: [
        {
          metric: 'kubecost_cluster_info',
          labels: {
            name: `${mark}-name`,
            provider: `${mark}-cloud`,
            region: `${mark}-region`,
            version: mark,
          },
        },
      ],
    })
    await describeWindow(pool, [account, key.cluster, MONDAY + hour * HOUR], {
      mark,
      total: formatMoney(cost),
    })
  }
  for (const name of ['shared', ...own.map(one => `${mark}-${one}`)]) {
    await recommend(pool, account, name, formatMoney(cost))
  }
}

/** Ledger rows with totals and warnings, loaded at a time that is always the same. */
async function describeWindow(
  pool: pg.Pool,
  key: readonly unknown[],
  { mark, total }: { mark: string; total: string },
): Promise<void> {
  await pool.query(
    `update warehouse.window_ledger
     set loaded_at = window_start + interval '2 hours', warnings = $4, allocated_cost = $5, idle_cost = $5,
       unmounted_cost = $5, management_cost = $5, network_cost = $5, unallocated_cost = $5
     where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
    [...key, JSON.stringify([{ code: `${mark}_code`, detail: `${mark} detail` }]), total],
  )
  await pool.query(`update warehouse.cluster set discovered_at = first_window where cloud_account_id = $1`, [
    key[0],
  ])
}

async function recommend(pool: pg.Pool, account: string, name: string, saving: string): Promise<void> {
  await pool.query(
    `insert into warehouse.rightsizing (
       cloud_account_id, profile, history_days, cluster_id, namespace, controller_kind, controller, container,
       computed_at, replicas, cpu_action, cpu_saving, ram_action, ram_saving, saving_month, action, reasons, severity,
       confidence, confidence_level, span_hours, coverage, samples, snippet
     )
     select $1::uuid, 'balanced', days, 'cluster-one', $2, $2, $2, $2, to_timestamp($3), 1, 'decrease', $4, 'decrease', $4,
       2 * $4::numeric, 'decrease', '{}', 'OK', 1, 'high', 336, 1, 1, $2
     from unnest('{7,14,30}'::int[]) days`,
    [account, name, MONDAY, saving],
  )
}

import type pg from 'pg'
import type { Window } from '../domain/window.js'

/** How far a cluster is. Times in Unix seconds. */
export interface StatusRow {
  readonly cloudAccountId: string
  readonly accountName: string
  /** null: no cluster of the account was heard of yet, and all counts are 0. */
  readonly clusterId: string | null
  readonly newestLoaded: Window | null
  /** Every window before it and from the cluster's first on is loaded. */
  readonly watermark: number | null
  /** Seconds since the end of the newest loaded window, or since the cluster's first one where none is loaded. */
  readonly lagSeconds: number | null
  /** Windows that will be read (again). */
  readonly open: number
  readonly loaded: number
  /** Windows whose last reading ended in an error, also those that stay loaded and those set aside. */
  readonly failed: number
  readonly incomplete: number
  readonly quarantined: number
  readonly oldestOpen: Window | null
  readonly lastError: WindowError | null
  /** Published windows whose usage is not collected yet, or not of what is published now. */
  readonly usageWaiting: number
  /** The newest window whose usage has been collected. */
  readonly usageNewest: Window | null
  readonly usageLastError: WindowError | null
}

interface WindowError {
  readonly code: string
  readonly message: string
  readonly window: Window
}

/** One row for each cluster, and for each account that has none yet, by account name. */
export async function statusRows(pool: pg.Pool, now: number): Promise<StatusRow[]> {
  const { rows } = await pool.query<StatusRow>({
    name: 'status-rows',
    text: `with counted as (
             select cloud_account_id, cluster_id,
               max(window_start) filter (where revision > 0) as newest_loaded,
               min(window_start) filter (where next_read_at is not null) as oldest_open,
               count(*) filter (where next_read_at is not null)::int as open,
               count(*) filter (where state = 'loaded')::int as loaded,
               count(*) filter (where error_code is not null)::int as failed,
               count(*) filter (where state = 'incomplete')::int as incomplete,
               count(*) filter (where state = 'quarantined')::int as quarantined
             from warehouse.window_ledger
             group by cloud_account_id, cluster_id
           ),
           last_error as (
             select distinct on (cloud_account_id, cluster_id) cloud_account_id, cluster_id,
               json_build_object('code', error_code, 'message', error_message,
                 'window', extract(epoch from window_start)::bigint) as error
             from warehouse.window_ledger
             where error_code is not null
             order by cloud_account_id, cluster_id, window_start desc
           ),
           usage as (
             select l.cloud_account_id, l.cluster_id,
               count(*) filter (where u.revision is distinct from l.revision)::int as waiting,
               max(u.window_start) filter (where u.collected_at is not null) as newest
             from warehouse.window_ledger l
             left join warehouse.usage_window u using (cloud_account_id, cluster_id, window_start)
             where l.revision > 0 and l.window_start >= date_trunc('day', to_timestamp($1) - interval '400 days', 'UTC')
             group by l.cloud_account_id, l.cluster_id
           ),
           usage_error as (
             select distinct on (cloud_account_id, cluster_id) cloud_account_id, cluster_id,
               json_build_object('code', error_code, 'message', error_message,
                 'window', extract(epoch from window_start)::bigint) as error
             from warehouse.usage_window
             where error_code is not null
             order by cloud_account_id, cluster_id, window_start desc
           )
           select a.cloud_account_id as "cloudAccountId", a.name as "accountName", c.cluster_id as "clusterId",
             extract(epoch from n.newest_loaded)::float8 as "newestLoaded",
             extract(epoch from c.watermark)::float8 as watermark,
             -- greatest() would make 0 of an unknown lag.
             case when c.cluster_id is not null then
               greatest(0, $1::float8 - extract(epoch from coalesce(n.newest_loaded + interval '1 hour', c.first_window)))::float8
             end as "lagSeconds",
             coalesce(n.open, 0) as open, coalesce(n.loaded, 0) as loaded, coalesce(n.failed, 0) as failed,
             coalesce(n.incomplete, 0) as incomplete, coalesce(n.quarantined, 0) as quarantined,
             extract(epoch from n.oldest_open)::float8 as "oldestOpen", e.error as "lastError",
             coalesce(g.waiting, 0) as "usageWaiting", extract(epoch from g.newest)::float8 as "usageNewest",
             f.error as "usageLastError"
           from warehouse.cloud_account a
           left join warehouse.cluster c using (cloud_account_id)
           left join counted n using (cloud_account_id, cluster_id)
           left join last_error e using (cloud_account_id, cluster_id)
           left join usage g using (cloud_account_id, cluster_id)
           left join usage_error f using (cloud_account_id, cluster_id)
           where a.removed_at is null
           order by a.name, a.cloud_account_id, c.cluster_id`,
    values: [now],
  })
  return rows
}

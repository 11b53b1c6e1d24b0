import type pg from 'pg'
import type { Window } from '../domain/window.js'

/**
 * Moves the watermark of a cluster over the loaded windows that follow it without a gap. `loaded` tells which window
 * was loaded just now: any but the one at the watermark leaves it where it is, and costs nothing. To be called inside
 * the transaction that loads it, as its last lock.
 */
export async function advanceWatermark(
  client: pg.ClientBase,
  cluster: { cloudAccountId: string; clusterId: string },
  loaded?: Window,
): Promise<void> {
  const { cloudAccountId, clusterId } = cluster
  // The lock comes first, in a statement of its own: the next one then sees all that an earlier holder committed, so
  // that of two neighbours loaded at once the second to come here moves the watermark over both.
  const locked = await client.query<{ watermark: number }>({
    name: 'lock-watermark',
    text: `select extract(epoch from watermark)::float8 as watermark
           from warehouse.cluster
           where cloud_account_id = $1 and cluster_id = $2
           for no key update`,
    values: [cloudAccountId, clusterId],
  })
  const watermark = locked.rows[0]?.watermark
  if (watermark === undefined || (loaded !== undefined && loaded !== watermark)) return
  await client.query({
    name: 'advance-watermark',
    text: `with open as (
             select min(window_start) as first_open
             from warehouse.window_ledger
             where cloud_account_id = $1 and cluster_id = $2 and window_start >= to_timestamp($3) and state <> 'loaded'
           ),
           following as (
             select window_start, row_number() over (order by window_start) - 1 as hours
             from warehouse.window_ledger
             where cloud_account_id = $1 and cluster_id = $2 and window_start >= to_timestamp($3) and state = 'loaded'
               and window_start < coalesce((select first_open from open), 'infinity')
           ),
           prefix as (
             -- A window without a ledger row is a gap too: behind it, the number of rows no longer equals the hours.
             select max(window_start) + interval '1 hour' as ends
             from following
             where window_start = to_timestamp($3) + hours * interval '1 hour'
           )
           update warehouse.cluster c
           set watermark = prefix.ends
           from prefix
           where c.cloud_account_id = $1 and c.cluster_id = $2 and prefix.ends is not null`,
    values: [cloudAccountId, clusterId, watermark],
  })
}

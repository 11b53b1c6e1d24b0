import type pg from 'pg'
import { keyOf, THIS_WINDOW, type WindowKey } from './window-key.js'

/** `late_data`: while the window was open. `restated`: after it was settled. `recomputed`: from readings that were kept. */
export type AuditReason = 'late_data' | 'restated' | 'recomputed'

/** Totals of a ledger row. Made by the server, where amounts are decimals. */
export const TOTALS = `jsonb_build_object('asset_cost', asset_cost, 'allocated_cost', allocated_cost,
  'idle_cost', idle_cost, 'unmounted_cost', unmounted_cost, 'management_cost', management_cost,
  'network_cost', network_cost, 'samples_seen', samples_seen, 'rows', allocation_rows)`

/** Notes what the version that the ledger names now took the place of. In the transaction that replaces it. */
export async function recordReplaced(
  client: pg.ClientBase,
  window: WindowKey,
  before: { totals: string },
  reason: AuditReason,
): Promise<void> {
  await client.query({
    name: 'record-replaced',
    text: `insert into warehouse.window_audit (cloud_account_id, cluster_id, window_start, revision, reason, old_totals,
             new_totals)
           select cloud_account_id, cluster_id, window_start, revision, $4, $5, ${TOTALS}
           from warehouse.window_ledger
           where ${THIS_WINDOW}`,
    values: [...keyOf(window), reason, before.totals],
  })
}

import type { Claim } from './claims.js'

/** Picks one window of a table, its key being the first three parameters. */
export const THIS_WINDOW = 'cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)'

export type WindowKey = Pick<Claim, 'cloudAccountId' | 'clusterId' | 'window'>

export function keyOf({ cloudAccountId, clusterId, window }: WindowKey): [string, string, number] {
  return [cloudAccountId, clusterId, window]
}

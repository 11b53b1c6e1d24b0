import type pg from 'pg'
import { parseMoney } from '../domain/money.js'
import { GIB } from '../domain/units.js'
import type { PublishedContainer, PublishedWindow } from '../domain/usage-samples.js'
import type { Window } from '../domain/window.js'
import type { Cluster } from './dimensions.js'

type StoredContainer = Omit<PublishedContainer, 'cpuCost' | 'ramCost'> & {
  readonly window: Window
  readonly cpuCost: string
  readonly ramCost: string
}

interface StoredWindow {
  readonly window: Window
  readonly revision: number
  readonly isHeard: boolean
  readonly cores: number | null
  readonly gib: number | null
}

const within = (alias: string) => `${alias}.window_start between to_timestamp($4) and to_timestamp($5)
  and ${alias}.window_start in (select to_timestamp(w) from unnest($3::float8[]) as w)`

/**
 * The costs of some windows of a cluster that are published, with their revisions. Those are read first: rows of a
 * version that comes in between then carry the number of the one before, and the next look finds them out of date.
 */
export async function readPublished(
  pool: pg.Pool,
  { cloudAccountId, clusterId }: Cluster,
  windows: readonly Window[],
): Promise<PublishedWindow[]> {
  // The bounds keep other months' partitions out of it.
  const values = [cloudAccountId, clusterId, windows, Math.min(...windows), Math.max(...windows)]
  const { rows: found } = await pool.query<StoredWindow>({
    name: 'usage-windows',
    text: `select extract(epoch from l.window_start)::float8 as window, l.revision,
             l.coverage > 0 is true as "isHeard", n.cores, n.gib
           from warehouse.window_ledger l
           left join lateral (
             select max(h.cpu_cores) as cores, max(h.ram_gib) as gib
             from warehouse.node_hourly h
             where h.cloud_account_id = $1 and h.cluster_id = $2 and h.window_start = l.window_start
           ) n on true
           where l.cloud_account_id = $1 and l.cluster_id = $2 and l.revision > 0
             and ${within('l')}
           order by l.window_start`,
    values,
  })
  const { rows } = await pool.query<StoredContainer>({
    name: 'usage-containers',
    text: `select extract(epoch from a.window_start)::float8 as window, c.namespace, c.pod, c.container,
             coalesce(c.controller_kind, '') as "controllerKind", coalesce(c.controller, '') as controller, a.minutes,
             a.cpu_core_hours as "cpuCoreHours", a.cpu_core_request_hours as "cpuCoreRequestHours",
             a.ram_gib_hours as "ramGibHours", a.ram_gib_request_hours as "ramGibRequestHours",
             a.ram_gib_used_hours as "ramGibUsedHours", a.cpu_cost as "cpuCost", a.ram_cost as "ramCost"
           from warehouse.allocation_hourly a
           join warehouse.container c on c.cloud_account_id = $1 and c.container_key = a.container_key
           where a.cloud_account_id = $1 and a.cluster_id = $2
             and ${within('a')}
           order by a.window_start, a.container_key`,
    values,
  })
  const containers = new Map<Window, PublishedContainer[]>(found.map(({ window }) => [window, []]))
  for (const { window, cpuCost, ramCost, ...row } of rows)
    containers.get(window)?.push({ ...row, cpuCost: parseMoney(cpuCost), ramCost: parseMoney(ramCost) })
  return found.map(({ window, revision, isHeard, cores, gib }) => ({
    window,
    revision,
    isHeard,
    containers: containers.get(window) ?? [],
    largestCpuCores: cores,
    largestRamBytes: gib === null ? null : gib * GIB,
  }))
}

import type pg from 'pg'
import type { WindowContent } from './content.js'
import { keyOf, THIS_WINDOW, type WindowKey } from './window-key.js'

/** What the published version was made of, as the ledger has it. */
interface Published {
  readonly samples_seen: string | null
  readonly source_samples: string | null
  readonly node_rows: number | null
  readonly allocation_rows: number | null
}

/**
 * In what a reading falls short of the published version, for a person; late samples only ever add. Where heartbeat
 * samples or containers were added, fewer of the rest is news and no loss: late samples may end a disk, or move a
 * container's to another series.
 */
export async function poorerThan(
  client: pg.ClientBase,
  window: WindowKey,
  stored: Published,
  { source, facts }: WindowContent,
): Promise<string | undefined> {
  const heartbeat = compare('heartbeat samples', source.samplesSeen, Number(stored.samples_seen ?? 0))
  const containers = compare('containers', facts.allocations.length, stored.allocation_rows ?? 0)
  const nodes = compare('nodes', facts.nodes.length, stored.node_rows ?? 0)
  const short = [heartbeat, nodes, containers].find(isShort)
  if (short !== undefined) return describe(short)
  if (isMore(heartbeat) || isMore(containers)) return undefined
  const assets = await publishedAssets(client, window)
  const now = (type: string) => facts.assets.filter(asset => asset.assetType === type).length
  const rest = [
    compare('disks', now('disk'), assets.get('disk') ?? 0),
    compare('load balancers', now('load_balancer'), assets.get('load_balancer') ?? 0),
    compare('container samples', source.sourceSamples, Number(stored.source_samples ?? 0)),
  ].find(isShort)
  return rest && describe(rest)
}

interface Comparison {
  readonly what: string
  readonly now: number
  readonly before: number
}

const compare = (what: string, now: number, before: number): Comparison => ({ what, now, before })
const isShort = ({ now, before }: Comparison) => now < before
const isMore = ({ now, before }: Comparison) => now > before

function describe({ what, now, before }: Comparison): string {
  return `${now} ${what} where the published version has ${before}`
}

async function publishedAssets(client: pg.ClientBase, window: WindowKey): Promise<Map<string, number>> {
  const { rows } = await client.query<{ type: string; assets: number }>({
    name: 'count-assets',
    text: `select asset_type as type, count(*)::int as assets
           from warehouse.asset_hourly where ${THIS_WINDOW} group by asset_type`,
    values: keyOf(window),
  })
  return new Map(rows.map(row => [row.type, row.assets]))
}

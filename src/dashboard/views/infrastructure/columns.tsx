import { Link } from 'react-router'
import type { BodyOf } from '../../api/routes.js'
import { type Money, moneyIn, UNKNOWN } from '../../format/money.js'
import { cores, decimal, gib, percent, units } from '../../format/quantity.js'
import { costsWithin } from '../../state/levels.js'
import type { Column } from '../../ui/data-table.js'
import type { Asset, AssetType, SORTS } from './fields.js'
import styles from './infrastructure.module.css'
import { stayOf } from './stay.js'

type Body = BodyOf<'assets'>
type SortKey = (typeof SORTS)[number]

export interface Around {
  /** What links to other views take along. */
  readonly shared: URLSearchParams
  /** End of the newest loaded hour by cluster, Unix seconds; not of all of them where there are many. */
  readonly loadedTo: ReadonlyMap<string, number>
}

/** The columns of a type's table. */
export function columnsOf(type: AssetType, body: Body, { shared, loadedTo }: Around): Column<Asset>[] {
  const money = moneyIn(body.meta.currency)
  return [
    nameColumn(shared),
    {
      id: 'cluster',
      header: 'Cluster',
      sortKey: 'cluster' satisfies SortKey,
      cell: ({ cluster }) => cluster,
    },
    ...columnsOfType(type),
    ...moneyColumns(type, body, money),
    stayColumn(body, loadedTo),
  ]
}

function nameColumn(shared: URLSearchParams): Column<Asset> {
  return {
    id: 'name',
    header: 'Name',
    isRowHeader: true,
    sortKey: 'name' satisfies SortKey,
    total: 'All',
    cell: asset => (
      <span className={styles.name}>
        {asset.asset_type === 'node' ? (
          <Link to={costsWithin({ dimension: 'node', value: asset.name }, shared)}>{asset.name}</Link>
        ) : (
          asset.name
        )}{' '}
        <span className={styles.detail}>{detailOf(asset)}</span>
      </span>
    ),
  }
}

function detailOf({ asset_type, asset_id, name, provider_id, node_pool, zone, region }: Asset): string {
  const told = [node_pool, zone ?? region, provider_id ?? (asset_id === name ? null : asset_id)]
  if (asset_type !== 'node') return provider_id !== null && provider_id !== name ? provider_id : ''
  return told.filter(part => part !== null).join(', ')
}

function columnsOfType(type: AssetType): Column<Asset>[] {
  switch (type) {
    case 'node':
      return nodeColumns()
    case 'disk':
      return diskColumns()
    case 'load_balancer':
      return [
        {
          id: 'namespace',
          header: 'Namespace',
          sortKey: 'namespace' satisfies SortKey,
          cell: ({ namespace }) => namespace ?? UNKNOWN,
        },
      ]
    case 'management':
      return []
  }
}

function nodeColumns(): Column<Asset>[] {
  return [
    {
      id: 'instance_type',
      header: 'Machine',
      hint: 'Its type, and whether it is a spot machine, which can be taken away at any time.',
      sortKey: 'instance_type' satisfies SortKey,
      cell: asset => (
        <>
          {asset.instance_type ?? UNKNOWN} <span className={styles.detail}>{boughtAs(asset)}</span>
        </>
      ),
    },
    {
      id: 'cpu',
      header: 'CPU',
      isNumber: true,
      sortKey: 'cpu_cores' satisfies SortKey,
      cell: ({ cpu_cores }) => cores(cpu_cores),
    },
    {
      id: 'ram',
      header: 'Memory',
      isNumber: true,
      sortKey: 'ram_gib' satisfies SortKey,
      cell: ({ ram_gib }) => gib(ram_gib),
    },
    {
      id: 'gpus',
      header: 'GPUs',
      isNumber: true,
      sortKey: 'gpus' satisfies SortKey,
      cell: ({ gpus }) => units(gpus),
    },
  ]
}

function boughtAs({ is_spot }: Asset): string {
  if (is_spot === null) return 'spot or on demand: unknown'
  return is_spot ? 'spot' : 'on demand'
}

function diskColumns(): Column<Asset>[] {
  return [
    {
      id: 'size',
      header: 'Size',
      isNumber: true,
      sortKey: 'size_gib' satisfies SortKey,
      cell: ({ size_gib }) => gib(size_gib),
    },
    {
      id: 'class',
      header: 'Storage class',
      sortKey: 'storage_class' satisfies SortKey,
      cell: ({ storage_class }) => storage_class ?? UNKNOWN,
    },
    {
      id: 'claim',
      header: 'Claim',
      hint: 'Namespace and name of the claim that the volume was last bound to.',
      sortKey: 'namespace' satisfies SortKey,
      cell: ({ namespace, claim }) =>
        claim === null ? 'none' : namespace === null ? claim : `${namespace} / ${claim}`,
    },
  ]
}

function moneyColumns(type: AssetType, body: Body, money: Money): Column<Asset>[] {
  const sums = body.by_type.find(({ asset_type }) => asset_type === type)
  const amount = (
    key: 'total_cost' | 'idle_cost' | 'monthly_rate',
    header: string,
    hint: string,
  ): Column<Asset> => ({
    id: key,
    header,
    hint,
    isNumber: true,
    sortKey: key,
    cell: asset => money.exact(asset[key]),
    total: money.exact(sums?.[key] ?? null),
  })
  const cost = amount('total_cost', 'Cost', 'In these days.')
  const rate = amount(
    'monthly_rate',
    'A month',
    'Cost ÷ hours in which it was there × 730; of all of them, what was there at a time.',
  )
  if (type !== 'node') return [cost, rate]
  return [
    cost,
    {
      ...amount('idle_cost', 'Idle', 'What of its cost no container was charged for, and the share of it.'),
      cell: asset => <Idle of={asset} money={money} />,
      total: sums === undefined ? UNKNOWN : <Idle of={sums} money={money} />,
    },
    rate,
  ]
}

interface IdleProps {
  readonly of: { readonly idle_cost: number | null; readonly total_cost: number | null }
  readonly money: Money
}

function Idle({ of: { idle_cost, total_cost }, money }: IdleProps) {
  const share = idle_cost === null || !total_cost ? null : idle_cost / total_cost
  return (
    <>
      {money.exact(idle_cost)} <span className={styles.detail}>{percent(share)}</span>
    </>
  )
}

function stayColumn({ start_date, end_date }: Body, loadedTo: Around['loadedTo']): Column<Asset> {
  const endFor = ({ cluster }: Asset) => Math.min(end_date, loadedTo.get(cluster) ?? end_date)
  return {
    id: 'stay',
    header: 'There (UTC)',
    hint: 'Hours of these days in which it was there.',
    isNumber: true,
    sortKey: 'minutes' satisfies SortKey,
    cell: asset => (
      <>
        {decimal(asset.minutes / 60)} h{' '}
        <span className={styles.stay}>{stayOf(asset, start_date, endFor(asset)) ?? 'throughout'}</span>
      </>
    ),
  }
}

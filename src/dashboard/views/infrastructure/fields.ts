import type { BodyOf, QueryOf } from '../../api/routes.js'
import type { Dimension } from '../../state/dimensions.js'
import { choice, type StateOf } from '../../state/fields.js'
import { type Filter, filterQuery } from '../../state/filters.js'
import { PAGE_FIELDS } from '../../state/page.js'
import type { Hours } from '../../state/range.js'

export type Asset = BodyOf<'assets'>['assets'][number]
export type AssetType = Asset['asset_type']

/** What is paid for, in the order of the tabs. */
export const TYPES: Readonly<Record<AssetType, string>> = {
  node: 'Nodes',
  disk: 'Disks',
  load_balancer: 'Load balancers',
  management: 'Fees',
}

/** What the API sorts assets by and a table has a column for. */
export const SORTS = [
  'name',
  'cluster',
  'instance_type',
  'storage_class',
  'namespace',
  'minutes',
  'cpu_cores',
  'ram_gib',
  'gpus',
  'size_gib',
  'total_cost',
  'idle_cost',
  'monthly_rate',
] as const

/** What is chosen of the assets, beside range and filters. */
export const FIELDS = {
  type: choice(['node', 'disk', 'load_balancer', 'management'], 'node'),
  sort: choice(SORTS, 'total_cost'),
  order: choice(['asc', 'desc'], 'desc'),
  ...PAGE_FIELDS,
}

export type AssetsState = StateOf<typeof FIELDS>

export const FINDINGS = [
  'unclaimed_volume',
  'balancer_without_pods',
  'idle_node',
  'over_provisioned_group',
  'abandoned_workload',
  'namespace_without_requests',
] as const

export const FINDING_SORTS = ['name', 'finding', 'cluster', 'since', 'saving_month', 'confidence'] as const

/** What is chosen of the findings. */
export const FINDING_FIELDS = {
  finding: choice(['all', ...FINDINGS], 'all'),
  findings_sort: choice(FINDING_SORTS, 'saving_month'),
  findings_order: choice(['asc', 'desc'], 'desc'),
  findings_cursor: PAGE_FIELDS.cursor,
  findings_skipped: PAGE_FIELDS.skipped,
}

export type FindingsState = StateOf<typeof FINDING_FIELDS>

/** Dimensions that assets can be filtered by; all else is of workloads. */
export const isAskedBy = (dimension: Dimension): boolean => dimension === 'cluster' || dimension === 'node'

/** Which hours, and which assets. */
export interface Scope {
  readonly start_date: number
  readonly end_date: number
  readonly k8s_cluster?: string[]
  readonly k8s_node?: string[]
}

/** What the view is about. */
export function scopeOf(hours: Hours, filters: readonly Filter[]): Scope {
  const known = filters.filter(({ dimension }) => isAskedBy(dimension))
  const { k8s_cluster, k8s_node } = filterQuery(known)
  return {
    start_date: hours.start,
    end_date: hours.end,
    ...(k8s_cluster === undefined ? {} : { k8s_cluster }),
    ...(k8s_node === undefined ? {} : { k8s_node }),
  }
}

/** Rows of a page. */
const PAGE_ROWS = 100

/** The question that a table of assets answers. */
export function assetsQuery(scope: Scope, { type, sort, order }: AssetsState): QueryOf<'assets'> {
  return { ...scope, asset_type: [type], sort, order, limit: PAGE_ROWS }
}

/** The question that the table of findings answers: of the last 14 days, whatever the range is. */
export function findingsQuery(
  { k8s_cluster }: Scope,
  { finding, findings_sort, findings_order }: FindingsState,
): QueryOf<'findings'> {
  return {
    ...(k8s_cluster === undefined ? {} : { k8s_cluster }),
    ...(finding === 'all' ? {} : { finding: [finding] }),
    sort: findings_sort,
    order: findings_order,
    limit: PAGE_ROWS,
  }
}

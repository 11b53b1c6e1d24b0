import { type Static, Type } from 'typebox'
import { ASSET_TYPES, type AssetType } from '../answers/asset-days.js'
import { ASSET_SORTS } from '../answers/assets-query.js'
import { CLUSTER_FILTER, DATES, FILTERS, FORMAT, paging } from '../query/parameters.js'
import { count, Meta, nullable, Page, TotalHead, text, time } from './common.js'

const assetType = (description: string) =>
  Type.Unsafe<AssetType>({ type: 'string', enum: [...ASSET_TYPES], description })
const ofNode = (what: string) => nullable(`${what}; null where unknown, and for what is no node.`)

const AssetRow = Type.Object({
  id: Type.String({
    description:
      'UUID made of the account, the cluster, the type, asset_id and name; the same in every answer.',
  }),
  cluster: Type.String({ description: 'Cluster id; unique within the account only.' }),
  asset_type: assetType('What is paid for; disk: volumes and the disks that machines boot from.'),
  asset_id: Type.String({
    description:
      "Of a node its provider's id, or its name where the source does not say; of a disk the volume, or node:device of a local one; of a load balancer namespace/service; of a fee the provisioner.",
  }),
  name: Type.String({ description: 'Name for people; of a node its name in Kubernetes.' }),
  provider_id: text("Cloud provider's id of it; null where the source does not say."),
  instance_type: text('Type of the machine as last told; null where unknown, and for what is no node.'),
  region: text('Region of the machine as last told; null where unknown, and for what is no node.'),
  zone: text('Zone of the machine as last told; null where unknown, and for what is no node.'),
  node_pool: text('Pool or group of the machine as last told; null where unknown, and for what is no node.'),
  is_spot: Type.Unsafe<boolean | null>({
    type: ['boolean', 'null'],
    description:
      'Whether it was a spot machine for at least half of its time; null where unknown, and for what is no node.',
  }),
  storage_class: text('Of a volume as last told; null where unknown, and for what is no volume.'),
  namespace: text('Of the claim or the service as last told; null for what belongs to none.'),
  claim: text('Claim that the volume was bound to as last told; null for none, and for what is no volume.'),
  first_seen: time(
    'Start of the first hour of the range in which it was there; of the day, where its hours have expired.',
  ),
  last_seen: time(
    'End of the last hour of the range in which it was there; of the day, where its hours have expired.',
  ),
  minutes: Type.Number({ description: 'Minutes of the range in which it was there.' }),
  cpu_cores: ofNode('Capacity, cores, mean over its minutes on the days on which it is known throughout'),
  ram_gib: ofNode('Capacity, GiB, mean over its minutes on the days on which it is known throughout'),
  gpus: ofNode('GPUs, mean over its minutes on the days on which they are known throughout'),
  size_gib: nullable('Capacity of a disk, GiB, mean over its minutes; null for what is no disk.'),
  cpu_cost: ofNode('CPU of the machine, account currency'),
  ram_cost: ofNode('Memory of the machine, account currency'),
  gpu_cost: ofNode('GPUs of the machine, account currency'),
  total_cost: Type.Number({
    description: 'Account currency; of a node the sum of the parts that are known.',
  }),
  idle_cost: nullable(
    'What of its cost no container was charged for, account currency; may be negative. Of machines that had one name on one UTC day each has the part of their idle cost that its cost is of theirs. null where unknown, and for what is no node.',
  ),
  monthly_rate: nullable(
    'total_cost ÷ hours in which it was there × 730, account currency a month; null where that is no time.',
  ),
  coverage: nullable(
    'Measured share, 0 to 1: mean of the loaded hours of the days on which it was there, weighted by its hours; null where they have expired.',
  ),
})
export type AssetRow = Static<typeof AssetRow>

const atATime = (what: string) =>
  nullable(
    `${what} at a time: mean over the loaded hours of each cluster, summed up; null where none is known.`,
  )

const AssetTypeSums = Type.Object({
  asset_type: assetType('What is paid for.'),
  count: Type.Integer({ description: 'Rows of the whole filtered set: all that were there at any time.' }),
  mean_count: nullable(
    'How many were there at a time: mean over the loaded hours of each cluster, summed up; null where nothing tells of the type.',
  ),
  total_cost: nullable('Account currency; null where nothing tells of the type.'),
  idle_cost: nullable('Account currency, signed; null where unknown, and for what is no node.'),
  monthly_rate: nullable(
    'total_cost of each cluster ÷ its loaded hours × 730, summed up, account currency a month; null where nothing tells of the type.',
  ),
  cpu_cores: atATime('Cores of nodes'),
  ram_gib: atATime('GiB of memory of nodes'),
  gpus: atATime('GPUs of nodes'),
  size_gib: atATime('GiB of disks'),
  spot_count: count('Nodes that are spot machines, is_spot; null where none tells, and for what is no node.'),
  spot_cost: nullable('Their total_cost, account currency; null where none tells, and for what is no node.'),
})
export type AssetTypeSums = Static<typeof AssetTypeSums>

export const AssetsBody = Type.Object({
  ...TotalHead,
  by_type: Type.Array(AssetTypeSums, {
    description: 'Sums of the whole filtered set, for each type that is asked for, also those without a row.',
  }),
  assets: Type.Array(AssetRow),
  meta: Meta,
  page: Page,
})
export type AssetsBody = Static<typeof AssetsBody>

export const AssetsQuery = Type.Object({
  ...DATES,
  asset_type: Type.Array(
    Type.Unsafe<AssetType>({
      type: 'string',
      pattern: `^(${ASSET_TYPES.join('|')})$`,
      allowed: `is not one of ${ASSET_TYPES.join(', ')}`,
    }),
    {
      default: [],
      description: 'Only these types; repeat for any of several.',
      examples: [['node'], ['disk', 'load_balancer']],
    },
  ),
  ...CLUSTER_FILTER,
  k8s_node: FILTERS.k8s_node,
  ...paging(ASSET_SORTS, 'total_cost'),
  ...FORMAT,
})

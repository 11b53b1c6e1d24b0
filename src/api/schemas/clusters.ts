import { type Static, Type } from 'typebox'
import { CLUSTER_FILTER, DATES, FORMAT, paging } from '../query/parameters.js'
import { amount, count, efficiency, Meta, nullable, Page, TotalHead, text, time } from './common.js'

const ClusterRow = Type.Object({
  id: Type.String({ description: 'UUID made of the account and the cluster; the same in every answer.' }),
  cluster: Type.String({ description: 'Cluster id; unique within the account only.' }),
  name: Type.String({ description: 'As the exporter tells it, else the cluster id.' }),
  provider: text(
    'Cloud provider as the exporter tells it, else of the provider ids of the machines; null where neither is known.',
  ),
  region: text('As the exporter tells it, else where most machines are; null where neither is known.'),
  version: text('Of Kubernetes, as the exporter tells it; null where it is not told.'),
  state: Type.Enum(['active', 'stale'], {
    type: 'string',
    description: 'stale: not heard of for more than three days.',
  }),
  first_seen: time('Start of the first hour in which the cluster was heard of.'),
  last_seen: time('End of the newest hour in which the cluster was heard of.'),
  nodes: count('Machines in the newest loaded hour of the range; null where no hour of it is loaded.'),
  spot_nodes: count('Machines among them that were spot for most of the hour; null where none tells.'),
  cpu_cores: nullable('Capacity of these machines, cores; null where none reports it.'),
  ram_gib: nullable('Capacity of these machines, GiB; null where none reports it.'),
  gpus: nullable('GPUs of these machines; null where none reports it.'),
  namespaces: count('Namespaces with a container in the newest loaded hour of the range.'),
  pods: count('Pods with a container in the newest loaded hour of the range.'),
  cpu_cost: amount('CPU of containers, without idle'),
  ram_cost: amount('Memory of containers, without idle'),
  gpu_cost: amount('GPUs of containers, without idle'),
  pv_cost: amount('Volumes, also those that no pod holds'),
  network_zone_cost: amount('Traffic between zones, also of unknown pods'),
  network_region_cost: amount('Traffic between regions, also of unknown pods'),
  network_internet_cost: amount('Traffic to the internet, also of unknown pods'),
  network_cost: amount('Traffic, the three ways together'),
  load_balancer_cost: amount('Load balancers, also those that no pod is behind'),
  management_cost: amount('Management fee'),
  idle_cost: amount('Node cost that no container was charged for; may be negative'),
  total_cost: Type.Number({
    description:
      'Account currency: all parts and idle, which is what nodes, volumes, load balancers, management and traffic cost. 0 where no hour of the range is loaded.',
  }),
  previous_total: nullable(
    'The same of the equally long range immediately before, account currency; null where no hour of it is loaded.',
  ),
  monthly_rate: nullable(
    'total_cost ÷ loaded hours of the cluster in the range × 730, account currency a month; null where none is loaded.',
  ),
  cpu_efficiency: efficiency('CPU used ÷ requested'),
  ram_efficiency: efficiency('Memory used ÷ requested'),
  total_efficiency: efficiency('Mean of both, weighted by cost'),
  data_to: time('End of the loaded prefix: every hour before it is loaded.'),
  coverage: nullable(
    'Mean measured share of the due hours of the range, 0 to 1; an hour that is not loaded counts 0. null where none is due.',
  ),
})
export type ClusterRow = Static<typeof ClusterRow>

export const ClustersBody = Type.Object({
  ...TotalHead,
  clusters: Type.Array(ClusterRow),
  meta: Meta,
  page: Page,
})
export type ClustersBody = Static<typeof ClustersBody>

const SORTS = [
  ...['total_cost', 'cluster', 'name', 'provider', 'region', 'state', 'first_seen', 'last_seen', 'nodes'],
  ...['spot_nodes', 'cpu_cores', 'ram_gib', 'gpus', 'namespaces', 'pods', 'cpu_cost', 'ram_cost', 'gpu_cost'],
  ...['pv_cost', 'network_cost', 'load_balancer_cost', 'management_cost', 'idle_cost', 'previous_total'],
  ...['monthly_rate', 'cpu_efficiency', 'ram_efficiency', 'total_efficiency', 'data_to', 'coverage'],
]

export const ClustersQuery = Type.Object({
  ...DATES,
  ...CLUSTER_FILTER,
  ...paging(SORTS, 'total_cost'),
  ...FORMAT,
})

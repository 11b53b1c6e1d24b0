import { type Static, Type } from 'typebox'
import { CLUSTER_FILTER, DATES, FORMAT, paging, STEP } from '../query/parameters.js'
import { amount, Meta, Page, TotalHead, time } from './common.js'

const ClusterCostRow = Type.Object({
  cluster: Type.String({ description: 'Cluster id; unique within the account only.' }),
  start_date: time('Start of the step.'),
  end_date: time('End of the step.'),
  cpu_cost: amount('CPU of the machines'),
  ram_cost: amount('Memory of the machines'),
  gpu_cost: amount('GPUs of the machines'),
  pv_cost: amount('Volumes and local disks'),
  load_balancer_cost: amount('Load balancers'),
  network_cost: amount('Traffic'),
  management_cost: amount('Management fee'),
  total_cost: Type.Number({
    description:
      'Account currency: the sum of the parts before it, and of allocated_cost, idle_cost, unmounted_cost and management_cost.',
  }),
  allocated_cost: Type.Number({
    description: 'Account currency: what containers were charged, and the traffic of unknown pods.',
  }),
  idle_cost: Type.Number({
    description: 'Account currency: node cost that no container was charged for; may be negative.',
  }),
  unmounted_cost: amount('Volumes that no pod holds and load balancers that no pod is behind'),
})
export type ClusterCostRow = Static<typeof ClusterCostRow>

const { start_date, end_date, ...totals } = TotalHead

export const ClusterCostBody = Type.Object({
  start_date,
  end_date,
  step: Type.String({ description: 'As asked.' }),
  ...totals,
  cluster_cost: Type.Array(ClusterCostRow),
  meta: Meta,
  page: Page,
})
export type ClusterCostBody = Static<typeof ClusterCostBody>

const SORTS = [
  ...['total_cost', 'cluster', 'start_date', 'cpu_cost', 'ram_cost', 'gpu_cost', 'pv_cost'],
  ...['load_balancer_cost', 'network_cost', 'management_cost', 'allocated_cost', 'idle_cost'],
  'unmounted_cost',
]

export const ClusterCostQuery = Type.Object({
  ...DATES,
  ...STEP,
  ...CLUSTER_FILTER,
  ...paging(SORTS, 'total_cost'),
  ...FORMAT,
})

import { answerClusterCost } from '../answers/cluster-cost.js'
import { askedDates, askedValues } from '../query/asked.js'
import { ClusterCostBody, ClusterCostQuery } from '../schemas/cluster-cost.js'
import { defineRoute } from './read-route.js'

export const clusterCost = defineRoute({
  name: 'cluster_cost',
  summary: 'Cost of clusters over time',
  description:
    'What the machines, volumes, load balancers, management and traffic of each cluster cost, and what of it was allocated, idle and unmounted. A row per cluster and step of which an hour is loaded.',
  query: ClusterCostQuery,
  body: ClusterCostBody,
  read: (values, reader) => ({
    ...askedDates(values.start_date, values.end_date, reader),
    clusters: askedValues(values.k8s_cluster),
    step: values.step,
    sort: values.sort,
    order: values.order,
    limit: values.limit,
    cursor: values.cursor,
    format: values.format,
  }),
  answer: answerClusterCost,
})

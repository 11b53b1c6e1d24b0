import { answerAssets, openAssets } from '../answers/assets.js'
import { askedDates, askedValues } from '../query/asked.js'
import { AssetsBody, AssetsQuery } from '../schemas/assets.js'
import { defineRoute } from './read-route.js'

export const assets = defineRoute({
  name: 'assets',
  summary: 'Nodes, disks, load balancers and fees',
  description:
    'Every machine, disk, load balancer and management fee that was there in the range: what it cost, how large it was, and of a machine how much of it was idle. A row per asset over the whole range.',
  query: AssetsQuery,
  body: AssetsBody,
  read: (values, reader) => ({
    ...askedDates(values.start_date, values.end_date, reader),
    types: [...new Set(values.asset_type)].sort(),
    clusters: askedValues(values.k8s_cluster),
    nodes: askedValues(values.k8s_node),
    sort: values.sort,
    order: values.order,
    limit: values.limit,
    cursor: values.cursor,
    format: values.format,
  }),
  answer: answerAssets,
  rows: openAssets,
})

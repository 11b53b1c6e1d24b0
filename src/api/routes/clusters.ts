import { answerClusters } from '../answers/clusters.js'
import { askedDates, askedValues } from '../query/asked.js'
import { ClustersBody, ClustersQuery } from '../schemas/clusters.js'
import { defineRoute } from './read-route.js'

export const clusters = defineRoute({
  name: 'clusters',
  summary: 'The clusters of the account',
  description:
    'What is known of each cluster: its size, its cost, its efficiency and how fresh its data is. A cluster without cost in the range is there too.',
  query: ClustersQuery,
  body: ClustersBody,
  read: (values, reader) => ({
    ...askedDates(values.start_date, values.end_date, reader),
    clusters: askedValues(values.k8s_cluster),
    sort: values.sort,
    order: values.order,
    limit: values.limit,
    cursor: values.cursor,
    format: values.format,
  }),
  answer: answerClusters,
})

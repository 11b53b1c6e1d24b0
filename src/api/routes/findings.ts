import { answerFindings } from '../answers/findings.js'
import { askedOptionalDates, askedValues } from '../query/asked.js'
import { FindingsBody, FindingsQuery } from '../schemas/findings.js'
import { defineRoute } from './read-route.js'

/** Share of a node that is to be allocated in the highest hour, unless asked otherwise. */
const TARGET_UTILISATION = 0.65
/** Confidence below which nothing is worth acting on. */
const LEAST_CONFIDENCE = 0.1

export const findings = defineRoute({
  name: 'findings',
  summary: 'What could be given up or made smaller',
  description:
    'Volumes, load balancers, nodes and workloads that cost something and serve nobody, groups with more nodes than they need, and namespaces whose containers ask for nothing: each with what shows it and what it would save a month. No money is told twice, so the savings add up.',
  query: FindingsQuery,
  body: FindingsBody,
  read: (values, reader) => ({
    ...askedOptionalDates(values.start_date, values.end_date, reader),
    findings: [...new Set(values.finding)].sort(),
    targetUtilisation: values.target_utilisation ?? TARGET_UTILISATION,
    minimumNodes: values.minimum_nodes,
    abandonedDays: values.abandoned_days,
    minSaving: values.min_saving,
    minConfidence: values.min_confidence ?? LEAST_CONFIDENCE,
    clusters: askedValues(values.k8s_cluster),
    namespaces: askedValues(values.k8s_namespace),
    sort: values.sort,
    order: values.order,
    limit: values.limit,
    cursor: values.cursor,
    format: values.format,
  }),
  answer: answerFindings,
})

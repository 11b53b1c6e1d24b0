import { answerRightsizing, rightsizingBasis } from '../answers/rightsizing.js'
import { askedOptionalDates, askedValues } from '../query/asked.js'
import { askedKnobs } from '../query/rightsizing.js'
import { RightsizingBody, RightsizingQuery } from '../schemas/rightsizing.js'
import { defineRoute } from './read-route.js'

export const rightsizing = defineRoute({
  name: 'rightsizing',
  summary: 'Recommended requests and what they save',
  description:
    'For every container of a workload what it requests, what it uses, what it should request, and what that saves a month. A lower request frees capacity; money is saved when machines are removed.',
  query: RightsizingQuery,
  body: RightsizingBody,
  read: (values, reader) => ({
    ...askedOptionalDates(values.start_date, values.end_date, reader),
    profile: values.profile,
    knobs: askedKnobs(values),
    action: values.action,
    minConfidence: values.min_confidence ?? 0,
    minSaving: values.min_saving,
    includeSystem: values.include_system,
    includeIgnored: values.include_ignored,
    workloads: {
      cluster: askedValues(values.k8s_cluster),
      namespace: askedValues(values.k8s_namespace),
      kind: askedValues(values.created_by_kind),
      name: askedValues(values.created_by_name),
      container: askedValues(values.k8s_container),
    },
    sort: values.sort,
    order: values.order,
    limit: values.limit,
    cursor: values.cursor,
    format: values.format,
  }),
  answer: answerRightsizing,
  basis: rightsizingBasis,
})

import { answerFilters } from '../answers/filters.js'
import { askedFilters, askedOptionalDates } from '../query/asked.js'
import { FiltersBody, FiltersQuery } from '../schemas/filters.js'
import { defineRoute } from './read-route.js'

export const filters = defineRoute({
  name: 'filters',
  summary: 'Values of a dimension, for suggestions',
  description:
    'Which values of a dimension there are, dearest first, with what they cost. Filters narrow the suggestions as they narrow cost_allocation.',
  query: FiltersQuery,
  body: FiltersBody,
  read: (values, reader) => ({
    ...askedOptionalDates(values.start_date, values.end_date, reader),
    dimension: values.dimension,
    search: values.q ?? '',
    filters: askedFilters(values),
    sort: values.sort,
    order: values.order,
    limit: values.limit,
    cursor: values.cursor,
    format: values.format,
  }),
  answer: answerFilters,
})

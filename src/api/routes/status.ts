import { DAY_SECONDS } from '../../domain/window.js'
import { answerStatus, statusBasis } from '../answers/status.js'
import { askedOptionalDates, askedValues } from '../query/asked.js'
import { StatusBody, StatusQuery } from '../schemas/status.js'
import { defineRoute } from './read-route.js'

const MOST_DAYS_OF_WINDOWS = 31

export const status = defineRoute({
  name: 'status',
  summary: 'How fresh the data is, and what is missing',
  description:
    'For each cluster up to when its costs are loaded and its use is collected, what failed last, which hours are missing and which series the source does not send. An account of which nothing is loaded yet is answered too.',
  query: StatusQuery,
  body: StatusBody,
  read: (values, reader) => {
    const { start_date, end_date, windows } = values
    const days = ((end_date ?? 0) - (start_date ?? 0)) / DAY_SECONDS
    if (windows && start_date !== undefined && end_date !== undefined && days > MOST_DAYS_OF_WINDOWS) {
      const detail = `with windows=true ${MOST_DAYS_OF_WINDOWS} days are the most; ask in parts`
      reader.refuse('OE0515', [], detail)
    }
    return {
      ...askedOptionalDates(start_date, end_date, reader),
      hasWindows: windows,
      clusters: askedValues(values.k8s_cluster),
      sort: values.sort,
      order: values.order,
      limit: values.limit,
      cursor: values.cursor,
      format: values.format,
    }
  },
  answer: answerStatus,
  basis: statusBasis,
  answersEmpty: true,
})

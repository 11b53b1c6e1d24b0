import { answerEfficiency, toEfficiencyRow } from '../answers/efficiency.js'
import { openFacts } from '../answers/facts.js'
import { askedFacts } from '../query/asked-facts.js'
import { EfficiencyBody, EfficiencyQuery } from '../schemas/efficiency.js'
import { defineRoute } from './read-route.js'

export const efficiency = defineRoute({
  name: 'efficiency',
  summary: 'Requested, used and wasted by any dimension',
  description:
    'What was requested, used and allocated, how well requests fit the use, and the cost of what was used, of what workloads reserved in vain and of what nobody reserved.',
  query: EfficiencyQuery,
  body: EfficiencyBody,
  read: askedFacts,
  rows: (snapshot, subject) => openFacts(snapshot, subject, toEfficiencyRow),
  answer: answerEfficiency,
})

import { answerCostAllocation } from '../answers/cost-allocation.js'
import { toCostAllocationRow } from '../answers/cost-allocation-row.js'
import { openFacts } from '../answers/facts.js'
import { askedFacts } from '../query/asked-facts.js'
import { CostAllocationBody, CostAllocationQuery } from '../schemas/cost-allocation.js'
import { defineRoute } from './read-route.js'

export const costAllocation = defineRoute({
  name: 'cost_allocation',
  summary: 'Cost by any dimension',
  description:
    'What containers used or reserved and what that cost, with idle cost and what no container carries, summed up by up to two dimensions.',
  query: CostAllocationQuery,
  body: CostAllocationBody,
  read: askedFacts,
  rows: (snapshot, subject) => openFacts(snapshot, subject, toCostAllocationRow),
  answer: answerCostAllocation,
})

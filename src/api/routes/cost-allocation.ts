import { answerCostAllocation } from '../answers/cost-allocation.js'
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
  answer: answerCostAllocation,
})

import type pg from 'pg'
import type { RawArguments } from '../arguments.js'
import { type Authorize, accountNotFound } from '../auth.js'
import { answerCostAllocation, type Clock } from '../cost-allocation.js'
import { JSON_TYPE } from '../error-reply.js'
import { readCostAllocationRequest } from '../parameters.js'
import { readAccount } from '../range-state.js'
import { CostAllocationBody } from '../schemas/cost-allocation.js'
import { readSnapshot } from '../snapshot.js'
import { type Api, refuseOtherMethods } from './methods.js'

const URL = '/restapi/v2/cloud_accounts/:id/k8s/cost_allocation'

/** GET …/k8s/cost_allocation: cost by any dimension. Checks in CloudTuner's order: header, permission, object, arguments. */
export function addCostAllocation(
  api: Api,
  deps: { pool: pg.Pool; authorize: Authorize; clock: Clock },
): void {
  refuseOtherMethods(api, URL)
  api.get<{ Params: { id: string }; Querystring: RawArguments }>(
    URL,
    { schema: { response: { 200: CostAllocationBody } } },
    async (request, reply) => {
      const { id } = request.params
      const { cloudAccountId } = await deps.authorize(request.headers, id)
      const body = await readSnapshot(deps.pool, cloudAccountId, async run => {
        const account = await readAccount(run, cloudAccountId)
        if (account === undefined) throw accountNotFound(id)
        const asked = readCostAllocationRequest(request.query)
        return answerCostAllocation(run, { cloudAccountId, account, request: asked, clock: deps.clock })
      })
      return reply.type(JSON_TYPE).send(body)
    },
  )
}

import { describe, expect, it } from 'vitest'
import { Failure, failureOf } from '../../../src/dashboard/api/failure.js'
import { retryDelay } from '../../../src/dashboard/api/read.js'
import { urlOf } from '../../../src/dashboard/api/routes.js'

describe('the URL of a question', () => {
  it('repeats lists, names labels with their dot, and escapes what is no plain text', () => {
    const url = urlOf('a/b', 'cost_allocation', {
      start_date: 1,
      end_date: 2,
      breakdown_by: ['namespace', 'label:team'],
      k8s_namespace: ['a&b', '!c'],
      label: { 'label.team': ['x=y'] },
    })
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    expect(pathname).toBe('/restapi/v2/cloud_accounts/a%2Fb/k8s/cost_allocation')
    expect([...searchParams]).toEqual([
      ['start_date', '1'],
      ['end_date', '2'],
      ['breakdown_by', 'namespace'],
      ['breakdown_by', 'label:team'],
      ['k8s_namespace', 'a&b'],
      ['k8s_namespace', '!c'],
      ['label.team', 'x=y'],
    ])
  })
})

describe('a failure', () => {
  it('tells what the API told', async () => {
    const body = JSON.stringify({
      error: { status_code: 400, error_code: 'OE0212', reason: 'Unexpected', params: [] },
    })
    const failure = await failureOf(new Response(body, { status: 400, headers: { 'x-request-id': 'r1' } }))
    expect(failure).toMatchObject({ message: 'Unexpected', status: 400, code: 'OE0212', requestId: 'r1' })
  })

  it.each(['', '<html>', '{"error":null}', 'null', '{"error":{"reason":1}}'])(
    'is told by its status where the answer is %j',
    async body => {
      const failure = await failureOf(new Response(body, { status: 502 }))
      expect(failure).toMatchObject({
        message: 'The server answered with status 502.',
        status: 502,
        code: null,
      })
    },
  )

  it('is asked again once, where the API says when and that is soon', () => {
    const busy = (retryAfter: number | null) => new Failure('busy', { status: 503, retryAfter })
    expect(retryDelay(0, busy(1))).toBe(1000)
    expect(retryDelay(1, busy(1))).toBe(false)
    expect(retryDelay(0, busy(60))).toBe(false)
    expect(retryDelay(0, busy(null))).toBe(false)
    expect(retryDelay(0, new Failure('gone', { status: 404, retryAfter: 1 }))).toBe(false)
    expect(retryDelay(0, new TypeError('not ours'))).toBe(false)
  })
})

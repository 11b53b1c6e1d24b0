import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Series } from '../../src/domain/samples.js'
import type { Window } from '../../src/domain/window.js'
import { NamedError } from '../../src/errors.js'
import { askHours } from '../../src/extract/ask.js'
import { catalogue } from '../../src/extract/catalogue.js'
import { extractBatch } from '../../src/extract/extract-batch.js'
import {
  ACCOUNT,
  altered,
  asks,
  FIRST,
  HOUR,
  openSource,
  type SampleSource,
  smallEstate,
} from '../support/sample-world.js'
import { refusal, type StubReply, type StubRequest } from '../support/thanos-stub.js'

const HOURS = 4
const ESTATE = smallEstate({ hours: HOURS })
const LAST = (FIRST + (HOURS - 1) * HOUR) as Window
const METRIC = 'container_cpu_allocation'
/** As a real Thanos says it, with what must not be repeated. */
const LIMIT = refusal(
  422,
  'execution',
  'expanding series: proxy Series(): fetch series for {tenant_id="5e1f0c1e-0000-4000-8000-00000000000b"} Addr: thanos-receive-1:10901: rpc error: code = Unknown desc = failed to send series: limit 1 violated (got 2)',
)
const SAMPLES = refusal(
  422,
  'execution',
  'query processing would load too many samples into memory in query execution',
)
const DEADLINE = refusal(422, 'execution', 'expanding series: context deadline exceeded')

let thanos: SampleSource
beforeEach(async () => {
  thanos = await openSource(ESTATE)
})
afterEach(() => thanos.close())

const ask = (query: Parameters<typeof askHours>[1] = catalogue.cpuAllocated) =>
  askHours(thanos.source, query, FIRST as Window, LAST)

const hoursOf = ({ form }: StubRequest) => (Number(form.get('end')) - Number(form.get('start'))) / HOUR + 1
/** How many namespaces a question names; Infinity where it does not choose, 0 for the rest of them. */
function namespacesOf({ form }: StubRequest): number {
  const query = form.get('query') ?? ''
  if (/namespace!~/.test(query)) return 0
  const chosen = /namespace=~"([^"]*)"/.exec(query)?.[1]
  return chosen === undefined ? Number.POSITIVE_INFINITY : chosen.split('|').length
}

/** Questions for the metric that a limit refuses. The count of its namespaces is cheap. */
function refuse(isTooMuch: (request: StubRequest) => boolean, reply: StubReply): void {
  thanos.stub.on(
    request => asksFor(request) && !/^count by/.test(request.form.get('query') ?? '') && isTooMuch(request),
    reply,
  )
}
const asksFor = ({ form }: StubRequest) => (form.get('query') ?? '').includes(METRIC)

/** Every point with its series, in one order, to compare answers that came in different parts. */
function points(series: readonly Series[]): string[] {
  return series
    .flatMap(({ labels, times, values }) =>
      times.map((time, i) => JSON.stringify([[...labels].sort(), time, values[i]])),
    )
    .sort()
}

async function refused(work: Promise<unknown>): Promise<NamedError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof NamedError)) throw new Error(`a named error was expected, not ${String(error)}`)
  return error
}

describe('a question that is too much', () => {
  test.each([
    ['the limit of a store', LIMIT],
    ['the samples that a query may load', SAMPLES],
    ['the time that a query may take', DEADLINE],
  ])('for %s is halved by hours until it is not, and gives the same', async (_, reply) => {
    const whole = await ask()
    refuse(request => hoursOf(request) > 1, reply)
    const parts = await ask()
    expect(points(parts)).toEqual(points(whole))
    expect(thanos.stub.requests.filter(asksFor).map(hoursOf)).toContain(2)
  })

  test('for one hour is divided by namespaces, and the parts are the whole', async () => {
    const whole = points(await ask())
    refuse(request => namespacesOf(request) > 2, LIMIT)
    expect(points(await ask())).toEqual(whole)
    const asked = thanos.stub.requests.filter(request => asksFor(request) && hoursOf(request) === 1)
    expect(asked.map(namespacesOf)).toEqual(expect.arrayContaining([Number.POSITIVE_INFINITY, 0, 1, 2]))
  })

  test('finds a namespace that appeared after they were counted, in the rest', async () => {
    const whole = points(await ask())
    thanos.alter(
      asks('count by (tenant_id,cluster_id,namespace)'),
      altered(body => ({
        ...body,
        data: { ...body.data, result: body.data.result.filter(({ metric }) => metric.namespace !== 'web') },
      })),
    )
    refuse(request => namespacesOf(request) > 1, LIMIT)
    expect(points(await ask())).toEqual(whole)
  })

  test('even where counting the namespaces is too much is divided, by the names that the label has', async () => {
    const whole = points(await ask())
    thanos.stub.on(request => asksFor(request) && namespacesOf(request) > 2, LIMIT)
    expect(points(await ask())).toEqual(whole)
    expect(thanos.stub.requests.filter(({ path }) => path.includes('/label/namespace/values'))).toHaveLength(
      HOURS,
    )
  })

  test('for a single namespace of a single hour ends with what to raise, and is not asked for ever', async () => {
    refuse(request => namespacesOf(request) > 0, LIMIT)
    const error = await refused(ask())
    expect(error).toMatchObject({ code: 'THANOS_CONTRACT', remedy: 'terminal' })
    expect(error.message).toContain(`account ${ACCOUNT}`)
    expect(error.message).toContain(METRIC)
    expect(error.message).toContain('one namespace and one hour')
    expect(error.message).not.toMatch(/0000000b|10901/)
    expect(thanos.stub.requests.length).toBeLessThan(30)
  })

  test('and cannot be divided by namespaces is reported as it is', async () => {
    thanos.stub.on(asks('node_total_hourly_cost'), LIMIT)
    const error = await refused(ask(catalogue.nodeSamples))
    expect(error).toMatchObject({ code: 'THANOS_TOO_MUCH', remedy: 'split' })
    expect(thanos.stub.requests.map(hoursOf)).toEqual([4, 2, 1])
  })

  test('is told by a body beyond the bound as well', async () => {
    const whole = points(await ask())
    const bytes: number[] = []
    thanos.alter(asks(METRIC), (reply, request) => {
      if (hoursOf(request) === 1) bytes.push(String(reply.body).length)
      return reply
    })
    refuse(request => hoursOf(request) > 1, LIMIT)
    await ask()
    const small = await openSource(ESTATE, { maxBodyBytes: Math.floor(Math.max(...bytes) * 0.8) })
    const parts = await askHours(small.source, catalogue.cpuAllocated, FIRST as Window, LAST)
    expect(points(parts)).toEqual(whole)
    expect(small.stub.requests.map(namespacesOf)).toContain(0)
    await small.close()
  })
})

describe('an answer of another cluster', () => {
  test('is refused whole, saying for which cluster it came', async () => {
    thanos.alter(
      asks(METRIC),
      altered(({ data }) => {
        const [first] = data.result
        if (first !== undefined) first.metric.cluster_id = 'cluster-two'
        return undefined
      }),
    )
    const error = await refused(ask())
    expect(error.code).toBe('THANOS_CONTRACT')
    expect(error.message).toContain('came back for cluster "cluster-one"; nothing of it is loaded')
    expect(error.message).not.toContain('cluster-two')
  })

  test('without a cluster at all is refused too', async () => {
    thanos.alter(
      asks(METRIC),
      altered(({ data }) => {
        for (const { metric } of data.result) delete metric.cluster_id
        return undefined
      }),
    )
    expect(await refused(ask())).toMatchObject({ code: 'THANOS_CONTRACT' })
  })
})

describe('the questions of one batch', () => {
  test('are called off with the first answer that cannot be used, so that Thanos is free for others', async () => {
    thanos.stub.on(asks('tenant_id'), { fault: { kind: 'silence' } })
    thanos.alter(asks('count by (tenant_id,cluster_id,receive_replica'), reply => reply)
    thanos.stub.on(asks('container_cpu_allocation'), refusal(400, 'bad_data', 'parse error'))
    const windows = [FIRST as Window]
    expect(await refused(extractBatch(thanos.source, windows))).toMatchObject({ code: 'THANOS_BAD_QUERY' })
    // Four silent questions would hold all places of the client for half a minute.
    thanos.alter(asks('tenant_id'), reply => reply)
    await ask(catalogue.heartbeat)
    expect(thanos.stub.requests.length).toBeLessThan(12)
  })
})

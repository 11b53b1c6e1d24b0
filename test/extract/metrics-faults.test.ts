import { afterEach, describe, expect, test } from 'vitest'
import {
  about,
  BUSY,
  expectTruth,
  holding,
  invented,
  namesIn,
  queryOf,
  readFrom,
  SMALL,
  W0,
  W1,
  W2,
  WINDOWS,
} from '../support/exporter-series.js'
import { altered, asks, HOUR, NEIGHBOUR, openSource, type SampleSource } from '../support/sample-world.js'
import { refusal, type StubRequest } from '../support/thanos-stub.js'

const LIMIT = refusal(422, 'execution', 'rpc error: limit 1 violated (got 2)')
const DEADLINE = refusal(422, 'execution', 'expanding series: context deadline exceeded')

let opened: SampleSource | undefined
afterEach(() => opened?.close())

async function open(estate = SMALL): Promise<SampleSource> {
  opened = await openSource(estate)
  return opened
}

const hoursOf = ({ form }: StubRequest) => (Number(form.get('end')) - Number(form.get('start'))) / HOUR + 1

describe('a metric that is too much', () => {
  const isChosen = (request: StubRequest) => /namespace(=|!)~/.test(queryOf(request))

  test('for all hours, then for all namespaces, is divided until it is not, and nothing is missing', async () => {
    const thanos = await open()
    thanos.stub.on(request => about(BUSY)(request) && (hoursOf(request) > 1 || !isChosen(request)), LIMIT)
    const { readings, notLanded } = await readFrom(thanos)
    expectTruth(SMALL, WINDOWS, readings)
    expect(notLanded).toEqual([])
  })

  test('even for one namespace of one hour does not land in that hour, and all else does', async () => {
    const thanos = await open()
    const second = W1 + HOUR
    thanos.stub.on(
      request =>
        about(BUSY)(request) &&
        Number(request.form.get('start')) <= second &&
        Number(request.form.get('end')) >= second,
      LIMIT,
    )
    const { of, readings, notLanded } = await readFrom(thanos)
    expect(notLanded).toEqual([[BUSY, W1]])
    expect(of(W1, BUSY)).toEqual([])
    expectTruth(SMALL, [W0, W2], readings)
    expect(namesIn(readings.get(W1)).length).toBe(namesIn(readings.get(W0)).length - 1)
  })

  test('and has no namespaces at all is reported too', async () => {
    const thanos = await open()
    thanos.stub.on(asks('"kubecost_cluster_info"'), LIMIT)
    const { notLanded, readings } = await readFrom(thanos)
    expect(notLanded).toEqual(WINDOWS.map(window => ['kubecost_cluster_info', window]))
    expect(readings.get(W0)?.length).toBeGreaterThan(15)
  })

  test('is divided by namespaces whatever its name', async () => {
    const name = 'kubecost_dotted.name'
    const thanos = await open(holding(...['a', 'b', 'c'].map(namespace => invented(name, { namespace }, 1))))
    thanos.stub.on(request => about(name)(request) && !isChosen(request), LIMIT)
    const { of, notLanded } = await readFrom(thanos)
    expect(of(W1, name)).toHaveLength(3)
    expect(notLanded).toEqual([])
  })

  test('because it takes too long is given up for all its hours at once', async () => {
    const thanos = await open()
    thanos.stub.on(asks(`"${BUSY}"`), DEADLINE)
    const { notLanded, readings } = await readFrom(thanos)
    expect(notLanded).toEqual(WINDOWS.map(window => [BUSY, window]))
    expect(namesIn(readings.get(W0)).length).toBeGreaterThan(8)
    const starts = thanos.stub.requests.filter(about(BUSY)).map(({ form }) => Number(form.get('start')))
    expect(Math.max(...starts)).toBe(W0 + HOUR)
  })

  test('is not waited for again and again: when all takes too long, the rest is given up', async () => {
    const thanos = await open()
    const names = namesIn((await readFrom(thanos, [W0])).readings.get(W0))
    thanos.stub.on(asks('label_replace'), DEADLINE)
    const before = thanos.stub.requests.length
    const { notLanded, readings } = await readFrom(thanos, [W0])
    expect(notLanded.map(([metric]) => metric).sort()).toEqual(names)
    expect(readings.get(W0)).toEqual([])
    const asked = new Set(
      thanos.stub.requests
        .slice(before)
        .flatMap(request => /"(kubecost_\w+)"/.exec(queryOf(request))?.[1] ?? []),
    )
    expect(names.length).toBeGreaterThan(8)
    expect(asked.size).toBeLessThan(4)
  })
})

describe('what goes wrong otherwise fails the batch, as with every fact', () => {
  const cases: [string, string, Parameters<typeof altered>[0]][] = [
    [
      'a partial answer',
      'THANOS_PARTIAL',
      body => ({ ...body, warnings: ['receive series from 10.0.0.7: no such host'] }),
    ],
    [
      'a series of another account',
      'FOREIGN_TENANT',
      ({ data }) => {
        for (const { metric } of data.result.slice(0, 1)) metric.tenant_id = NEIGHBOUR
        return undefined
      },
    ],
    [
      'a series of another cluster',
      'THANOS_CONTRACT',
      ({ data }) => {
        for (const { metric } of data.result.slice(0, 1)) metric.cluster_id = 'cluster-two'
        return undefined
      },
    ],
    [
      'an answer that lost what tells its figures apart',
      'THANOS_CONTRACT',
      ({ data }) => {
        data.result = data.result.slice(0, 1)
        for (const { metric } of data.result) delete metric.__stat__
        return undefined
      },
    ],
  ]
  test.each(cases)('%s', async (_, code, change) => {
    const thanos = await open()
    thanos.alter(asks(`"${BUSY}"`), altered(change))
    await expect(readFrom(thanos)).rejects.toMatchObject({ code })
  })

  test('figures of samples that were not counted: the source changed meanwhile', async () => {
    const thanos = await open()
    thanos.alter(
      request => about(BUSY)(request) && queryOf(request).includes('"samples"'),
      altered(({ data }) => {
        data.result[0]?.values.shift()
        return undefined
      }),
    )
    await expect(readFrom(thanos)).rejects.toMatchObject({ code: 'SOURCE_INCOMPLETE', remedy: 'retry' })
  })

  test('names that cannot be listed', async () => {
    const thanos = await open()
    thanos.stub.on('/api/v1/label/__name__/values', refusal(422, 'execution', 'proxy Series(): rpc error'))
    await expect(readFrom(thanos)).rejects.toMatchObject({ code: 'THANOS_UNAVAILABLE' })
  })
})

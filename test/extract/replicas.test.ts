import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Window } from '../../src/domain/window.js'
import { extractBatch } from '../../src/extract/extract-batch.js'
import { refuseUnmergedReplicas } from '../../src/extract/replicas.js'
import {
  ACCOUNT,
  CLUSTER,
  FIRST,
  HOUR,
  openSource,
  type SampleSource,
  smallEstate,
} from '../support/sample-world.js'
import { matrix, readRecordings, type StubSeries } from '../support/thanos-stub.js'

const windows = [FIRST, FIRST + HOUR] as Window[]
const PROBE = /^count by \(tenant_id,cluster_id,receive_replica,prometheus_replica,replica\)/

let thanos: SampleSource
beforeEach(async () => {
  thanos = await openSource(smallEstate({ hours: 2 }))
})
afterEach(() => thanos.close())

/** Answers the probe with these label sets, each at the ends of both hours unless told. */
function probed(...found: { labels: Record<string, string>; at?: readonly number[] }[]): void {
  const identity = { tenant_id: ACCOUNT, cluster_id: CLUSTER }
  const series = found.map(
    ({ labels, at = [FIRST + HOUR, FIRST + 2 * HOUR] }): StubSeries => ({
      labels: { ...identity, ...labels },
      points: at.map(time => [time, '2']),
    }),
  )
  thanos.stub.on(({ form }) => PROBE.test(form.get('query') ?? ''), matrix(series))
}

/** The label sets that a real querier gave to such a probe. */
function recorded(name: string): { labels: Record<string, string> }[] {
  const body = readRecordings('dedup').find(recording => recording.name === name)?.response.body ?? '{}'
  const { data } = JSON.parse(body) as { data: { result: { metric: Record<string, string> }[] } }
  return data.result.map(({ metric }) => ({ labels: metric }))
}

const look = () => refuseUnmergedReplicas(thanos.source, FIRST as Window, (FIRST + HOUR) as Window)

describe('a querier that does not merge replicas', () => {
  test('is refused by what a real one says, naming the label and the flag, before anything else is asked', async () => {
    probed(...recorded('the probe that shows it'))
    await expect(extractBatch(thanos.source, windows)).rejects.toMatchObject({
      code: 'REPLICAS_NOT_MERGED',
      remedy: 'terminal',
      message: expect.stringMatching(
        new RegExp(`account ${ACCOUNT}, cluster "${CLUSTER}".*--query\\.replica-label=receive_replica$`),
      ),
    })
    expect(thanos.stub.requests).toHaveLength(1)
  })

  test.each(['receive_replica', 'prometheus_replica', 'replica'])('is refused for %s', async label => {
    probed({ labels: { [label]: 'a' } }, { labels: { [label]: 'b' } })
    await expect(look()).rejects.toMatchObject({ message: expect.stringContaining(`=${label}`) })
  })

  test('is refused when it is so in one of the hours only', async () => {
    probed({ labels: { replica: 'a' } }, { labels: { replica: 'b' }, at: [FIRST + 2 * HOUR] })
    await expect(look()).rejects.toMatchObject({ code: 'REPLICAS_NOT_MERGED' })
  })
})

describe('a querier that merges replicas', () => {
  test('is used, as a real one answers', async () => {
    probed(...recorded('the probe where replicas are merged'))
    expect((await extractBatch(thanos.source, windows)).windows).toEqual(windows)
  })

  test('may show a replica label that has one value only', async () => {
    probed({ labels: { receive_replica: 'thanos-receive-0', prometheus_replica: 'prometheus-0' } })
    await look()
  })

  test('may show another value after a replica was replaced', async () => {
    probed(
      { labels: { prometheus_replica: 'prometheus-0' }, at: [FIRST + HOUR] },
      { labels: { prometheus_replica: 'prometheus-1' }, at: [FIRST + 2 * HOUR] },
    )
    await look()
  })
})

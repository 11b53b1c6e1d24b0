import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assembleEstate, type Estate } from '../../src/sample/estate.js'
import type { SeriesModel } from '../../src/sample/series.js'
import { type SampleThanos, startSampleThanos } from '../../src/sample/server.js'

/** One request to a real Thanos of 2026 and what it answered. */
interface Recorded {
  readonly name: string
  readonly server: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly form?: Readonly<Record<string, string | number>>
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  readonly response: { readonly status: number; readonly body: string }
}

const file = new URL('../fixtures/thanos/answers.json', import.meta.url)
const recorded = (JSON.parse(readFileSync(file, 'utf8')) as Recorded[]).filter(
  one => one.server === 'querier',
)

const START = 1_790_640_000
const END = START + 3 * 3600
const TENANT = '5e1f0c1e-0000-4000-8000-00000000000a'

/** The answer has to be equal in its result, or in status and kind of error where it is refused. */
const SAME = [
  'closed or left-open: samples on the minute, [1h]',
  'the portable range [59m59s999ms]',
  'subquery [10m:1m]',
  'one NaN and one +Inf in the hour',
  'raw samples by instant query',
  'no such metric',
  'stats',
  'only the tenant matcher, partial_response=false',
  'tenant and name matchers',
  'parse error',
  'too many points',
  'no step',
  'end before start',
  'JSON body',
  'wrong verb',
  'small number',
  'unaligned start and end',
  'milliseconds by mistake',
  'ready',
] as const

function series(labels: Record<string, string>, value: number | ((t: number) => number)): SeriesModel {
  const all = { ...labels, cluster_id: 'prod', tenant_id: TENANT, job: 'kubecost' }
  return {
    labels: new Map(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))),
    interval: 60,
    offset: 0,
    segments: [{ from: START, to: END, value, endsUnmarked: true }],
  }
}

const NODES = [1, 2, 3, 4].map(i =>
  series({ __name__: 'node_cpu_hourly_cost', node: `node-${i}`, instance: `node-${i}` }, i < 3 ? 0.04 : 0.08),
)

/** 1e-9, NaN at minute 7 of each hour and +Inf at minute 9. */
function oddPrice(t: number): number {
  const minute = Math.floor(t / 60) % 60
  if (minute === 7) return Number.NaN
  return minute === 9 ? Number.POSITIVE_INFINITY : 1e-9
}

const RECORDED_ESTATE: Estate = {
  ...assembleEstate({ start: START, end: END }, [
    {
      cloudAccountId: TENANT,
      name: 'Recorded',
      tenantId: TENANT,
      currency: 'USD',
      kubernetesId: null,
      clusters: [],
    },
  ]),
  series: () => [
    ...NODES,
    series({ __name__: 'kubecost_cluster_info' }, 1),
    series({ __name__: 'pv_hourly_cost', note: 'héllo — 日本', persistentvolume: 'pvc-"q\\uote"' }, oddPrice),
  ],
}

describe('the sample Thanos beside recorded answers of a real one', () => {
  let thanos: SampleThanos
  beforeAll(async () => {
    thanos = await startSampleThanos({ estate: RECORDED_ESTATE, now: () => END })
  })
  afterAll(() => thanos?.close())

  it.each(SAME)('answers as the real one: %s', async name => {
    const one = recorded.find(known => known.name === name)
    if (!one) throw new Error(`nothing recorded under ${name}`)
    const { method, path, form, headers, body } = one.request
    const sent = form ? formOf(form) : body
    const response = await fetch(`${thanos.url}${path}`, {
      method,
      ...(headers ? { headers } : {}),
      ...(sent === undefined ? {} : { body: sent }),
    })
    const text = await response.text()
    expect(response.status).toBe(one.response.status)
    if (!one.response.body.startsWith('{')) {
      expect(text.trim()).toBe(one.response.body.trim())
      return
    }
    const ours = comparable(text)
    expect(ours).toEqual(comparable(one.response.body))
  })
})

function comparable(text: string): unknown {
  const { status, errorType, data } = JSON.parse(text) as {
    status: string
    errorType?: string
    data?: { resultType?: string; result?: unknown }
  }
  return { status, errorType, resultType: data?.resultType, result: data?.result }
}

function formOf(fields: Readonly<Record<string, string | number>>): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value))
  return form
}

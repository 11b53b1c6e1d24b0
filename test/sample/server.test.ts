import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { DAY } from '../../src/sample/machines.js'
import { type SampleThanos, startSampleThanos } from '../../src/sample/server.js'
import { renderTime, renderValue } from '../../src/sample/server-json.js'

const MIDNIGHT = 20_700 * DAY
const HOUR = 3600

interface Body {
  status: string
  errorType?: string
  error?: string
  warnings?: string[]
  data?: { resultType: string; result: { metric: Record<string, string>; values: [number, string][] }[] }
}

describe('the sample Thanos', () => {
  let thanos: SampleThanos
  let now = MIDNIGHT + 6 * HOUR + 600

  beforeAll(async () => {
    const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY })
    thanos = await startSampleThanos({ estate, now: () => now })
  })
  afterAll(() => thanos?.close())

  async function post(path: string, form: Record<string, string>): Promise<{ status: number; body: Body }> {
    const response = await fetch(`${thanos.url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
    return { status: response.status, body: (await response.json()) as Body }
  }

  const range = (query: string, start: number, end: number, step = '3600') =>
    post('/api/v1/query_range', { query, start: String(start), end: String(end), step })

  it('listens on loopback only', () => {
    expect(thanos.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('answers a range query with strings for values, whole seconds for times and series in order', async () => {
    const query = `max by (node) (count_over_time(node_total_hourly_cost{tenant_id="${NORTH_ACCOUNT}"}[1h] offset 1ms))`
    const { status, body } = await range(query, MIDNIGHT + HOUR, MIDNIGHT + 5 * HOUR)
    expect(status).toBe(200)
    expect(body.data?.resultType).toBe('matrix')
    expect(body.data?.result.map(one => one.metric.node)).toEqual([
      'gke-nord-gpu-a',
      'gke-nord-pool-a',
      'gke-nord-pool-b',
      'gke-nord-pool-c',
    ])
    expect(body.data?.result[0]?.values).toEqual([
      [MIDNIGHT + HOUR, '60'],
      [MIDNIGHT + 2 * HOUR, '60'],
      [MIDNIGHT + 3 * HOUR, '60'],
      [MIDNIGHT + 4 * HOUR, '60'],
      [MIDNIGHT + 5 * HOUR, '30'],
    ])
  })

  it('has no samples later than now, and has them once now has passed', async () => {
    const query = `count_over_time(kubecost_cluster_info{tenant_id="${NORTH_ACCOUNT}"}[1h] offset 1ms)`
    const at = async () =>
      (await range(query, MIDNIGHT + 7 * HOUR, MIDNIGHT + 8 * HOUR)).body.data?.result[0]?.values
    expect(await at()).toEqual([[MIDNIGHT + 7 * HOUR, '11']])
    now = MIDNIGHT + 8 * HOUR
    expect(await at()).toEqual([
      [MIDNIGHT + 7 * HOUR, '60'],
      [MIDNIGHT + 8 * HOUR, '60'],
    ])
  })

  it('hides late samples of one cluster until they have arrived', async () => {
    const late = {
      cloudAccountId: SHOP_ACCOUNT,
      clusterId: 'cluster-two',
      from: MIDNIGHT + 2 * HOUR + 600,
      to: MIDNIGHT + 4 * HOUR,
      visibleFrom: MIDNIGHT + 9 * HOUR,
    }
    let clock = late.visibleFrom - 1
    const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY, late: [late] })
    const slow = await startSampleThanos({ estate, now: () => clock })
    try {
      const counts = async (cluster: string) => {
        const query = `count_over_time(kubecost_cluster_info{tenant_id="${SHOP_ACCOUNT}",cluster_id="${cluster}"}[1h] offset 1ms)`
        const form = { query, start: `${MIDNIGHT + 2 * HOUR}`, end: `${MIDNIGHT + 5 * HOUR}`, step: '3600' }
        const body = new URLSearchParams(form)
        const response = await fetch(`${slow.url}/api/v1/query_range`, { method: 'POST', body })
        const { data } = (await response.json()) as Body
        return data?.result[0]?.values.map(([, value]) => value)
      }
      expect(await counts('cluster-two')).toEqual(['60', '10', '60'])
      expect(await counts('cluster-one')).toEqual(['60', '60', '60', '60'])
      clock++
      expect(await counts('cluster-two')).toEqual(['60', '60', '60', '60'])
    } finally {
      await slow.close()
    }
  })

  it('refuses with the envelope of the API', async () => {
    const bad = await range('rate(m[5m])', MIDNIGHT, MIDNIGHT + HOUR)
    expect([bad.status, bad.body.status, bad.body.errorType]).toEqual([400, 'error', 'bad_data'])
    const cases: [Record<string, string>, string][] = [
      [
        { query: 'up', start: '7200', end: '3600', step: '60' },
        'end timestamp must not be before start time',
      ],
      [{ query: 'up', start: 'x', end: '3600', step: '60' }, 'cannot parse "x" to a valid timestamp'],
      [{ query: 'up', start: '0', end: '3600', step: '0' }, 'zero or negative query resolution'],
      [
        { query: 'up', start: '0', end: '660060', step: '60' },
        'exceeded maximum resolution of 11,000 points',
      ],
      [{ query: 'up[1h]', start: '0', end: '3600', step: '60' }, 'invalid expression type "range vector"'],
      [{ query: 'up' }, 'cannot parse "" to a valid timestamp'],
    ]
    for (const [form, message] of cases) {
      const { status, body } = await post('/api/v1/query_range', form)
      expect([status, body.error]).toEqual([400, expect.stringContaining(message)])
    }
    const tenantOnly = await post('/api/v1/query', { query: `count({tenant_id="${SHOP_ACCOUNT}"})` })
    expect([tenantOnly.status, tenantOnly.body.errorType]).toEqual([422, 'execution'])
  })

  it('ignores a body that is no form and refuses other verbs', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = '{"query":"up"}'
    const json = await fetch(`${thanos.url}/api/v1/query_range`, { method: 'POST', headers, body })
    expect([json.status, ((await json.json()) as Body).error]).toEqual([
      400,
      'cannot parse "" to a valid timestamp',
    ])
    const put = await fetch(`${thanos.url}/api/v1/query`, { method: 'PUT' })
    expect([put.status, await put.text()]).toEqual([405, 'Method Not Allowed'])
    expect((await fetch(`${thanos.url}/api/v1/targets`)).status).toBe(404)
  })

  it('announces each account at two Receivers with an open end', async () => {
    const response = await fetch(`${thanos.url}/api/v1/stores`)
    const text = await response.text()
    expect(text).toContain('"maxTime":9223372036854775807')
    const { data } = JSON.parse(text) as { data: { receive: { labelSets: object[]; minTime: number }[] } }
    expect(data.receive).toHaveLength(2)
    expect(data.receive[0]?.minTime).toBe(MIDNIGHT * 1000)
    expect(data.receive[1]?.labelSets).toContainEqual({
      receive_replica: 'thanos-receive-1',
      tenant_id: NORTH_ACCOUNT,
    })
  })

  it('lists series, label names and label values that match and have samples', async () => {
    const get = async (path: string) =>
      (await (await fetch(`${thanos.url}${path}`)).json()) as { data: unknown[]; warnings?: string[] }
    const match = `match[]=${encodeURIComponent(`container_cpu_allocation{tenant_id="${NORTH_ACCOUNT}"}`)}`
    expect((await get(`/api/v1/label/namespace/values?${match}`)).data).toContain('données-équipe')
    expect((await get(`/api/v1/labels?${match}`)).data).toEqual(
      [
        '__name__',
        'cluster_id',
        'container',
        'instance',
        'job',
        'namespace',
        'node',
        'pod',
        'tenant_id',
        'uid',
      ].sort(),
    )
    const limited = await get(`/api/v1/series?${match}&limit=2`)
    expect([limited.data.length, limited.warnings]).toEqual([2, ['results truncated due to limit']])
    const before = `start=${MIDNIGHT - 2 * HOUR}&end=${MIDNIGHT - HOUR}`
    expect((await get(`/api/v1/series?${match}&${before}`)).data).toEqual([])
    const names = await get(
      `/api/v1/label/__name__/values?match[]=${encodeURIComponent('{__name__=~"kubecost_.*"}')}`,
    )
    expect(names.data).toContain('kubecost_node_is_spot')
    expect((await fetch(`${thanos.url}/api/v1/series`)).status).toBe(400)
  })

  it('compresses a large answer when asked to, and only then', async () => {
    const query = encodeURIComponent(`kube_pod_owner{tenant_id="${SHOP_ACCOUNT}"}`)
    const ask = (headers: Record<string, string>) =>
      new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
        request(
          `${thanos.url}/api/v1/query?query=${query}&time=${MIDNIGHT + HOUR}`,
          { headers },
          async response => {
            const chunks: Buffer[] = []
            for await (const chunk of response) chunks.push(chunk)
            resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) })
          },
        )
          .once('error', reject)
          .end()
      })
    const plain = await ask({})
    const zipped = await ask({ 'accept-encoding': 'gzip' })
    expect([plain.encoding, zipped.encoding]).toEqual([undefined, 'gzip'])
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true)
    expect(zipped.body.length).toBeLessThan(plain.body.length / 3)
  })

  it('tells that it is ready, its build and its flags', async () => {
    expect(await (await fetch(`${thanos.url}/-/ready`)).text()).toBe('OK')
    const flags = (await (await fetch(`${thanos.url}/api/v1/status/flags`)).json()) as {
      data: Record<string, string>
    }
    expect(flags.data['query.enforce-tenancy']).toBe('false')
    expect((await fetch(`${thanos.url}/api/v1/status/buildinfo`)).status).toBe(200)
  })

  it('writes numbers and times as Prometheus does', () => {
    expect(
      [1e-9, 1.2345678901234569e23, -0, Number.NaN, Number.POSITIVE_INFINITY, 0.000001, 5e-324].map(
        renderValue,
      ),
    ).toEqual(['"1e-09"', '"1.2345678901234569e+23"', '"-0"', '"NaN"', '"+Inf"', '"0.000001"', '"5e-324"'])
    expect([1_760_054_400_000, 1_760_054_400_123, 1_760_054_400_500].map(renderTime)).toEqual([
      '1760054400',
      '1760054400.123',
      '1760054400.500',
    ])
  })
})

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { pushEstate } from '../../src/sample/remote-write.js'

const MIDNIGHT = 20_700 * DAY
const STALE = 0x7ff0000000000002n

interface Written {
  readonly labels: Map<string, string>
  readonly samples: { readonly t: number; readonly bits: bigint }[]
}

describe('remote write of the estate', () => {
  const requests: { headers: IncomingHttpHeaders; series: Written[] }[] = []
  let status = 204
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    requests.push({
      headers: request.headers,
      series: decode(snappy.uncompress(new Uint8Array(Buffer.concat(chunks)))),
    })
    response.writeHead(status).end('told why')
  })
  let endpoint = ''

  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/receive`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY })

  it('sends each account under its own headers and without the tenant label unless one is named', async () => {
    requests.length = 0
    const { samples } = await pushEstate(endpoint, estate, {
      from: MIDNIGHT + clock(4),
      to: MIDNIGHT + clock(5),
      batch: 5000,
      headers: account => ({ 'Cloud-Account-Id': account.cloudAccountId }),
    })
    const accounts = requests.map(one => one.headers['cloud-account-id'])
    expect(new Set(accounts)).toEqual(new Set([SHOP_ACCOUNT, NORTH_ACCOUNT]))
    const series = requests.flatMap(one => one.series)
    expect(series.every(one => !one.labels.has('tenant_id'))).toBe(true)
    expect(series.reduce((sum, one) => sum + one.samples.length, 0)).toBe(samples)
    expect(requests.every(one => one.headers['content-encoding'] === 'snappy')).toBe(true)
    await pushEstate(endpoint, estate, { from: MIDNIGHT, to: MIDNIGHT + 60, tenantLabel: 'tenant_id' })
    expect(requests.at(-1)?.series[0]?.labels.get('tenant_id')).toBe(NORTH_ACCOUNT)
  })

  it('sends samples of a series in order of time and a staleness marker after a pod has ended', async () => {
    requests.length = 0
    const span = { from: MIDNIGHT + clock(2), to: MIDNIGHT + clock(3) }
    await pushEstate(endpoint, estate, { ...span, tenantLabel: 'tenant_id' })
    const byLabels = new Map<string, Written['samples']>()
    for (const { labels, samples } of requests.flatMap(one => one.series)) {
      const key = JSON.stringify([...labels])
      byLabels.set(key, [...(byLabels.get(key) ?? []), ...samples])
      expect([...labels.keys()]).toEqual([...labels.keys()].sort())
    }
    for (const samples of byLabels.values()) {
      expect(samples.every((sample, i) => i === 0 || sample.t > (samples[i - 1]?.t ?? 0))).toBe(true)
    }
    const moved = [...byLabels].find(
      ([key]) =>
        key.includes('"container_cpu_allocation"') && key.includes('"cache-0"') && key.includes('"worker-a"'),
    )?.[1]
    expect(moved?.at(-1)).toEqual({ t: (MIDNIGHT + clock(2, 21)) * 1000, bits: STALE })
    expect(moved?.filter(sample => sample.bits === STALE)).toHaveLength(1)
  })

  it('rejects when a request is not accepted, without the text of the answer', async () => {
    status = 409
    await expect(pushEstate(endpoint, estate, { from: MIDNIGHT, to: MIDNIGHT + 120 })).rejects.toThrow(
      `remote write of account ${SHOP_ACCOUNT} was answered with 409`,
    )
  })
})

function decode(body: Uint8Array): Written[] {
  const reader = protobuf.Reader.create(body)
  const series: Written[] = []
  while (reader.pos < reader.len) {
    reader.uint32()
    series.push(decodeSeries(reader, reader.uint32() + reader.pos))
  }
  return series
}

function decodeSeries(reader: protobuf.Reader, end: number): Written {
  const found: Written = { labels: new Map(), samples: [] }
  while (reader.pos < end) {
    const tag = reader.uint32()
    reader.uint32()
    if (tag === 0x0a) {
      reader.uint32()
      const name = reader.string()
      reader.uint32()
      found.labels.set(name, reader.string())
    } else {
      reader.uint32()
      const { low, high } = toBits(reader)
      reader.uint32()
      found.samples.push({ t: Number(reader.int64()), bits: (BigInt(high) << 32n) | BigInt(low) })
    }
  }
  return found
}

function toBits(reader: protobuf.Reader): { low: number; high: number } {
  return { low: reader.fixed32() >>> 0, high: reader.fixed32() >>> 0 }
}

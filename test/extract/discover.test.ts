import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Window } from '../../src/domain/window.js'
import { discoverClusters } from '../../src/extract/discover.js'
import {
  ACCOUNT,
  altered,
  asks,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  NEIGHBOUR,
  openSource,
  type SampleSource,
  silenced,
  smallEstate,
} from '../support/sample-world.js'
import { matrix } from '../support/thanos-stub.js'

const HOURS = 6
const ESTATE = smallEstate({ hours: HOURS })
const DAY = 24 * HOUR

let thanos: SampleSource | undefined
afterEach(() => thanos?.close())

async function discover(estate = ESTATE, first = FIRST, last = FIRST + (HOURS - 1) * HOUR) {
  thanos ??= await openSource(estate)
  const { client, account } = thanos.source
  return discoverClusters(client, account, 'tenant_id', first as Window, last as Window)
}
beforeEach(() => {
  thanos = undefined
})

describe('the clusters of an account', () => {
  test('are found with the first and the newest hour in which they were heard of', async () => {
    const estate = silenced(silenced(ESTATE, 0, FIRST + 1.5 * HOUR), FIRST + 3.5 * HOUR, ESTATE.to)
    expect(await discover(estate)).toEqual([
      { clusterId: CLUSTER, firstWindow: FIRST + HOUR, lastWindow: FIRST + 3 * HOUR },
    ])
  })

  test('are told apart from a sample on the hour: it belongs to the hour that begins', async () => {
    const estate = silenced(silenced(ESTATE, 0, FIRST + HOUR), FIRST + HOUR + 1, ESTATE.to)
    expect(await discover(estate)).toEqual([
      { clusterId: CLUSTER, firstWindow: FIRST + HOUR, lastWindow: FIRST + HOUR },
    ])
  })

  test.each(['node_total_hourly_cost', 'node_cpu_hourly_cost', 'kubecost_cluster_info'])(
    'are found by %s alone',
    async metric => {
      const found = await discover(changed(ESTATE, (one, name) => (name === metric ? one : undefined)))
      expect(found).toEqual([
        { clusterId: CLUSTER, firstWindow: FIRST, lastWindow: FIRST + (HOURS - 1) * HOUR },
      ])
    },
  )

  test('are none where nothing is there', async () => {
    expect(await discover({ ...ESTATE, series: () => [] })).toEqual([])
  })

  test('are all kept, one without a name included', async () => {
    thanos = await openSource(ESTATE)
    const named = (id: Record<string, string>, hour: number) => ({
      labels: { tenant_id: ACCOUNT, ...id },
      points: [[FIRST + hour * HOUR, '1']] as const,
    })
    thanos.stub.on(
      asks('count by'),
      matrix([named({ cluster_id: 'a' }, 1), named({ cluster_id: 'b' }, 2), named({}, 3)]),
    )
    expect((await discover()).map(cluster => [cluster.clusterId, cluster.firstWindow])).toEqual([
      ['a', FIRST],
      ['b', FIRST + HOUR],
      ['', FIRST + 2 * HOUR],
    ])
  })

  test('are looked for month by month over a long time, without a gap between the questions', async () => {
    thanos = await openSource(ESTATE)
    const first = FIRST - 400 * DAY
    const found = await discover(ESTATE, first, FIRST + DAY)
    expect(found).toEqual([
      { clusterId: CLUSTER, firstWindow: FIRST, lastWindow: FIRST + (HOURS - 1) * HOUR },
    ])
    const spans = thanos.stub.requests.map(({ form }) => [Number(form.get('start')), Number(form.get('end'))])
    expect(spans[0]?.[0]).toBe(first + HOUR)
    expect(spans.at(-1)?.[1]).toBe(FIRST + DAY + HOUR)
    spans.slice(1).forEach(([start], i) => {
      expect(start).toBe((spans[i]?.[1] ?? 0) + HOUR)
    })
    for (const [start = 0, end = 0] of spans) expect((end - start) / HOUR).toBeLessThan(11_000)
  })

  test('are not taken from an answer that holds another account', async () => {
    thanos = await openSource(ESTATE)
    thanos.alter(
      asks('count by'),
      altered(({ data }) => {
        data.result.push({ metric: { tenant_id: NEIGHBOUR, cluster_id: 'x' }, values: [[FIRST + HOUR, '1']] })
        return undefined
      }),
    )
    await expect(discover()).rejects.toMatchObject({ code: 'FOREIGN_TENANT' })
  })
})

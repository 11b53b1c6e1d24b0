import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RightsizingBody } from '../../src/api/schemas/rightsizing.js'
import { addIgnore, type IgnoredContainers, removeIgnore } from '../../src/db/ignores.js'
import { toMoney } from '../../src/domain/money.js'
import { type SeedContainer, seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { askRoute, bodyOf, errorOf } from './ask-route.js'
import { readCsv } from './read-csv.js'
import { type Recommended, seedRecommendation } from './recommended.js'
import { FIRST, HOUR, MONDAY, openWorld, SECOND, SECRET, type World } from './world.js'

const NOW = MONDAY + 48 * HOUR
const HOSTILE = `o'brien "; drop table x -- \\ 😀 %_`

const recommended = (cluster: string, namespace: string, name: string, container = 'main'): Recommended => ({
  ...{ cluster, namespace, kind: 'Deployment', name, container, action: 'decrease', confidence: 1 },
  ...{ cpuSaving: toMoney(3), ramSaving: toMoney(-1) },
})
const SEEDED: readonly Recommended[] = [
  recommended('one', 'shop', 'web'),
  recommended('one', 'shop', 'web', 'sidecar'),
  recommended('one', 'lab', 'web'),
  recommended('two', 'shop', 'web'),
  recommended('two', 'shop', HOSTILE),
  { ...recommended('two', 'shop', 'clean'), kind: 'CronJob' },
  recommended('one', 'kube-system', 'dns'),
  { ...recommended('one', 'shop', ''), kind: '' },
]

let world: World

beforeAll(async () => {
  world = await openWorld(NOW)
  const { pool } = world.database
  for (const account of [FIRST, SECOND]) {
    await seedAccount(pool, account)
    for (const one of SEEDED) await seedRecommendation(pool, account, one)
    await seedLabels(account)
  }
})
afterAll(() => world.close())
afterEach(() => world.database.pool.query('delete from warehouse.rightsizing_ignore'))

/** Cluster one runs up to hour 30, cluster two up to hour 10; the labels of a workload change now and then. */
async function seedLabels(account: string): Promise<void> {
  const pod = (namespace: string, name: string, labels: Record<string, string>): SeedContainer => ({
    ...{ namespace, pod: `${name}-1`, container: 'main', node: 'n', controllerKind: 'Deployment' },
    ...{ controller: name, cpuCost: 1n, ramCost: 1n, labels },
  })
  const windows: [string, number, SeedContainer[]][] = [
    ['one', 2, [pod('lab', 'web', { team: 'red' })]],
    ['one', 8, [pod('shop', 'web', { team: 'red' })]],
    ['one', 30, [pod('shop', 'web', { team: 'blue', app: HOSTILE })]],
    ['two', 9, [pod('shop', HOSTILE, { team: 'red' })]],
    ['two', 10, [pod('shop', 'web', { team: 'red' }), pod('shop', 'web', { team: 'green' })]],
  ]
  for (const cluster of ['one', 'two']) {
    const key = { account, cluster }
    const own = windows.filter(([name]) => name === cluster)
    await seedCluster(world.database.pool, key, MONDAY, MONDAY + 30 * HOUR)
    for (const [, hour, containers] of own) {
      // Two pods of one workload are two facts.
      const pods = containers.map((one, place) => ({ ...one, pod: `${one.pod}-${place}` }))
      await seedWindow(world.database.pool, key, MONDAY + hour * HOUR, { containers: pods, nodes: [] })
    }
  }
}

const ask = (query: Record<string, string> = {}, account = FIRST) =>
  bodyOf<RightsizingBody>(world, 'rightsizing', query, account)
const ignore = (rule: IgnoredContainers & { expiresAt?: Date }, cloudAccountId = FIRST) =>
  addIgnore(world.database.pool, { ...rule, cloudAccountId })
const keyOf = (row: { cluster: string; namespace: string; controller: string; container: string }) =>
  [row.cluster, row.namespace, row.controller, row.container].join('/')
const shown = SEEDED.filter(({ namespace, name }) => namespace !== 'kube-system' && name !== '')
const keys = (rows: readonly Recommended[]) => rows.map(one => keyOf({ ...one, controller: one.name })).sort()

describe('a rule', () => {
  const cases: [string, IgnoredContainers, (one: Recommended) => boolean][] = [
    ['a cluster', { clusterId: 'two' }, one => one.cluster === 'two'],
    ['a namespace', { namespace: 'lab' }, one => one.namespace === 'lab'],
    ['a workload', { controller: HOSTILE }, one => one.name === HOSTILE],
    ['a container', { container: 'sidecar' }, one => one.container === 'sidecar'],
    [
      'a kind in a cluster',
      { clusterId: 'two', controllerKind: 'Deployment' },
      one => one.cluster === 'two' && one.kind === 'Deployment',
    ],
    [
      'all that it says together',
      {
        ...{ clusterId: 'one', namespace: 'shop', controllerKind: 'Deployment' },
        controller: 'web',
        container: 'main',
      },
      one => one.cluster === 'one' && one.namespace === 'shop' && one.container === 'main',
    ],
    ['nothing that there is', { namespace: 'sho_', container: '%' }, () => false],
  ]
  it.each(cases)('leaves out %s, and only that', async (_, rule, isIgnored) => {
    await ignore(rule)
    const body = await ask()
    const ignored = shown.filter(isIgnored)
    expect(body.rightsizing.map(keyOf).sort()).toEqual(keys(shown.filter(one => !isIgnored(one))))
    expect(body.excluded).toEqual({ system: 1, ownerless: 1, ignored: ignored.length })
    const left = shown.length - ignored.length
    expect(body).toMatchObject({
      total_count: left,
      gross_decrease: 3 * left,
      gross_increase: -left,
      net: 2 * left,
    })
  })

  it.each<[string, IgnoredContainers, string[]]>([
    [
      'as the newest pods have them',
      { label: { name: 'team', value: 'blue' } },
      ['one/shop/web/main', 'one/shop/web/sidecar'],
    ],
    // Of two pods of one hour either counts; what ran a day before its cluster's newest hour has none.
    [
      'of any pod',
      { label: { name: 'team', value: 'red' } },
      [`two/shop/${HOSTILE}/main`, 'two/shop/web/main'],
    ],
    [
      'of a hostile value',
      { label: { name: 'app', value: HOSTILE } },
      ['one/shop/web/main', 'one/shop/web/sidecar'],
    ],
    [
      'within a container',
      { container: 'sidecar', label: { name: 'team', value: 'blue' } },
      ['one/shop/web/sidecar'],
    ],
    ['that nobody has', { label: { name: 'team', value: '' } }, []],
  ])('goes by labels %s', async (_, rule, expected) => {
    await ignore(rule)
    const body = await ask({ include_ignored: 'true' })
    expect(
      body.rightsizing
        .filter(({ ignored }) => ignored)
        .map(keyOf)
        .sort(),
    ).toEqual(expected.sort())
  })

  it('holds at once, until it is removed or expires', async () => {
    const count = async () => (await ask()).excluded.ignored
    expect(await count()).toBe(0)
    const id = await ignore({ namespace: 'lab' })
    expect(await count()).toBe(1)
    await removeIgnore(world.database.pool, id)
    expect(await count()).toBe(0)
    await ignore({ namespace: 'lab', expiresAt: new Date(NOW * 1000) })
    await ignore({ label: { name: 'team', value: 'blue' }, expiresAt: new Date((NOW - 1) * 1000) })
    expect(await count()).toBe(0)
    await ignore({ namespace: 'lab', expiresAt: new Date((NOW + 1) * 1000) })
    expect(await count()).toBe(1)
  })

  it('is of one account', async () => {
    await ignore({ namespace: 'shop' }, SECOND)
    await ignore({ label: { name: 'team', value: 'red' } }, SECOND)
    expect((await ask()).excluded.ignored).toBe(0)
    expect((await ask({}, SECOND)).excluded.ignored).toBe(5)
  })
})

describe('what is ignored', () => {
  it('is shown and counts where it is asked for', async () => {
    await ignore({ namespace: 'lab' })
    await ignore({ clusterId: 'one', namespace: 'lab' })
    const body = await ask({ include_ignored: 'true' })
    expect(body.rightsizing.filter(({ ignored }) => ignored).map(keyOf)).toEqual(['one/lab/web/main'])
    expect(body).toMatchObject({ total_count: shown.length, net: 2 * shown.length })
    expect(body.excluded).toEqual({ system: 1, ownerless: 1, ignored: 0 })
  })

  it('is counted once, and what is left out anyway for the first reason', async () => {
    await ignore({ clusterId: 'one' })
    await ignore({ namespace: 'kube-system' })
    expect((await ask()).excluded).toEqual({ system: 1, ownerless: 1, ignored: 3 })
    expect((await ask({ include_system: 'true' })).excluded).toEqual({ system: 0, ownerless: 0, ignored: 5 })
    expect((await ask({ k8s_cluster: 'two' })).excluded).toEqual({ system: 0, ownerless: 0, ignored: 0 })
  })

  it('makes another answer: whoever holds the one before is sent it, and its cursors end', async () => {
    const first = await askRoute(world, 'rightsizing', { limit: 1 })
    const cursor = first.json<RightsizingBody>().page.next ?? ''
    const headers = { secret: SECRET, 'if-none-match': String(first.headers.etag) }
    const again = async () => (await askRoute(world, 'rightsizing', { limit: 1 }, { headers })).statusCode
    expect(await again()).toBe(304)
    const id = await ignore({ container: 'sidecar' })
    expect(await again()).toBe(200)
    expect(await errorOf(world, 'rightsizing', { limit: 1, cursor })).toEqual(['OE0217', ['cursor']])
    await removeIgnore(world.database.pool, id)
    expect(await again()).toBe(304)
    await ignore({ container: 'sidecar', expiresAt: new Date((NOW - 1) * 1000) })
    expect(await again()).toBe(304)
  })

  it('is told in CSV', async () => {
    await ignore({ namespace: 'lab' })
    const { body } = await askRoute(world, 'rightsizing', { format: 'csv', include_ignored: 'true' })
    const [titles = [], ...rows] = readCsv(body)
    const [namespace, ignored] = [titles.indexOf('namespace'), titles.indexOf('ignored')]
    expect(rows.map(row => [row[namespace], row[ignored]])).toEqual(
      shown.map(() => [expect.any(String), expect.stringMatching(/^(true|false)$/)]),
    )
    expect(rows.filter(row => row[ignored] === 'true').map(row => row[namespace])).toEqual(['lab'])
  })
})

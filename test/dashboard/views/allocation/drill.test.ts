import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Dimension, HAS_NONE } from '../../../../src/dashboard/state/dimensions.js'
import { readState } from '../../../../src/dashboard/state/fields.js'
import { nextDimension } from '../../../../src/dashboard/state/levels.js'
import { crumbsOf, placesOf, searchInto } from '../../../../src/dashboard/views/allocation/drill.js'
import { FIELDS } from '../../../../src/dashboard/views/allocation/fields.js'
import { rowOf } from './rows.js'

const stateOf = (search: string) => readState(FIELDS, new URLSearchParams(search)).state

describe('looking into a row', () => {
  it.each<[Dimension[], string, Dimension | null]>([
    [['cluster'], '', 'namespace'],
    [['namespace'], '', 'controller'],
    [['controller_kind'], '', 'controller'],
    [['node'], '', 'controller'],
    [['label:team'], '', 'controller'],
    [['controller'], '', 'pod'],
    [['pod'], '', 'container'],
    [['container'], '', null],
    [['cluster', 'controller'], '', 'pod'],
    [['label:team', 'cluster'], '', 'controller'],
    [['namespace'], 'path=controller:web', 'pod'],
    [['node'], 'path=pod:web-1', 'container'],
    [['cluster'], 'path=container:nginx', null],
  ])('%j within "%s" leads to %s', (by, search, next) => {
    expect(nextDimension(by, stateOf(search).path)).toBe(next)
  })

  it('comes to an end, whatever it begins with', () => {
    const dimensions = fc.constantFrom<Dimension>(
      ...(['cluster', 'namespace', 'controller_kind', 'controller', 'pod', 'container', 'node'] as const),
      'label:team',
    )
    fc.assert(
      fc.property(fc.uniqueArray(dimensions, { minLength: 1, maxLength: 2 }), by => {
        let search: string | null = new URLSearchParams(
          by.map((name): [string, string] => ['by', name]),
        ).toString()
        for (let level = 0; search !== null; level++) {
          expect(level).toBeLessThan(5)
          search = searchInto(new URLSearchParams(search), rowOf({ pod: 'a' }), stateOf(search))
        }
      }),
    )
  })

  it('goes on from where one is, with the value of each dimension, the larger first', () => {
    const row = rowOf({ cluster: 'one', labels: { team: 'a:b' } })
    expect(placesOf(row, stateOf('by=label:team&by=cluster'))).toEqual([
      { dimension: 'cluster', value: 'one' },
      { dimension: 'label:team', value: 'a:b' },
    ])
    expect(placesOf(rowOf({ controller: 'web' }), stateOf('by=controller&path=namespace:shop'))).toEqual([
      { dimension: 'namespace', value: 'shop' },
      { dimension: 'controller', value: 'web' },
    ])
  })

  it('asks for what has none where the row has none', () => {
    const row = rowOf({ kind: 'unallocated' })
    expect(placesOf(row, stateOf('by=controller'))).toEqual([{ dimension: 'controller', value: HAS_NONE }])
  })

  it.each([
    rowOf({ kind: 'idle', cluster: 'one', minutes: null }),
    rowOf({ kind: 'unmounted', minutes: null }),
    rowOf({ kind: 'cluster_management', minutes: null }),
    rowOf({ kind: 'unallocated', minutes: null }),
  ])('is no way to go where no container is: $kind', row => {
    expect(placesOf(row, stateOf('by=cluster'))).toBeNull()
    expect(searchInto(new URLSearchParams('by=cluster'), row, stateOf('by=cluster'))).toBeNull()
  })

  it('keeps what is chosen, and begins at the first page', () => {
    const search = 'account=a&range=14d&k8s_node=!n&idle=share&sort=cpu_cost&cursor=c&skipped=100&by=cluster'
    const into = searchInto(new URLSearchParams(search), rowOf({ cluster: 'one' }), stateOf(search))
    const params = new URLSearchParams(into ?? '')
    expect(Object.fromEntries(params)).toEqual({
      account: 'a',
      range: '14d',
      k8s_node: '!n',
      idle: 'share',
      sort: 'cpu_cost',
      path: 'cluster:one',
    })
    expect(stateOf(into ?? '').by).toEqual(['namespace'])
  })
})

describe('the way back up', () => {
  it('has each level, broken down as it was, and no link to where one is', () => {
    const params = new URLSearchParams(
      `account=a&by=pod&path=cluster:one&path=namespace:shop&path=controller:${HAS_NONE}&cursor=c&skipped=5`,
    )
    const crumbs = crumbsOf(params, stateOf(params.toString()).path)
    expect(crumbs.map(({ text }) => text)).toEqual([
      'All',
      'Cluster one',
      'Namespace shop',
      'Controller not set',
    ])
    expect(crumbs.at(-1)?.search).toBeNull()
    const levels = crumbs.slice(0, -1).map(({ search }) => search ?? '')
    expect(levels.map(search => stateOf(search).by)).toEqual([['cluster'], ['namespace'], ['controller']])
    expect(levels.map(search => stateOf(search).path.length)).toEqual([0, 1, 2])
    for (const search of levels) expect(new URLSearchParams(search).has('cursor')).toBe(false)
  })

  it('is "All" alone at the top', () => {
    expect(crumbsOf(new URLSearchParams(), [])).toEqual([{ text: 'All', search: null }])
  })

  it('leads to the level that a row was looked into from', () => {
    const search = 'by=namespace&path=cluster:one'
    const into = searchInto(new URLSearchParams(search), rowOf({ namespace: 'shop' }), stateOf(search)) ?? ''
    const up = crumbsOf(new URLSearchParams(into), stateOf(into).path).at(-2)?.search ?? ''
    expect(stateOf(up)).toEqual(stateOf(search))
  })
})

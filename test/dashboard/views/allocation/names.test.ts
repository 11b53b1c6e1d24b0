import { describe, expect, it } from 'vitest'
import type { Dimension } from '../../../../src/dashboard/state/dimensions.js'
import type { Row } from '../../../../src/dashboard/views/allocation/drill.js'
import { isNobodys, nameOf } from '../../../../src/dashboard/views/allocation/names.js'
import { rowOf } from './rows.js'

const HOSTILE = '<img src=x onerror=alert(1)>'

describe('names of rows', () => {
  it.each<[string, Dimension[], Partial<Row>]>([
    ['shop', ['namespace'], { namespace: 'shop' }],
    ['a/b', ['label:path'], { labels: { path: 'a/b' }, name: 'a/b' }],
    [HOSTILE, ['label:note'], { labels: { note: HOSTILE } }],
    ['shop / web', ['namespace', 'controller'], { namespace: 'shop', controller: 'web' }],
    ['shop / Without any', ['namespace', 'label:team'], { namespace: 'shop' }],
    ['Without any', ['label:team'], { kind: 'unallocated' }],
    ['Idle', ['namespace'], { kind: 'idle' }],
    ['Idle, one', ['cluster'], { kind: 'idle', cluster: 'one' }],
    ['Idle, n1, one', ['node', 'cluster'], { kind: 'idle', cluster: 'one', node: 'n1' }],
    ['Cluster management fee, one', ['cluster', 'pod'], { kind: 'cluster_management', cluster: 'one' }],
    ['Unmounted volumes and balancers', ['pod'], { kind: 'unmounted' }],
  ])('%s', (name, by, given) => {
    expect(nameOf(rowOf(given), by)).toBe(name)
  })

  it('tell what is nobody’s', () => {
    const kinds = ['workload', 'unallocated', 'idle', 'unmounted', 'cluster_management'] as const
    expect(kinds.filter(kind => isNobodys(rowOf({ kind })))).toEqual([
      'idle',
      'unmounted',
      'cluster_management',
    ])
  })
})

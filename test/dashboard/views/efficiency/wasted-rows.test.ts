import { describe, expect, it } from 'vitest'
import { wastedRows } from '../../../../src/dashboard/views/efficiency/wasted-rows.js'
import { row } from './rows.js'

const idle = (told: Parameters<typeof row>[0], cost: number) =>
  row({ name: '__idle__', kind: 'idle', infra_idle_cost: cost, wasted_cost: cost, ...told })

describe('what is wasted by value of the breakdown', () => {
  it('has idle cost of nodes at the nodes that it is of', () => {
    const { rows, nobodys } = wastedRows(
      [
        idle({ node: 'a' }, 5),
        row({ name: 'b', node: 'b', used_cost: 9, workload_idle_cost: 4, wasted_cost: 4 }),
        row({ name: 'a', node: 'a', used_cost: 7, workload_idle_cost: 1, wasted_cost: 1 }),
        row({ name: '__unmounted__', kind: 'unmounted', infra_idle_cost: 2, wasted_cost: 2 }),
      ],
      'node',
    )
    expect(rows).toEqual([
      { id: 'a', name: 'a', used_cost: 7, workload_idle_cost: 1, infra_idle_cost: 5, wasted_cost: 6 },
      { id: 'b', name: 'b', used_cost: 9, workload_idle_cost: 4, infra_idle_cost: 0, wasted_cost: 4 },
    ])
    expect(nobodys).toEqual([{ name: '__unmounted__', wasted_cost: 2 }])
  })

  it('names what is nobody’s apart from the rows, without what wastes nothing', () => {
    const { rows, nobodys } = wastedRows(
      [
        idle({}, 5),
        row({ name: '__cluster_management__', kind: 'cluster_management', used_cost: 3 }),
        row({ name: 'shop', namespace: 'shop', workload_idle_cost: 1, wasted_cost: 1 }),
      ],
      'namespace',
    )
    expect(rows.map(({ name }) => name)).toEqual(['shop'])
    expect(nobodys).toEqual([{ name: '__idle__', wasted_cost: 5 }])
  })

  it('has what lacks a label as a row, whatever the label is called', () => {
    const { rows } = wastedRows(
      [
        row({ name: 'red', labels: { team: 'red' }, wasted_cost: 1 }),
        row({ name: '__unallocated__', kind: 'unallocated', wasted_cost: 2 }),
      ],
      'label:team',
    )
    expect(rows.map(({ name }) => name)).toEqual(['__unallocated__', 'red'])
  })

  it('loses nothing', () => {
    const given = [
      idle({ cluster: 'a' }, 5),
      idle({ cluster: 'b' }, -2),
      row({ name: 'a', cluster: 'a', wasted_cost: 3 }),
    ]
    const { rows, nobodys } = wastedRows(given, 'cluster')
    const sum = [...rows, ...nobodys].reduce((total, { wasted_cost }) => total + wasted_cost, 0)
    expect(sum).toBe(6)
  })
})

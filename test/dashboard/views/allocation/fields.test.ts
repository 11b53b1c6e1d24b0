import { describe, expect, it } from 'vitest'
import { HAS_NONE } from '../../../../src/dashboard/state/dimensions.js'
import { readState, writeState } from '../../../../src/dashboard/state/fields.js'
import { readFilters } from '../../../../src/dashboard/state/filters.js'
import {
  drawnStep,
  FIELDS,
  scopeOf,
  shownColumns,
  tableQuery,
} from '../../../../src/dashboard/views/allocation/fields.js'

const DAY = 86_400
const hours = (days: number) => ({ start: 0, end: days * DAY, isSoFar: false })
const read = (search: string) => readState(FIELDS, new URLSearchParams(search))
const scope = (search: string) =>
  scopeOf(hours(7), readFilters(new URLSearchParams(search)), read(search).state)

describe('what is chosen for costs', () => {
  it.each([
    ['by=cluster&by=label:team', []],
    ['by=cluster&by=cluster', ['by']],
    ['by=cluster&by=node&by=pod', ['by']],
    ['by=nothing', ['by']],
    ['by=', ['by']],
    ['idle=all&idle_by=pod&split=odd', ['idle', 'idle_by', 'split']],
    ['share=kube-system&share=monitoring', []],
    ['share=', ['share']],
    [`share=${'a'.repeat(254)}`, ['share']],
    ['limit=1000', ['limit']],
    ['cols=cost&cols=gpu', []],
    ['cols=cost&cols=nothing', ['cols']],
    ['cols=none', []],
    ['sort=nothing&order=up', ['sort', 'order']],
    ['path=cluster:one', []],
    ['path=cluster', ['path']],
  ])('%s: refused is %j', (search, refused) => {
    expect(read(search).refused).toEqual(refused)
  })

  it('has no columns but the name where none are wanted, and the usual ones where nothing is said', () => {
    expect(shownColumns(read('cols=none').state)).toEqual([])
    expect(shownColumns(read('').state)).not.toContain('idle')
    expect(shownColumns(read('idle=share').state)).toContain('idle')
    expect(shownColumns(read('share=a').state)).toContain('shared')
    expect(shownColumns(read('cols=gpu&cols=cost').state)).toEqual(['cost', 'gpu'])
    const none = writeState(FIELDS, new URLSearchParams(), { cols: [] })
    expect(read(none.toString()).state.cols).toEqual([])
  })
})

describe('the question about costs', () => {
  it('is as the API takes it', () => {
    const search = 'k8s_namespace=!kube-system&label.team=shop&idle=share&idle_by=node&share=a&split=even'
    expect(scope(search)).toEqual({
      start_date: 0,
      end_date: 7 * DAY,
      k8s_namespace: ['!kube-system'],
      label: { 'label.team': ['shop'] },
      idle: 'share',
      idle_by: 'node',
      share_namespaces: ['a'],
      share_split: 'even',
    })
  })

  it('says nothing of what is usual', () => {
    expect(scope('')).toEqual({ start_date: 0, end_date: 7 * DAY })
  })

  it('is about containers alone within a row, beside what filters say of them', () => {
    expect(scope('path=cluster:one').k8s_container).toEqual([`!${HAS_NONE}`])
    expect(scope('path=cluster:one&k8s_container=nginx').k8s_container).toEqual(['nginx', `!${HAS_NONE}`])
  })

  it('puts the row in place of filters by its dimension', () => {
    const asked = scope('path=namespace:shop&k8s_namespace=media&k8s_namespace=!lab&k8s_node=a')
    expect(asked.k8s_namespace).toEqual(['shop'])
    expect(asked.k8s_node).toEqual(['a'])
  })

  it('is the same for every page of the table', () => {
    const one = tableQuery(scope(''), read('sort=cpu_cost&order=asc&limit=25').state)
    const other = tableQuery(
      scope(''),
      read('sort=cpu_cost&order=asc&limit=25&cursor=c&skipped=25&cols=cost').state,
    )
    expect(one).toEqual(other)
    expect(one).toMatchObject({ breakdown_by: ['namespace'], sort: 'cpu_cost', order: 'asc', limit: 25 })
  })
})

describe('the step that is drawn', () => {
  it.each([
    [1, 'auto', 'hour'],
    [7, 'auto', 'day'],
    [7, 'hour', 'hour'],
    [16, 'hour', 'hour'],
    [17, 'hour', 'day'],
    [400, 'day', 'day'],
    [400, 'hour', 'week'],
    [400, 'month', 'month'],
    [1, 'month', 'month'],
  ] as const)('of %i days, asked for %s: %s', (days, asked, step) => {
    expect(drawnStep(hours(days), asked)).toBe(step)
  })
})

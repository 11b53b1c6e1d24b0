import { describe, expect, it } from 'vitest'
import { readState } from '../../../../src/dashboard/state/fields.js'
import { readFilters } from '../../../../src/dashboard/state/filters.js'
import { FIELDS, rightsizingQuery, splitFilters } from '../../../../src/dashboard/views/rightsizing/fields.js'

const HOUR = 3600
const DAY = 86_400
const NOW = Date.parse('2026-03-11T14:25:10Z') / 1000

const stateOf = (search: string) => readState(FIELDS, new URLSearchParams(search)).state
const filtersOf = (search: string) => readFilters(new URLSearchParams(search))

describe('the question that choices make', () => {
  it('has no dates for the usual 14 days', () => {
    expect(rightsizingQuery(stateOf(''), [], NOW)).toEqual({
      profile: 'balanced',
      sort: 'saving_month',
      order: 'desc',
      limit: 50,
    })
  })

  // So long a range up to now is what the API has computed in advance.
  it.each([7, 30])('has whole %d days up to the end of the running hour', days => {
    const { start_date, end_date } = rightsizingQuery(stateOf(`history=${days}`), [], NOW)
    expect(end_date).toBe(NOW - (NOW % HOUR) + HOUR)
    expect(start_date).toBe((end_date ?? 0) - days * DAY)
  })

  it('has what is chosen, and no page', () => {
    const state = stateOf(
      'profile=safe&action=decrease&min_confidence=0.4&min_saving=2.5&include_system=1&include_ignored=1&sort=cpu_saving&order=asc&cursor=x&open=a',
    )
    expect(rightsizingQuery(state, filtersOf('k8s_namespace=!lab'), NOW)).toEqual({
      profile: 'safe',
      action: 'decrease',
      min_confidence: 0.4,
      min_saving: 2.5,
      include_system: true,
      include_ignored: true,
      k8s_namespace: ['!lab'],
      sort: 'cpu_saving',
      order: 'asc',
      limit: 50,
    })
  })

  it('has the filters that requests can be told apart by, and names the others', () => {
    const { used, left } = splitFilters(
      filtersOf('k8s_cluster=a&k8s_node=n&created_by_name=front&k8s_pod=p&k8s_container=c&label.team=red'),
    )
    expect(used.map(({ dimension }) => dimension)).toEqual(['cluster', 'controller', 'container'])
    expect(left.map(({ dimension }) => dimension)).toEqual(['node', 'pod', 'label:team'])
  })
})

describe('choices in the URL', () => {
  it.each([
    'profile=reckless',
    'history=15',
    'min_saving=-1',
    'min_saving=many',
    'min_confidence=2',
    'skipped=-5',
  ])('%s can’t be, so the usual is', search => {
    expect(stateOf(search)).toEqual(stateOf(''))
  })
})

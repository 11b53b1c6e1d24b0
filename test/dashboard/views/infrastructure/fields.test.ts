import { describe, expect, it } from 'vitest'
import { readState } from '../../../../src/dashboard/state/fields.js'
import { readFilters } from '../../../../src/dashboard/state/filters.js'
import {
  assetsQuery,
  FIELDS,
  FINDING_FIELDS,
  findingsQuery,
  scopeOf,
} from '../../../../src/dashboard/views/infrastructure/fields.js'

const hours = { start: 0, end: 7200, isSoFar: false }
const scope = (search: string) => scopeOf(hours, readFilters(new URLSearchParams(search)))

describe('what the infrastructure is asked by', () => {
  it('is the filters that machines have, and no others', () => {
    const filters = 'k8s_cluster=a&k8s_cluster=!b&k8s_node=n&k8s_namespace=shop&label.team=x'
    expect(scope(filters)).toEqual({
      start_date: 0,
      end_date: 7200,
      k8s_cluster: ['a', '!b'],
      k8s_node: ['n'],
    })
  })

  it('is the type, order and page of the assets', () => {
    const { state } = readState(FIELDS, new URLSearchParams('type=disk&sort=size_gib&order=asc'))
    expect(assetsQuery(scope(''), state)).toEqual({
      start_date: 0,
      end_date: 7200,
      asset_type: ['disk'],
      sort: 'size_gib',
      order: 'asc',
      limit: 100,
    })
  })

  it('is neither the range nor the node for findings', () => {
    const { state } = readState(FINDING_FIELDS, new URLSearchParams('finding=idle_node'))
    expect(findingsQuery(scope('k8s_cluster=a&k8s_node=n'), state)).toEqual({
      k8s_cluster: ['a'],
      finding: ['idle_node'],
      sort: 'saving_month',
      order: 'desc',
      limit: 100,
    })
  })
})

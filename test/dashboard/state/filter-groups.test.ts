import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HAS_NONE } from '../../../src/dashboard/state/dimensions.js'
import {
  groupFilters,
  groupWords,
  valueWords,
  withFilter,
  withoutFilter,
} from '../../../src/dashboard/state/filter-groups.js'
import { type Filter, readFilters } from '../../../src/dashboard/state/filters.js'

const read = (search: string): string[] =>
  groupFilters(readFilters(new URLSearchParams(search))).map(group =>
    [groupWords(group), ...group.filters.map(filter => valueWords(filter, group))].join(' | '),
  )

describe('filters as they are read', () => {
  it.each([
    ['k8s_namespace=shop', ['Namespace is | shop']],
    ['k8s_namespace=!shop', ['Namespace is not | shop']],
    ['k8s_namespace=shop&k8s_namespace=media', ['Namespace is any of | shop | media']],
    ['label.team=!growth&label.team=!shop', ['Label team is none of | growth | shop']],
    ['k8s_namespace=shop&k8s_namespace=!media', ['Namespace is | shop', 'Namespace is not | media']],
    [`created_by_name=${HAS_NONE}`, ['Controller is | not set']],
    [`created_by_name=!${HAS_NONE}`, ['Controller is | set']],
    [`k8s_node=${HAS_NONE}&k8s_node=a`, ['Node is any of | not set | a']],
    ['', []],
  ])('%s', (search, words) => {
    expect(read(search)).toEqual(words)
  })
})

const filters = fc.array(
  fc.record({
    dimension: fc.constantFrom('namespace' as const, 'label:team' as const),
    value: fc.constantFrom('a', 'b', HAS_NONE),
    isExcluded: fc.boolean(),
  }),
)

describe('a filter more', () => {
  const one: Filter = { dimension: 'namespace', value: 'a', isExcluded: true }

  it('takes the place of its opposite, and is there once', () => {
    fc.assert(
      fc.property(filters, before => {
        const after = withFilter(withFilter(before, { ...one, isExcluded: false }), one)
        expect(after.filter(({ dimension, value }) => dimension === 'namespace' && value === 'a')).toEqual([
          one,
        ])
      }),
    )
  })

  it('can be taken away again, with nothing else', () => {
    fc.assert(
      fc.property(filters, before => {
        const others = withoutFilter(withoutFilter(before, one), { ...one, isExcluded: false })
        expect(withoutFilter(withFilter(before, one), one)).toEqual(others)
      }),
    )
  })

  it('groups hold every filter', () => {
    fc.assert(
      fc.property(filters, all => {
        const grouped = groupFilters(all).flatMap(group => group.filters)
        expect(grouped.toSorted(byText)).toEqual(all.toSorted(byText))
      }),
    )
  })
})

const textOf = ({ dimension, value, isExcluded }: Filter): string => `${dimension} ${value} ${isExcluded}`
const byText = (left: Filter, right: Filter): number => textOf(left).localeCompare(textOf(right))

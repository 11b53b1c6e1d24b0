import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Dimension } from '../../../src/dashboard/state/dimensions.js'
import { filterQuery, pathField, readFilters, writeFilters } from '../../../src/dashboard/state/filters.js'

const dimensions = fc.oneof(
  fc.constantFrom<Dimension>(
    'cluster',
    'namespace',
    'controller_kind',
    'controller',
    'pod',
    'container',
    'node',
  ),
  fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]*$/).map((name): Dimension => `label:${name}`),
)
const values = fc.string({ unit: 'binary', minLength: 1 }).filter(value => !value.startsWith('!'))
const filters = fc.array(fc.record({ dimension: dimensions, value: values, isExcluded: fc.boolean() }))

describe('filters in a URL', () => {
  it('are read back as they were written, and leave the rest alone', () => {
    fc.assert(
      fc.property(filters, filters, (before, after) => {
        const first = writeFilters(new URLSearchParams('range=7d&account=a'), before)
        const written = new URLSearchParams(writeFilters(first, after).toString())
        expect(readFilters(written)).toEqual(after)
        expect(written.get('range')).toBe('7d')
        expect(written.get('account')).toBe('a')
      }),
    )
  })

  it('are what the API takes', () => {
    const asked = readFilters(
      new URLSearchParams(
        'k8s_namespace=shop&k8s_namespace=web&label.team=!growth&created_by_name=a%20b&x=1',
      ),
    )
    expect(filterQuery(asked)).toEqual({
      k8s_namespace: ['shop', 'web'],
      created_by_name: ['a b'],
      label: { 'label.team': ['!growth'] },
    })
  })
})

describe('where one has looked into', () => {
  it('is read back from a URL, whatever the names are', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ dimension: dimensions, value: values })), path => {
        expect(pathField.parse(pathField.print(path))).toEqual(path)
      }),
    )
  })

  it('takes the place of filters of the same dimension, being narrower', () => {
    const asked = readFilters(new URLSearchParams('k8s_namespace=shop&k8s_namespace=web&k8s_cluster=!old'))
    expect(filterQuery(asked, [{ dimension: 'namespace', value: 'shop' }])).toEqual({
      k8s_cluster: ['!old'],
      k8s_namespace: ['shop'],
    })
  })

  it.each(['shop', ':shop', 'namespace:', 'planet:earth', 'label:team', 'label::x'])(
    'is not read from %j',
    text => {
      expect(pathField.parse([text])).toBeUndefined()
    },
  )
})

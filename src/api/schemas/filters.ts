import { type Static, Type } from 'typebox'
import { DIMENSION, FILTERS, FORMAT, optionalDates, paging } from '../query/parameters.js'
import { Meta, Page, TotalHead } from './common.js'

const FilterRow = Type.Object({
  value: Type.String({
    description:
      'What a filter by the dimension takes; the all-zero UUID stands for "has none". Of names of labels the name, as in label.<name>.',
  }),
  name: Type.String({ description: 'For people: the value, or (not set).' }),
  total_cost: Type.Number({
    description:
      'Account currency, without idle: what cost_allocation gives with idle=hide and a filter by this value. Of the name of a label what all workloads with that label cost.',
  }),
})

const { start_date, end_date, total_cost: _total, ...totals } = TotalHead

export const FiltersBody = Type.Object({
  start_date,
  end_date,
  dimension: Type.String({ description: 'As asked.' }),
  total_cost: Type.Number({
    description:
      'Account currency, without idle: of all values, not only those of the page. What has several of the labels that are listed counts once.',
  }),
  ...totals,
  filters: Type.Array(FilterRow),
  meta: Meta,
  page: Page,
})
export type FiltersBody = Static<typeof FiltersBody>

export const FiltersQuery = Type.Object({
  ...DIMENSION,
  q: Type.Optional(
    Type.String({
      maxLength: 400,
      description:
        'Only values with this text in their names, in any case. No character has a meaning of its own.',
      examples: ['sho'],
    }),
  ),
  ...optionalDates(
    'Left out: seven days before end_date.',
    'Left out: seven days after start_date, or the end of the newest hour that should be loaded.',
  ),
  ...FILTERS,
  ...paging(['total_cost', 'name'], 'total_cost'),
  ...FORMAT,
})

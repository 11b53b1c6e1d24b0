import { moneyIn } from '../../format/money.js'
import { count } from '../../format/quantity.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import { Panel } from '../../ui/panel.js'
import { Tile, Tiles } from '../../ui/tile.js'
import type { Body } from './fields.js'
import { LEVELS } from './words.js'

/** What all advice together saves and costs, of how many containers. */
export function AdviceTiles({ body }: { body: Body }) {
  const money = moneyIn(body.meta.currency)
  const { gross_decrease, gross_increase, net } = body
  return (
    <Tiles>
      <Tile label="Lower requests save" value={money.exact(gross_decrease)} detail="a month of 730 hours" />
      <Tile
        label="Higher requests cost"
        value={money.exact(Math.abs(gross_increase))}
        detail="a month, for what runs short now"
      />
      <Tile
        label={net < 0 ? 'In all it costs more' : 'In all it saves'}
        value={money.exact(Math.abs(net))}
        detail="a month, if all of it is followed"
      />
      <Tile label="Containers" value={count(body.total_count)} detail={leftOut(body)} />
    </Tiles>
  )
}

/** What is neither shown nor in the totals, in a sentence. */
export function leftOut({ excluded: { system, ownerless, ignored } }: Pick<Body, 'excluded'>): string {
  const parts = [
    system === 0 ? null : `${count(system)} of the system`,
    ownerless === 0 ? null : `${count(ownerless)} of no workload`,
    ignored === 0 ? null : `${count(ignored)} ignored`,
  ].filter(part => part !== null)
  return parts.length === 0 ? 'none left out' : `left out: ${parts.join(', ')}`
}

type Level = Body['confidence_levels'][number]

/** How sure the advice is: the totals by confidence. */
export function ConfidencePanel({ body }: { body: Body }) {
  const money = moneyIn(body.meta.currency)
  const columns: Column<Level>[] = [
    {
      id: 'level',
      header: 'Confidence',
      isRowHeader: true,
      cell: ({ confidence_level }) => LEVELS[confidence_level],
      total: 'All',
    },
    {
      id: 'count',
      header: 'Containers',
      isNumber: true,
      cell: level => count(level.count),
      total: count(body.total_count),
    },
    ...(
      [
        ['gross_decrease', 'Saved a month'],
        ['gross_increase', 'Costs more a month'],
        ['net', 'In all a month'],
      ] as const
    ).map(
      ([key, header]): Column<Level> => ({
        id: key,
        header,
        isNumber: true,
        cell: level => money.exact(key === 'gross_increase' ? Math.abs(level[key]) : level[key]),
        total: money.exact(key === 'gross_increase' ? Math.abs(body[key]) : body[key]),
      }),
    ),
  ]
  return (
    <Panel
      title="How sure it is"
      hint="Confidence grows with the days measured, up to a week, and falls with hours that are missing. Where it is too low, there is no advice."
    >
      <DataTable
        name="Totals by confidence"
        columns={columns}
        rows={body.confidence_levels}
        keyOf={level => level.confidence_level}
      />
    </Panel>
  )
}

import type { ReactNode } from 'react'
import { useRead } from '../../api/use-read.js'
import { ChartPanel } from '../../charts/chart-panel.js'
import { count } from '../../format/quantity.js'
import { useUrlState } from '../../state/use-state.js'
import { Answered } from '../../ui/answered.js'
import { Button } from '../../ui/button.js'
import { Empty } from '../../ui/empty.js'
import { type Days, FIELDS } from './fields.js'
import { HourGrid } from './hour-grid.js'
import { HourLegend } from './hour-legend.js'
import { hoursByDay } from './hour-states.js'
import { HourTable } from './hour-table.js'
import styles from './pipeline.module.css'

/** Clusters whose hours are in sight at once. */
const CLUSTERS = 4

/** Every hour of these days as a square of its state, for each cluster. */
export function HoursPanel({ clusters, days }: { clusters: readonly string[]; days: Days }) {
  const [state, change] = useUrlState(FIELDS)
  const pages = Math.ceil(clusters.length / CLUSTERS)
  const page = Math.min(state.clusters, pages)
  const shown = clusters.slice((page - 1) * CLUSTERS, page * CLUSTERS)
  const answer = useRead(
    'status',
    { start_date: days.start, end_date: days.end, windows: true, k8s_cluster: shown, limit: 1000 },
    { keep: true },
  )
  const told = answer.data?.status ?? []
  const grids = shown.flatMap(name => {
    const cluster = told.find(one => one.cluster === name)
    return cluster === undefined ? [] : [{ name, days: hoursByDay(cluster, days) }]
  })
  const answered = (children: ReactNode) => (
    <Answered what="The hours" answer={answer} height={780}>
      {() => children}
    </Answered>
  )
  return (
    <ChartPanel
      id="hours"
      title="Hour by hour"
      hint="A square is an hour, UTC. Arrow keys go from one to the next. Days of which no hour was due are left out."
      actions={
        pages > 1 ? (
          <Pages {...{ page, pages }} total={clusters.length} onPage={clusters => change({ clusters })} />
        ) : null
      }
      chart={answered(
        <>
          <HourLegend />
          <div className={styles.grids}>
            {grids.map(grid =>
              grid.days.length === 0 ? (
                <Empty key={grid.name} title={`No hour of ${grid.name} was due in these days.`} />
              ) : (
                <HourGrid key={grid.name} {...grid} />
              ),
            )}
          </div>
        </>,
      )}
      table={answered(
        <div className={styles.grids}>
          {grids.map(grid => (
            <HourTable key={grid.name} {...grid} />
          ))}
        </div>,
      )}
    />
  )
}

interface PagesProps {
  readonly page: number
  readonly pages: number
  readonly total: number
  readonly onPage: (page: number) => void
}

function Pages({ page, pages, total, onPage }: PagesProps) {
  const last = Math.min(total, page * CLUSTERS)
  return (
    <>
      <span>
        Clusters {count((page - 1) * CLUSTERS + 1)} to {count(last)} of {count(total)}
      </span>
      <Button isOff={page === 1} onClick={() => onPage(page - 1)}>
        Previous clusters
      </Button>
      <Button isOff={page === pages} onClick={() => onPage(page + 1)}>
        Next clusters
      </Button>
    </>
  )
}

import { count } from '../../format/quantity.js'
import { fullDay } from '../../format/time.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import { countStates, HOUR_STATES, type HourState, type HoursOfDay } from './hour-states.js'
import styles from './pipeline.module.css'

/** How many hours of each day of a cluster are in which state. */
export function HourTable({ name, days }: { name: string; days: readonly HoursOfDay[] }) {
  return (
    <section className={styles.grid} aria-label={name}>
      <h3 className={styles.cluster}>{name}</h3>
      <DataTable
        name={`Hours of ${name} by day`}
        columns={columnsOf(days)}
        rows={days}
        keyOf={({ start }) => String(start)}
      />
    </section>
  )
}

function columnsOf(days: readonly HoursOfDay[]): Column<HoursOfDay>[] {
  const all = countStates(days.flatMap(({ hours }) => hours))
  return [
    {
      id: 'day',
      header: 'Day (UTC)',
      isRowHeader: true,
      cell: ({ start }) => fullDay(start),
      total: 'All',
    },
    ...(Object.keys(HOUR_STATES) as HourState[]).map(
      (state): Column<HoursOfDay> => ({
        id: state,
        header: HOUR_STATES[state].title,
        isNumber: true,
        cell: ({ hours }) => count(countStates(hours)[state]),
        total: count(all[state]),
      }),
    ),
  ]
}

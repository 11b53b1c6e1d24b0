import { useCredentials } from '../../api/credentials.js'
import type { Gap } from '../../api/routes.js'
import { GAP_ADVICE, GAP_REASONS, gapCommands } from '../../format/gap-reasons.js'
import { count } from '../../format/quantity.js'
import { clock, day, moment } from '../../format/time.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import { Empty } from '../../ui/empty.js'
import { Panel } from '../../ui/panel.js'
import { type GapGroup, groupGaps } from './gap-groups.js'
import styles from './pipeline.module.css'

/** Which hours of these days are missing or in doubt, why, and what to do about it. */
export function GapsPanel({ gaps }: { gaps: readonly Gap[] }) {
  const { account } = useCredentials()
  const groups = groupGaps(gaps)
  return (
    <Panel
      title="Hours that are missing or in doubt"
      hint={groups.length === 0 ? undefined : 'Commands are those of the service, for who operates it.'}
    >
      {groups.length === 0 ? (
        <Empty title="No hour of these days is missing or in doubt." />
      ) : (
        <DataTable
          name="Hours that are missing or in doubt"
          columns={columnsOf(account)}
          rows={groups}
          keyOf={({ cluster, reason }) => `${reason} ${cluster}`}
        />
      )}
    </Panel>
  )
}

function columnsOf(account: string): Column<GapGroup>[] {
  return [
    { id: 'cluster', header: 'Cluster', isRowHeader: true, cell: ({ cluster }) => cluster },
    { id: 'hours', header: 'Hours', isNumber: true, cell: ({ hours }) => count(hours) },
    { id: 'when', header: 'When (UTC)', cell: group => <span className={styles.when}>{whenOf(group)}</span> },
    { id: 'why', header: 'Why', cell: ({ reason }) => GAP_REASONS[reason] },
    { id: 'what', header: 'What to do', cell: group => <Advice group={group} account={account} /> },
  ]
}

const whenOf = ({ start, end, stretches }: GapGroup): string =>
  stretches === 1 ? span(start, end) : `${count(stretches)} times, ${span(start, end)}`

const span = (start: number, end: number): string =>
  `${moment(start)} to ${day(start) === day(end) ? clock(end) : moment(end)}`

function Advice({ group, account }: { group: GapGroup; account: string }) {
  return (
    <div className={styles.advice}>
      {GAP_ADVICE[group.reason]}
      {gapCommands(group.reason, account, group).map(command => (
        <code key={command}>{command}</code>
      ))}
    </div>
  )
}

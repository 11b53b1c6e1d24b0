import type { Money } from '../../format/money.js'
import { percent } from '../../format/quantity.js'
import { reasonOf } from '../../format/reasons.js'
import type { Column } from '../../ui/data-table.js'
import { keyOf, type Row, type SORTS } from './fields.js'
import { cpuOf, type Figures, ramOf } from './figures.js'
import styles from './rightsizing.module.css'
import { ACTIONS, LEVELS, SEVERITIES } from './words.js'

type SortKey = (typeof SORTS)[number]

interface Opening {
  readonly isOpen: (key: string) => boolean
  readonly toggle: (key: string) => void
}

/** What is said of each container. */
export function columnsOf(money: Money, opening: Opening): Column<Row>[] {
  const by = (key: SortKey) => key
  return [
    {
      id: 'name',
      header: 'Container',
      hint: 'Sorted by the name of its workload',
      isRowHeader: true,
      sortKey: by('controller'),
      cell: row => <Name row={row} opening={opening} />,
    },
    {
      id: 'saving',
      header: 'Saves a month',
      hint: 'Of 730 hours; what costs more is negative',
      isNumber: true,
      sortKey: by('saving_month'),
      cell: row => money.exact(row.saving_month),
    },
    { id: 'action', header: 'What to do', cell: row => <Action row={row} /> },
    {
      id: 'where',
      header: 'Namespace',
      sortKey: by('namespace'),
      cell: row => (
        <>
          {row.namespace}
          <span className={styles.where}>{row.cluster}</span>
        </>
      ),
    },
    {
      id: 'cost',
      header: 'Costs a month',
      hint: 'CPU and memory as they are, 730 hours',
      isNumber: true,
      sortKey: by('cost_month'),
      cell: row => money.exact(row.cost_month),
    },
    {
      id: 'cpu',
      header: 'CPU request',
      isNumber: true,
      sortKey: by('cpu_request'),
      cell: row => <Request figures={cpuOf(row)} />,
    },
    {
      id: 'ram',
      header: 'Memory request',
      isNumber: true,
      sortKey: by('ram_request'),
      cell: row => <Request figures={ramOf(row)} />,
    },
    {
      id: 'confidence',
      header: 'Confidence',
      hint: 'How long, how completely and how finely it was measured',
      isNumber: true,
      sortKey: by('confidence'),
      cell: row => `${LEVELS[row.confidence_level]}, ${percent(row.confidence)}`,
    },
    { id: 'reasons', header: 'Because', cell: row => <Reasons codes={row.reasons} /> },
  ]
}

function Name({ row, opening }: { row: Row; opening: Opening }) {
  const key = keyOf(row)
  const isOpen = opening.isOpen(key)
  return (
    <button
      type="button"
      className={styles.opener}
      aria-expanded={isOpen}
      onClick={() => opening.toggle(key)}
    >
      <span aria-hidden className={styles.arrow}>
        {isOpen ? '▾' : '▸'}
      </span>
      <span>
        {row.container}
        <span className={styles.where}>
          {row.controller === '' ? 'no workload' : `${row.controller_kind} ${row.controller}`}
          {row.ignored ? ', ignored' : ''}
        </span>
      </span>
    </button>
  )
}

function Action({ row: { action, severity } }: { row: Row }) {
  const { sign, text } = ACTIONS[action]
  return (
    <span className={styles.action}>
      <span aria-hidden>{sign}</span> {text}
      <span className={styles.where}>{SEVERITIES[severity] ?? severity}</span>
    </span>
  )
}

/** What is requested, and what it should become where that is another value. */
function Request({ figures: { request, recommended, action, print } }: { figures: Figures }) {
  const isChanged = action === 'decrease' || action === 'increase' || action === 'set'
  const now = request === null ? 'none' : print(request)
  if (!isChanged) {
    return (
      <>
        {now} <span className={styles.faint}>{ACTIONS[action].text}</span>
      </>
    )
  }
  return (
    <>
      {now} <span aria-hidden>→</span>
      <span className="visually-hidden">to</span> <strong>{print(recommended)}</strong>
    </>
  )
}

function Reasons({ codes }: { codes: readonly string[] }) {
  if (codes.length === 0) return <span className={styles.faint}>its use</span>
  return (
    <span className={styles.codes}>
      {codes.map(code => {
        const { short, sentence } = reasonOf(code)
        return (
          <span key={code} title={sentence} className={styles.code}>
            {short}
          </span>
        )
      })}
    </span>
  )
}

import type { Money } from '../../format/money.js'
import { count, decimal, percent } from '../../format/quantity.js'
import { reasonOf } from '../../format/reasons.js'
import { CopyText } from '../../ui/copy-text.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import type { Row } from './fields.js'
import { cpuOf, type Figures, ramOf } from './figures.js'
import styles from './rightsizing.module.css'
import { UsageBar } from './usage-bar.js'
import { ACTIONS } from './words.js'

/** All about one container: its use against its requests, why the advice is what it is, and what to type. */
export function AdviceDetail({ row, money }: { row: Row; money: Money }) {
  const resources = [cpuOf(row), ramOf(row)]
  return (
    <div className={styles.detail}>
      <div className={styles.bars}>
        {resources.map(figures => (
          <div key={figures.name}>
            <h3 className={styles.resource}>{figures.name}</h3>
            <UsageBar figures={figures} />
          </div>
        ))}
      </div>
      <DataTable
        name={`Requests and use of ${row.container} in ${row.controller || row.namespace}`}
        columns={columnsOf(money)}
        rows={resources}
        keyOf={({ name }) => name}
      />
      <div className={styles.bars}>
        <Why row={row} />
        <WhatToType row={row} />
      </div>
    </div>
  )
}

const FIGURES = [
  ['request', 'Requested now'],
  ['limit', 'Limit'],
  ['mean', 'Mean use'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['max', 'Highest'],
  ['recommended', 'Advised'],
] as const

function columnsOf(money: Money): Column<Figures>[] {
  return [
    { id: 'name', header: 'Resource', isRowHeader: true, cell: ({ name }) => name },
    ...FIGURES.map(
      ([key, header]): Column<Figures> => ({
        id: key,
        header,
        isNumber: true,
        cell: figures => figures.print(figures[key]),
      }),
    ),
    { id: 'action', header: 'What to do', cell: ({ action }) => ACTIONS[action].text },
    { id: 'saving', header: 'Saves a month', isNumber: true, cell: ({ saving }) => money.exact(saving) },
  ]
}

function Why({ row }: { row: Row }) {
  return (
    <div>
      <h3 className={styles.resource}>Why</h3>
      {row.reasons.length === 0 ? (
        <p className={styles.plain}>Nothing special: the advice follows from its use.</p>
      ) : (
        <dl className={styles.reasons}>
          {row.reasons.map(code => (
            <div key={code}>
              <dt>{reasonOf(code).short}</dt>
              <dd>{reasonOf(code).sentence}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className={styles.plain}>{basisOf(row)}</p>
    </div>
  )
}

/** What the advice rests on, in words. */
function basisOf({ span_hours, coverage, samples, replicas, step_seconds }: Row): string {
  const step = step_seconds === null ? '' : `, ${count(step_seconds / 60)} minutes apart`
  return `From ${count(samples)} measurements${step}, over ${count(span_hours)} hours of which ${percent(coverage)} were measured; ${decimal(replicas)} pods on the average.`
}

function WhatToType({ row: { snippet, kubectl } }: { row: Row }) {
  if (snippet === null) {
    return <p className={styles.plain}>There is nothing to change, so there is nothing to type.</p>
  }
  return (
    <div className={styles.typed}>
      <CopyText what="YAML" text={snippet} />
      {kubectl === null ? (
        <p className={styles.plain}>
          No command can change this kind of workload: change what it is made from.
        </p>
      ) : (
        <CopyText what="kubectl command" text={kubectl} />
      )}
    </div>
  )
}

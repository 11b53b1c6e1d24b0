import { Link, useSearchParams } from 'react-router'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { type Money, moneyIn } from '../../format/money.js'
import { count } from '../../format/quantity.js'
import { Answered } from '../../ui/answered.js'
import { type Column, DataTable } from '../../ui/data-table.js'
import { Panel } from '../../ui/panel.js'
import styles from './overview.module.css'

const SHOWN = 5

interface Saving {
  readonly id: string
  readonly what: string
  readonly where: string
  readonly amount: number
}

/** What could be saved a month: smaller requests, and what could be given up. */
export function Savings() {
  const advice = useRead('rightsizing', { action: 'decrease', limit: SHOWN })
  const findings = useRead('findings', { limit: SHOWN })
  return (
    <Panel
      title="What could be saved a month"
      hint="As it has been for the last 14 days, a month of 730 hours. Smaller requests free capacity; money is saved when machines are removed."
    >
      <Answered what="Advice on requests" answer={advice} height={220}>
        {requests => (
          <Answered what="Findings" answer={findings} height={220}>
            {found => <Found requests={requests} found={found} />}
          </Answered>
        )}
      </Answered>
    </Panel>
  )
}

interface FoundProps {
  readonly requests: BodyOf<'rightsizing'>
  readonly found: BodyOf<'findings'>
}

function Found({ requests, found }: FoundProps) {
  const [params] = useSearchParams()
  const search = new URLSearchParams({ account: params.get('account') ?? '' }).toString()
  const money = moneyIn(requests.meta.currency)
  return (
    <>
      <p className={styles.sentence}>
        <Link to={{ pathname: '/rightsizing', search }}>
          {money.exact(requests.gross_decrease)} by smaller requests of {count(requests.total_count)}{' '}
          containers
        </Link>
        , and{' '}
        <Link to={{ pathname: '/infrastructure', search }}>
          {money.exact(found.saving_month)} by giving up {count(found.total_count)} things
        </Link>
        . The largest of them:
      </p>
      <SavingsTable money={money} savings={savingsOf(requests, found)} />
    </>
  )
}

function savingsOf(requests: BodyOf<'rightsizing'>, found: BodyOf<'findings'>): Saving[] {
  const smaller = requests.rightsizing.map(row => ({
    id: `${row.cluster} ${row.namespace} ${row.controller} ${row.container}`,
    what: `Lower the requests of ${row.container} in ${row.controller}`,
    where: `${row.cluster} / ${row.namespace}`,
    amount: row.saving_month ?? 0,
  }))
  const givenUp = found.findings.map(row => ({
    id: row.id,
    what: row.detail,
    where: row.namespace === null ? row.cluster : `${row.cluster} / ${row.namespace}`,
    amount: row.saving_month ?? 0,
  }))
  return [...smaller, ...givenUp]
}

function SavingsTable({ savings, money }: { savings: readonly Saving[]; money: Money }) {
  const rows = [...savings].sort((left, right) => right.amount - left.amount).slice(0, SHOWN)
  const columns: Column<Saving>[] = [
    {
      id: 'what',
      header: 'What to change',
      isRowHeader: true,
      cell: ({ what, where }) => (
        <>
          {what}
          <span className={styles.where}>{where}</span>
        </>
      ),
    },
    { id: 'amount', header: 'Saves a month', isNumber: true, cell: ({ amount }) => money.exact(amount) },
  ]
  return <DataTable name="What could be saved" columns={columns} rows={rows} keyOf={({ id }) => id} />
}

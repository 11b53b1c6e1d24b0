import { Link, useSearchParams } from 'react-router'
import type { BodyOf } from '../../api/routes.js'
import { useRead } from '../../api/use-read.js'
import { type Money, moneyIn } from '../../format/money.js'
import { bytes, count, millicores } from '../../format/quantity.js'
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
export function Savings({ isNext }: { isNext: boolean }) {
  const advice = useRead('rightsizing', { action: 'decrease', limit: SHOWN }, { enabled: isNext })
  const findings = useRead('findings', { limit: SHOWN }, { enabled: isNext })
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

type Advice = BodyOf<'rightsizing'>['rightsizing'][number]
type Finding = BodyOf<'findings'>['findings'][number]

function savingsOf(requests: BodyOf<'rightsizing'>, found: BodyOf<'findings'>): Saving[] {
  const smaller = requests.rightsizing.map(row => ({
    id: `${row.cluster} ${row.namespace} ${row.controller_kind} ${row.controller} ${row.container}`,
    what: `Lower the requests of ${row.controller}, container ${row.container}`,
    where: `${row.cluster} / ${row.namespace}: ${requestsOf(row)}`,
    amount: row.saving_month ?? 0,
  }))
  const givenUp = found.findings.map(row => ({
    id: row.id,
    what: `${GIVE_UP[row.finding]} ${row.name}`,
    where: `${row.namespace === null ? row.cluster : `${row.cluster} / ${row.namespace}`}: ${row.detail}`,
    amount: row.saving_month ?? 0,
  }))
  return [...smaller, ...givenUp]
}

const GIVE_UP: Readonly<Record<Finding['finding'], string>> = {
  unclaimed_volume: 'Delete the volume',
  balancer_without_pods: 'Give up the load balancer',
  idle_node: 'Remove the node',
  over_provisioned_group: 'Take nodes from the group',
  abandoned_workload: 'Remove the workload',
  namespace_without_requests: 'Set requests in the namespace',
}

/** `CPU 2.00 cores → 28m, memory 6.0 GiB → 159 MiB`, of what is to be lowered. */
function requestsOf(row: Advice): string {
  const cpu =
    row.cpu_action === 'decrease'
      ? `CPU ${millicores(row.cpu_request)} → ${millicores(row.cpu_recommended)}`
      : null
  const ram =
    row.ram_action === 'decrease' ? `memory ${bytes(row.ram_request)} → ${bytes(row.ram_recommended)}` : null
  return [cpu, ram].filter(change => change !== null).join(', ')
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

import { useCredentials } from '../../api/credentials.js'
import { Empty } from '../../ui/empty.js'
import { Panel } from '../../ui/panel.js'
import styles from './pipeline.module.css'

/** An account of which nothing is known yet: what has to be there, and how to see whether it is. */
export function NothingLoaded() {
  const { account } = useCredentials()
  return (
    <Panel title="Nothing of this account is loaded yet">
      <Empty title="No cluster of it has been found.">
        A cluster is found once the metrics store has series of it with the account’s label. The first hours
        of a new account take some minutes.
      </Empty>
      <p>If it stays like this, who operates the service can see why:</p>
      <ol className={styles.steps}>
        <li>
          <code>k8s-costs doctor --account {account}</code> tells whether the store answers, whether it has
          the account’s series, and which essential ones are absent.
        </li>
        <li>
          <code>k8s-costs runs list --account {account}</code> has every attempt, with what it failed on.
        </li>
        <li>
          <code>k8s-costs status</code> says what waits to be loaded. Nothing is loaded unless a scheduler and
          a worker run.
        </li>
      </ol>
    </Panel>
  )
}

import { type FormEvent, useId, useState } from 'react'
import { useSearchParams } from 'react-router'
import { Failure } from '../api/failure.js'
import { type Credentials, read } from '../api/read.js'
import type { BodyOf } from '../api/routes.js'
import { Button } from '../ui/button.js'
import { Notice } from '../ui/notice.js'
import { Page } from '../ui/page.js'
import styles from './open-form.module.css'

interface Props {
  /** Why the last session ended. */
  readonly notice: string | null
  /** With what `status` answered, which every view asks for. */
  readonly onOpen: (credentials: Credentials, status: BodyOf<'status'>) => void
}

/** The way in. The account may stand in the URL, the token never does. */
export function OpenForm({ notice, onOpen }: Props) {
  const [params, setParams] = useSearchParams()
  const [account, setAccount] = useState(params.get('account') ?? '')
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [isAsking, setIsAsking] = useState(false)
  const ids = { account: useId(), token: useId(), problem: useId() }

  async function submit(event: FormEvent) {
    event.preventDefault()
    const credentials = { account: account.trim(), token: token.trim() }
    const missing = missingOf(credentials)
    setProblem(missing)
    if (missing !== null) return
    setIsAsking(true)
    try {
      const status = await read(credentials, 'status', {})
      setParams(
        now => {
          now.set('account', credentials.account)
          return now
        },
        { replace: true },
      )
      onOpen(credentials, status)
    } catch (error) {
      setProblem(reasonOf(error))
      setIsAsking(false)
    }
  }

  const described = problem === null ? {} : { 'aria-describedby': ids.problem, 'aria-invalid': true }
  return (
    <Page title="Kubernetes costs">
      <main className={styles.main}>
        <h1 className={styles.title}>Kubernetes costs</h1>
        <p className={styles.lead}>What each team’s workloads cost, what is wasted, and what to change.</p>
        {notice === null ? null : <Notice kind="warning">{notice}</Notice>}
        {/* The browser's own messages would not say where to get a token. */}
        <form className={styles.form} onSubmit={event => void submit(event)} noValidate autoComplete="off">
          <label htmlFor={ids.account}>Cloud account</label>
          <input
            id={ids.account}
            value={account}
            onChange={event => setAccount(event.target.value)}
            spellCheck={false}
            autoComplete="off"
            required
            {...described}
          />
          <label htmlFor={ids.token}>Token</label>
          <input
            id={ids.token}
            type="password"
            value={token}
            onChange={event => setToken(event.target.value)}
            autoComplete="off"
            required
            {...described}
          />
          <p className={styles.hint}>
            An operator makes one with <code>k8s-costs tokens create</code>. It stays in this page’s memory
            and is gone when you close or reload it.
          </p>
          <div role="alert" id={ids.problem}>
            {problem === null ? null : <Notice kind="error">{problem}</Notice>}
          </div>
          <Button kind="primary" type="submit" isBusy={isAsking}>
            Open
          </Button>
        </form>
      </main>
    </Page>
  )
}

function missingOf({ account, token }: Credentials): string | null {
  if (account === '') return 'Enter the id of the cloud account.'
  return token === '' ? 'Enter a token of the account.' : null
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Failure)) throw error
  const request = error.requestId === null ? '' : ` (request ${error.requestId})`
  if (error.status === 401) return `This token is not known: it is mistyped, expired or revoked${request}.`
  if (error.status === 404) return `There is no such cloud account, or the token is of another one${request}.`
  return `${error.message} Try again${request}.`
}

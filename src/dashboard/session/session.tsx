import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import { CredentialsContext } from '../api/credentials.js'
import { Failure } from '../api/failure.js'
import { type Credentials, retryDelay } from '../api/read.js'
import type { BodyOf } from '../api/routes.js'
import { keyOf } from '../api/use-read.js'
import { OpenForm } from './open-form.js'

const FRESH_MS = 60_000

interface Session {
  readonly account: string
  /** Forgets the token and every answer. */
  close(): void
}

const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('no session is open')
  return session
}

/** Asks for account and token, and shows `children` once the API has accepted them. Both live in memory only. */
export function SessionGate({ children }: { children: ReactNode }) {
  const [opened, setOpened] = useState<Opened | null>(null)
  const [farewell, setFarewell] = useState<string | null>(null)

  if (opened === null) {
    const open = (credentials: Credentials, status: BodyOf<'status'>) => {
      setFarewell(null)
      setOpened({ credentials, status })
    }
    return <OpenForm notice={farewell} onOpen={open} />
  }
  const close = (why: string | null) => {
    setFarewell(why)
    setOpened(null)
  }
  return (
    <OpenSession {...opened} onClose={close}>
      {children}
    </OpenSession>
  )
}

interface Opened {
  readonly credentials: Credentials
  readonly status: BodyOf<'status'>
}

interface OpenProps extends Opened {
  readonly onClose: (why: string | null) => void
  readonly children: ReactNode
}

function OpenSession({ credentials, status, onClose, children }: OpenProps) {
  // Made once for each session, so that no answer outlives it.
  const [client] = useState(() => {
    const made = createClient(() => onClose(REFUSED))
    made.setQueryData(keyOf(credentials, 'status', {}), status)
    return made
  })
  const session = useMemo(
    () => ({ account: credentials.account, close: () => onClose(null) }),
    [credentials, onClose],
  )
  return (
    <CredentialsContext value={credentials}>
      <SessionContext value={session}>
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      </SessionContext>
    </CredentialsContext>
  )
}

const REFUSED =
  'The token is not accepted any more: it has expired or was revoked. Enter another one to go on.'

function createClient(onRefused: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: error => {
        if (error instanceof Failure && error.status === 401) onRefused()
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        refetchOnWindowFocus: false,
        retry: (failures, error) => retryDelay(failures, error) !== false,
        retryDelay: (_failures, error) => retryDelay(0, error) || 0,
      },
    },
  })
}

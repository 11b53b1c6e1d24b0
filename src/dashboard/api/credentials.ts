import { createContext, useContext } from 'react'
import type { Credentials } from './read.js'

/** Who asks; null while nobody has signed in. */
export const CredentialsContext = createContext<Credentials | null>(null)

/** Who asks, below the sign-in. */
export function useCredentials(): Credentials {
  const credentials = useContext(CredentialsContext)
  if (credentials === null) throw new Error('asked before signing in')
  return credentials
}

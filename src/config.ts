import { readFileSync } from 'node:fs'
import { NamedError } from './errors.js'

/** The whole configuration, read once; no other file looks at the environment. */
export interface Config {
  readonly databaseUrl: string | undefined
  readonly redisUrl: string | undefined
  readonly thanos: ThanosConfig
  readonly api: { readonly host: string; readonly port: number; readonly metricsPort: number; readonly clusterSecret: string | undefined; readonly authUrl: string | undefined }
  readonly schedule: { readonly ingestCron: string; readonly nightlyCron: string; readonly settleMinutes: number }
  readonly retention: { readonly hourlyDays: number; readonly dailyDays: number }
  readonly logLevel: LogLevel
}

export interface ThanosConfig {
  readonly url: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly bearerToken: string | undefined
  readonly caFile: string | undefined
  readonly tenantHeader: string
  readonly tenantLabel: string
  readonly concurrency: number
  readonly timeoutMs: number
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

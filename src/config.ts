import {
  integer,
  matching,
  oneOf,
  type Parsed,
  parseCaFile,
  parseCron,
  parseHeaderSecret,
  parseHost,
  parseHttpUrl,
  parsePort,
  parseSecret,
  parseUsername,
  readSecretFile,
  secretUrl,
} from './config-values.js'
import { NamedError } from './errors.js'

/** The whole configuration, read once; no other file looks at the environment. */
export interface Config {
  readonly databaseUrl: string | undefined
  readonly redisUrl: string | undefined
  readonly thanos: ThanosConfig
  readonly api: {
    readonly host: string
    readonly port: number
    readonly metricsPort: number
    readonly clusterSecret: string | undefined
    readonly authUrl: string | undefined
    /** Requests a minute of one token; 0 is any number. */
    readonly rateLimit: number
  }
  readonly schedule: {
    readonly ingestCron: string
    readonly nightlyCron: string
    readonly settleMinutes: number
  }
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
type LogLevel = (typeof LOG_LEVELS)[number]

/** One variable of the environment. A `secret` may also come from the file that NAME_FILE names. */
export interface ConfigVariable {
  readonly description: string
  readonly default?: string
  readonly secret?: true
}

const variables = {
  DATABASE_URL: {
    secret: true,
    description: 'PostgreSQL 15 or newer, `postgres://user:password@host/database`',
  },
  REDIS_URL: { secret: true, description: 'Redis for the queue; absent: the queue lives in the database' },
  THANOS_URL: { description: 'Thanos Query, `http(s)://host[:port][/prefix]`' },
  THANOS_USERNAME: { secret: true, description: 'User for basic authentication at Thanos' },
  THANOS_PASSWORD: { secret: true, description: 'Password for basic authentication at Thanos' },
  THANOS_BEARER_TOKEN: { secret: true, description: 'Bearer token for Thanos, instead of user and password' },
  THANOS_CA_FILE: { description: 'PEM file of the authority that signed the certificate of Thanos' },
  THANOS_TENANT_HEADER: { default: 'THANOS-TENANT', description: 'Header that tells Thanos the tenant' },
  THANOS_TENANT_LABEL: { default: 'tenant_id', description: 'Label that carries the tenant of a series' },
  THANOS_CONCURRENCY: { default: '4', description: 'Queries under way at Thanos at once, 1 to 64' },
  THANOS_TIMEOUT_MS: { default: '60000', description: 'Milliseconds that one query may take' },
  API_HOST: { default: '127.0.0.1', description: 'Address that the API listens on' },
  API_PORT: { default: '8080', description: 'Port of the API and the dashboard; 0 takes a free one' },
  METRICS_PORT: { default: '9464', description: 'Port of /metrics and /healthz; 0 takes a free one' },
  CLUSTER_SECRET: { secret: true, description: 'Secret that services of the platform call the API with' },
  AUTH_URL: { description: 'CloudTuner auth service; absent: local tokens only' },
  API_RATE_LIMIT: { default: '6000', description: 'Requests a minute of one token; 0 = no limit' },
  INGEST_CRON: { default: '10 * * * *', description: 'When windows are planned, UTC' },
  NIGHTLY_CRON: { default: '30 3 * * *', description: 'When nightly work runs, UTC' },
  SETTLE_MINUTES: { default: '10', description: 'Minutes after its end at which a window is first read' },
  RETENTION_HOURLY_DAYS: { default: '400', description: 'Days that hourly facts are kept' },
  RETENTION_DAILY_DAYS: { default: '0', description: 'Days that daily sums are kept; 0 = for ever' },
  LOG_LEVEL: { default: 'info', description: `One of ${LOG_LEVELS.join(', ')}` },
} as const satisfies Record<string, ConfigVariable>

type Name = keyof typeof variables
type Defaulted = { [N in Name]: (typeof variables)[N] extends { default: string } ? N : never }[Name]

/** Every variable that is read, in the order of the documentation. */
export const CONFIG_VARIABLES: readonly (ConfigVariable & { readonly name: string })[] = Object.entries(
  variables,
).map(([name, variable]: [string, ConfigVariable]) => ({ name, ...variable }))

type Environment = Readonly<Record<string, string | undefined>>

const OUR_PREFIX = /^(THANOS|RETENTION|INGEST|NIGHTLY|SETTLE)_/
// Kubernetes sets these for every Service of the namespace, so a Service named thanos makes THANOS_PORT and the like.
const SERVICE_LINK_NAME =
  /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/

/**
 * Reads the configuration. Throws one CONFIG_INVALID whose message has a line for every problem; values of
 * secrets never stand in it. `need` names the parts without which the caller cannot work.
 */
export function readConfig(
  env: Environment,
  options: { readonly need?: readonly ('database' | 'thanos')[] } = {},
): Config {
  const reader = new Reader(env)
  const need = options.need ?? []
  const config: Config = {
    databaseUrl: reader.optional(
      'DATABASE_URL',
      secretUrl(['postgres:', 'postgresql:']),
      need.includes('database'),
    ),
    redisUrl: reader.optional('REDIS_URL', secretUrl(['redis:', 'rediss:'])),
    thanos: readThanos(reader, need.includes('thanos')),
    api: {
      host: reader.defaulted('API_HOST', parseHost),
      port: reader.defaulted('API_PORT', parsePort),
      metricsPort: reader.defaulted('METRICS_PORT', parsePort),
      clusterSecret: reader.optional('CLUSTER_SECRET', parseHeaderSecret),
      authUrl: reader.optional('AUTH_URL', parseHttpUrl),
      rateLimit: reader.defaulted('API_RATE_LIMIT', integer(0, 1_000_000)),
    },
    schedule: {
      ingestCron: reader.defaulted('INGEST_CRON', parseCron),
      nightlyCron: reader.defaulted('NIGHTLY_CRON', parseCron),
      settleMinutes: reader.defaulted('SETTLE_MINUTES', integer(0, 1440)),
    },
    retention: {
      hourlyDays: reader.defaulted('RETENTION_HOURLY_DAYS', integer(1, 36_500)),
      dailyDays: reader.defaulted('RETENTION_DAILY_DAYS', integer(0, 36_500)),
    },
    logLevel: reader.defaulted('LOG_LEVEL', oneOf(LOG_LEVELS)),
  }
  checkTogether(config, reader)
  reader.refuseUnknown()
  reader.throwProblems()
  return deepFreeze(config)
}

function readThanos(reader: Reader, isNeeded: boolean): ThanosConfig {
  return {
    url: reader.optional('THANOS_URL', parseHttpUrl, isNeeded),
    username: reader.optional('THANOS_USERNAME', parseUsername),
    password: reader.optional('THANOS_PASSWORD', parseSecret),
    bearerToken: reader.optional('THANOS_BEARER_TOKEN', parseHeaderSecret),
    caFile: reader.optional('THANOS_CA_FILE', parseCaFile),
    tenantHeader: reader.defaulted(
      'THANOS_TENANT_HEADER',
      matching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a name for an HTTP header'),
    ),
    tenantLabel: reader.defaulted(
      'THANOS_TENANT_LABEL',
      matching(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a name for a Prometheus label'),
    ),
    concurrency: reader.defaulted('THANOS_CONCURRENCY', integer(1, 64)),
    timeoutMs: reader.defaulted('THANOS_TIMEOUT_MS', integer(100, 3_600_000)),
  }
}

function checkTogether({ api }: Config, reader: Reader): void {
  const hasUser = reader.isSet('THANOS_USERNAME')
  const hasPassword = reader.isSet('THANOS_PASSWORD')
  if ((hasUser || hasPassword) && reader.isSet('THANOS_BEARER_TOKEN')) {
    reader.problem(
      'THANOS_BEARER_TOKEN',
      'set beside THANOS_USERNAME or THANOS_PASSWORD',
      'only one of the two ways',
    )
  }
  if (hasUser && !hasPassword)
    reader.problem('THANOS_PASSWORD', 'not set, but THANOS_USERNAME is', 'both or neither')
  if (hasPassword && !hasUser)
    reader.problem('THANOS_USERNAME', 'not set, but THANOS_PASSWORD is', 'both or neither')
  if (api.port !== 0 && api.port === api.metricsPort) {
    reader.problem('METRICS_PORT', `${api.metricsPort}, the same as API_PORT`, 'a port of its own')
  }
}

/** Reads variables one by one and collects what is wrong with them. */
class Reader {
  readonly #env: Environment
  readonly #problems: string[] = []

  constructor(env: Environment) {
    this.#env = env
  }

  problem(name: string, seen: string, expected: string): void {
    this.#problems.push(`  ${name}: ${seen}; expected ${expected}.`)
  }

  /** Whether the variable or its file form has a value; an empty one counts as not set. */
  isSet(name: Name): boolean {
    return this.#raw(name) !== '' || (isSecret(name) && this.#raw(`${name}_FILE`) !== '')
  }

  optional<T>(name: Name, parse: (text: string) => Parsed<T>, isNeeded = false): T | undefined {
    if (!this.isSet(name)) {
      if (isNeeded) this.problem(name, 'not set', variables[name].description)
      return undefined
    }
    const text = this.#text(name)
    return text === undefined ? undefined : this.#parse(name, text, parse)
  }

  defaulted<T>(name: Defaulted, parse: (text: string) => Parsed<T>): T {
    const preset = parse(variables[name].default)
    if (!('value' in preset)) throw new RangeError(`the default of ${name} does not parse`)
    // After a problem the preset only stands in until throwProblems.
    return this.optional(name, parse) ?? preset.value
  }

  refuseUnknown(): void {
    for (const name of Object.keys(this.#env)) {
      if (isKnown(name) || this.#raw(name) === '') continue
      const plain = name.replace(/_FILE$/, '')
      if (plain !== name && Object.hasOwn(variables, plain)) {
        this.problem(name, 'set', `${plain} itself, as only secrets are read from files`)
      } else if (OUR_PREFIX.test(name) && !SERVICE_LINK_NAME.test(name)) {
        this.problem(
          name,
          'no variable of this program',
          'a name from the documentation (a slip of the pen?)',
        )
      }
    }
  }

  throwProblems(): void {
    if (this.#problems.length === 0) return
    const count = this.#problems.length === 1 ? 'a problem' : `${this.#problems.length} problems`
    throw new NamedError('CONFIG_INVALID', `The configuration has ${count}:\n${this.#problems.join('\n')}`)
  }

  #parse<T>(name: string, text: string, parse: (text: string) => Parsed<T>): T | undefined {
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    this.problem(name, parsed.seen, parsed.expected)
    return undefined
  }

  #raw(name: string): string {
    return (this.#env[name] ?? '').trim()
  }

  #text(name: Name): string | undefined {
    const direct = this.#raw(name)
    const file = isSecret(name) ? this.#raw(`${name}_FILE`) : ''
    if (file === '') return direct
    if (direct === '') return this.#parse(`${name}_FILE`, file, readSecretFile)
    this.problem(name, `set together with ${name}_FILE`, 'only one of the two')
    return undefined
  }
}

function isSecret(name: string): boolean {
  return Object.hasOwn(variables, name) && 'secret' in variables[name as Name]
}

function isKnown(name: string): boolean {
  return (
    Object.hasOwn(variables, name) || (name.endsWith('_FILE') && isSecret(name.slice(0, -'_FILE'.length)))
  )
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part)
  }
  return Object.freeze(value)
}

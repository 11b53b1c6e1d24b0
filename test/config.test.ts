import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONFIG_VARIABLES, type Config, readConfig } from '../src/config.js'
import { NamedError } from '../src/errors.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'k8s-costs-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** Lines of the refusal, without the first. */
function problems(env: Record<string, string>, need: ('database' | 'thanos')[] = []): string[] {
  try {
    readConfig(env, { need })
  } catch (error) {
    if (!(error instanceof NamedError)) throw error
    expect(error.code).toBe('CONFIG_INVALID')
    return error.message.split('\n').slice(1)
  }
  return []
}

describe('the configuration', () => {
  it('has the documented defaults when nothing is set', () => {
    expect(readConfig({})).toEqual({
      databaseUrl: undefined,
      redisUrl: undefined,
      thanos: {
        url: undefined,
        username: undefined,
        password: undefined,
        bearerToken: undefined,
        caFile: undefined,
        tenantHeader: 'THANOS-TENANT',
        tenantLabel: 'tenant_id',
        concurrency: 4,
        timeoutMs: 60_000,
      },
      api: {
        host: '127.0.0.1',
        port: 8080,
        metricsPort: 9464,
        clusterSecret: undefined,
        authUrl: undefined,
        rateLimit: 6000,
      },
      schedule: { ingestCron: '10 * * * *', nightlyCron: '30 3 * * *', settleMinutes: 10 },
      retention: { hourlyDays: 400, dailyDays: 0 },
      logLevel: 'info',
    } satisfies Config)
  })

  it('is frozen through and through', () => {
    const config = readConfig({})
    expect(
      [config, config.thanos, config.api, config.schedule, config.retention].every(Object.isFrozen),
    ).toBe(true)
  })

  it('takes an empty variable as not set', () => {
    expect(readConfig({ API_PORT: '', REDIS_URL: ' ', THANOS_FOO: '' })).toEqual(readConfig({}))
  })

  it('reads every variable that it lists', async () => {
    const ca = await file('ca.pem', '-----BEGIN CERTIFICATE-----\n')
    const env = {
      DATABASE_URL: 'postgres://u:p@db/costs',
      REDIS_URL: 'rediss://redis:6380/1',
      THANOS_URL: 'https://thanos.example/prefix',
      THANOS_USERNAME: 'reader',
      THANOS_PASSWORD: 'a b',
      THANOS_CA_FILE: ca,
      THANOS_TENANT_HEADER: 'X-Tenant',
      THANOS_TENANT_LABEL: 'tenant',
      THANOS_CONCURRENCY: '8',
      THANOS_TIMEOUT_MS: '5000',
      API_HOST: '::',
      API_PORT: '80',
      METRICS_PORT: '81',
      CLUSTER_SECRET: 's3cret',
      AUTH_URL: 'http://auth:8905',
      API_RATE_LIMIT: '0',
      INGEST_CRON: '*/5 * * * *',
      NIGHTLY_CRON: '0 1 * * 0',
      SETTLE_MINUTES: '20',
      RETENTION_HOURLY_DAYS: '90',
      RETENTION_DAILY_DAYS: '1000',
      LOG_LEVEL: 'warn',
    }
    expect(readConfig(env)).toEqual({
      databaseUrl: 'postgres://u:p@db/costs',
      redisUrl: 'rediss://redis:6380/1',
      thanos: {
        url: 'https://thanos.example/prefix',
        username: 'reader',
        password: 'a b',
        bearerToken: undefined,
        caFile: ca,
        tenantHeader: 'X-Tenant',
        tenantLabel: 'tenant',
        concurrency: 8,
        timeoutMs: 5000,
      },
      api: {
        host: '::',
        port: 80,
        metricsPort: 81,
        clusterSecret: 's3cret',
        authUrl: 'http://auth:8905',
        rateLimit: 0,
      },
      schedule: { ingestCron: '*/5 * * * *', nightlyCron: '0 1 * * 0', settleMinutes: 20 },
      retention: { hourlyDays: 90, dailyDays: 1000 },
      logLevel: 'warn',
    } satisfies Config)
    const rest = CONFIG_VARIABLES.map(({ name }) => name).filter(name => !(name in env))
    expect(rest).toEqual(['THANOS_BEARER_TOKEN'])
    expect(readConfig({ THANOS_BEARER_TOKEN: 'abc.def' }).thanos.bearerToken).toBe('abc.def')
  })
})

describe('a secret', () => {
  const secrets = {
    DATABASE_URL: 'postgres://u:p@db/costs',
    REDIS_URL: 'redis://redis',
    THANOS_BEARER_TOKEN: 'token',
    CLUSTER_SECRET: 'secret',
  }

  it.each(Object.entries(secrets))(
    '%s may come from a file, white space at its end apart',
    async (name, value) => {
      const fromFile = readConfig({ [`${name}_FILE`]: await file(name, `${value}\n`) })
      expect(fromFile).toEqual(readConfig({ [name]: value }))
    },
  )

  it('of basic authentication may come from files', async () => {
    const { thanos } = readConfig({
      THANOS_USERNAME_FILE: await file('user', 'reader'),
      THANOS_PASSWORD_FILE: await file('password', 'pa ss\n'),
    })
    expect(thanos).toMatchObject({ username: 'reader', password: 'pa ss' })
  })

  it('is refused from both places at once, from no file and from an empty one', async () => {
    expect(problems({ CLUSTER_SECRET: 'a', CLUSTER_SECRET_FILE: '/dev/null' })).toEqual([
      '  CLUSTER_SECRET: set together with CLUSTER_SECRET_FILE; expected only one of the two.',
    ])
    expect(problems({ CLUSTER_SECRET_FILE: join(folder, 'none') })[0]).toMatch(
      /CLUSTER_SECRET_FILE: .*ENOENT/,
    )
    expect(problems({ CLUSTER_SECRET_FILE: await file('empty', ' \n') })[0]).toContain('which is empty')
    expect(problems({ CLUSTER_SECRET_FILE: await file('large', 'x'.repeat(70_000)) })[0]).toContain(
      'too large',
    )
  })

  it('never stands in a message, however wrong it is', async () => {
    const canary = 'canary-7391'
    const wrong: Record<string, string>[] = [
      { DATABASE_URL: canary },
      { DATABASE_URL: `mysql://u:${canary}@db/x` },
      { DATABASE_URL: `u:${canary}@db` },
      { DATABASE_URL: `${canary}:pw@db` },
      { REDIS_URL: `http://:${canary}@redis` },
      { THANOS_URL: `https://u:${canary}@thanos` },
      { THANOS_URL: `https://thanos?token=${canary}` },
      { THANOS_URL: canary },
      { THANOS_URL: `${canary}:9090` },
      { AUTH_URL: `https://u:${canary}@auth` },
      { THANOS_USERNAME: `${canary}:x`, THANOS_PASSWORD: canary },
      { THANOS_PASSWORD: `${canary}\n${canary}`, THANOS_USERNAME: 'u' },
      { THANOS_PASSWORD: canary, THANOS_BEARER_TOKEN: canary },
      { THANOS_BEARER_TOKEN: `${canary} ${canary}` },
      { CLUSTER_SECRET: `${canary}\u00e9` },
      { CLUSTER_SECRET_FILE: await file('canary', `${canary} x`) },
    ]
    for (const env of wrong) {
      expect(problems(env), JSON.stringify(env)).not.toEqual([])
      expect(problems(env).join()).not.toContain(canary)
    }
  })
})

describe('a wrong value', () => {
  it.each([
    ['DATABASE_URL', 'db.example/costs', 'no URL'],
    ['DATABASE_URL', 'mysql://db/costs', 'the scheme "mysql:"; expected a URL that begins with postgres://'],
    ['REDIS_URL', 'http://redis', 'expected a URL that begins with redis:// or rediss://'],
    ['THANOS_URL', 'thanos:9090', 'an address without a scheme; expected http:// or https://'],
    ['THANOS_URL', 'ftp://thanos', 'the scheme "ftp:"'],
    ['THANOS_URL', 'http://u:p@thanos', 'credentials have variables of their own'],
    ['THANOS_URL', 'http://thanos#x', 'a query or a fragment'],
    ['THANOS_BEARER_TOKEN', 'a b', 'visible ASCII'],
    ['THANOS_CA_FILE', '/nonexistent/ca.pem', 'cannot be read (ENOENT)'],
    ['THANOS_CA_FILE', '/dev/null', 'holds no certificate'],
    ['THANOS_TENANT_HEADER', 'X Tenant', 'a name for an HTTP header'],
    ['THANOS_TENANT_LABEL', 'tenant-id', 'a name for a Prometheus label'],
    ['THANOS_CONCURRENCY', '0', 'a whole number from 1 to 64'],
    ['THANOS_CONCURRENCY', '4.5', 'a whole number from 1 to 64'],
    ['THANOS_CONCURRENCY', '0x10', 'a whole number from 1 to 64'],
    ['THANOS_TIMEOUT_MS', '60s', '"60s"; expected a whole number'],
    ['API_HOST', 'localhost:80', 'without a port'],
    ['API_PORT', '65536', 'a whole number from 0 to 65535'],
    ['API_PORT', '-1', 'a whole number from 0 to 65535'],
    ['API_PORT', 'tcp://10.0.0.1:8080', 'which Kubernetes sets by itself for a Service of that name'],
    ['METRICS_PORT', '8080', 'the same as API_PORT'],
    ['AUTH_URL', 'auth', 'no URL'],
    ['API_RATE_LIMIT', '-1', 'a whole number from 0 to 1000000'],
    ['INGEST_CRON', '61 * * * *', 'a cron expression'],
    ['INGEST_CRON', '* * *', 'a cron expression'],
    ['NIGHTLY_CRON', '0 0 31 2 *', 'a cron expression'],
    ['SETTLE_MINUTES', '1e9', 'a whole number from 0 to 1440'],
    ['RETENTION_HOURLY_DAYS', '0', 'a whole number from 1 to'],
    ['RETENTION_DAILY_DAYS', 'forever', 'a whole number from 0 to'],
    ['LOG_LEVEL', 'INFO', 'one of trace, debug, info'],
    ['API_PORT_FILE', '/run/port', 'only secrets are read from files'],
    ['THANOS_TIMEOUT', '5', 'no variable of this program'],
    ['RETENTION_DAYS', '5', 'no variable of this program'],
  ])('%s=%s is refused, saying why', (name, value, text) => {
    const [problem, ...others] = problems({ [name]: value })
    expect(problem).toMatch(new RegExp(`^ {2}${name}: `))
    expect(problem).toContain(text)
    expect(others).toEqual([])
  })

  it('cannot forge a line of its own', () => {
    const [problem, ...others] = problems({ LOG_LEVEL: 'info\n  DATABASE_URL: fine' })
    expect(problem).toContain('"info\\n  DATABASE_URL: fine"')
    expect(others).toEqual([])
  })

  it('is told together with every other problem', () => {
    const found = problems(
      { API_PORT: 'x', METRICS_PORT: 'y', LOG_LEVEL: 'z', THANOS_X: '1', INGEST_CRON: '-' },
      ['database', 'thanos'],
    )
    const names = found.map(line => /^ {2}([A-Z_]+): /.exec(line)?.[1]).sort()
    expect(names).toEqual([
      'API_PORT',
      'DATABASE_URL',
      'INGEST_CRON',
      'LOG_LEVEL',
      'METRICS_PORT',
      'THANOS_URL',
      'THANOS_X',
    ])
  })
})

describe('what belongs together', () => {
  it('is asked for by those who need it only', () => {
    expect(problems({}, ['database'])).toEqual([
      expect.stringContaining('DATABASE_URL: not set; expected PostgreSQL'),
    ])
    expect(problems({}, ['thanos'])).toEqual([
      expect.stringContaining('THANOS_URL: not set; expected Thanos'),
    ])
  })

  it('is one way to authenticate, with both of its halves', () => {
    const basic = { THANOS_USERNAME: 'u', THANOS_PASSWORD: 'p' }
    expect(problems(basic)).toEqual([])
    expect(problems({ ...basic, THANOS_BEARER_TOKEN: 't' })[0]).toContain('only one of the two ways')
    expect(problems({ THANOS_USERNAME: 'u' })[0]).toContain(
      'THANOS_PASSWORD: not set, but THANOS_USERNAME is',
    )
    expect(problems({ THANOS_PASSWORD: 'p' })[0]).toContain(
      'THANOS_USERNAME: not set, but THANOS_PASSWORD is',
    )
  })

  it('is not what Kubernetes adds for a Service named thanos', () => {
    const links = {
      THANOS_SERVICE_HOST: '10.0.0.1',
      THANOS_SERVICE_PORT: '9090',
      THANOS_SERVICE_PORT_HTTP: '9090',
      THANOS_PORT: 'tcp://10.0.0.1:9090',
      THANOS_PORT_9090_TCP: 'tcp://10.0.0.1:9090',
      THANOS_PORT_9090_TCP_ADDR: '10.0.0.1',
      THANOS_QUERY_SERVICE_HOST: '10.0.0.1',
    }
    expect(problems(links)).toEqual([])
  })
})

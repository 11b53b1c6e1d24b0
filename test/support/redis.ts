import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers'

/** A real Redis for one test file. */
export interface TestRedis {
  readonly url: string
  /** What may only be done to a server of the tests' own; absent for one that was given. */
  readonly faults?: RedisFaults
  /** Empties it. */
  flush(): Promise<void>
  config(name: string, value: string): Promise<void>
  stop(): Promise<void>
}

interface RedisFaults {
  /** Ends the server without a farewell. */
  kill(): Promise<void>
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>
  /** Stops it from answering without closing a connection. */
  freeze(): Promise<void>
  thaw(): Promise<void>
}

interface Server extends Omit<RedisFaults, 'restart'> {
  remove(): Promise<void>
}

export type FoundRedis = { readonly redis: TestRedis } | { readonly reason: string }

/**
 * Looks for a Redis: REDIS_URL of the environment, Docker, a `redis-server` on the PATH. Without any it tells why, so
 * that the tests are skipped by name; with REQUIRE_SERVICES=1 that is a failure.
 */
export async function findRedis(): Promise<FoundRedis> {
  const given = process.env.REDIS_URL
  if (given !== undefined && given !== '') return { redis: givenRedis(given) }
  const reasons: string[] = ['REDIS_URL is not set']
  for (const start of [startContainer, startBinary]) {
    try {
      return { redis: await ownRedis(start) }
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error))
    }
  }
  const reason = `no Redis: ${reasons.join('; ')}`
  if (process.env.REQUIRE_SERVICES === '1') throw new Error(reason)
  return { reason }
}

// A server that others may use: the tests keep to its last database.
function givenRedis(given: string): TestRedis {
  const url = new URL(given)
  url.pathname = '/15'
  return { url: url.href, ...commandsOf(url.href), stop: async () => {} }
}

async function ownRedis(start: (port: number) => Promise<Server>): Promise<TestRedis> {
  const port = await freePort()
  let server = await start(port)
  const url = `redis://127.0.0.1:${port}`
  return {
    url,
    ...commandsOf(url),
    faults: {
      kill: () => server.kill(),
      restart: async () => {
        server = await start(port)
      },
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
    },
    stop: () => server.remove(),
  }
}

function commandsOf(url: string): Pick<TestRedis, 'flush' | 'config'> {
  const withClient = async (use: (client: Redis) => Promise<unknown>) => {
    const client = new Redis(url, { maxRetriesPerRequest: 3 })
    await use(client).finally(() => client.disconnect())
  }
  return {
    flush: () => withClient(client => client.flushdb()),
    config: (name, value) => withClient(client => client.config('SET', name, value)),
  }
}

async function startContainer(port: number): Promise<Server> {
  const container: StartedTestContainer = await new GenericContainer('redis:7')
    .withExposedPorts({ container: 6379, host: port })
    .start()
  const stop = async () => {
    await container.stop({ timeout: 0 })
  }
  const { container: containers } = await getContainerRuntimeClient()
  const running = containers.getById(container.getId())
  return { kill: stop, remove: stop, freeze: () => running.pause(), thaw: () => running.unpause() }
}

async function startBinary(port: number): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'k8s-costs-redis-'))
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await answering(child)
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return {
    freeze: async () => void child.kill('SIGSTOP'),
    thaw: async () => void child.kill('SIGCONT'),
    kill,
    remove: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function answering(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    child.stdout?.on('data', chunk => {
      log += String(chunk)
      if (log.includes('Ready to accept connections')) resolve()
    })
    child.once('error', error => reject(new Error(`redis-server cannot be run (${error.message})`)))
    child.once('exit', code => reject(new Error(`redis-server ended with ${code}: ${log.slice(-300)}`)))
  })
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const socket = createServer().listen(0, '127.0.0.1', () => {
      const address = socket.address()
      socket.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

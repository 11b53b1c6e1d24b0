import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GenericContainer, getContainerRuntimeClient, ImageName } from 'testcontainers'

/** A running Prometheus that takes remote writes at `<url>/api/v1/write`. */
export interface RunningPrometheus {
  readonly url: string
  stop(): Promise<void>
}

export interface AvailablePrometheus {
  readonly kind: 'url' | 'container' | 'binary'
  start(): Promise<RunningPrometheus>
}

const IMAGE = 'prom/prometheus'
const READY_WITHIN_MS = 30_000
const STOPS_WITHIN_MS = 15_000

/** Old samples are let in, whatever is in the head already. */
const CONFIG = `global:
  scrape_interval: 1m
storage:
  tsdb:
    out_of_order_time_window: 10y
`
/**
 * Blocks of a month keep all samples in the head. Days sent within seconds would else be compacted every few requests,
 * and a Prometheus that clears its head just then may lose the first sample of a series that has no other yet.
 */
const FLAGS = [
  '--web.enable-remote-write-receiver',
  '--storage.tsdb.retention.time=10y',
  '--storage.tsdb.min-block-duration=30d',
  '--storage.tsdb.max-block-duration=30d',
  '--log.level=warn',
]

/**
 * Looks for a Prometheus: PROMETHEUS_URL of the environment (which has to take remote writes of old samples), Docker,
 * a `prometheus` on the PATH. Without any it tells why; with REQUIRE_SERVICES=1 that is a failure.
 */
export async function findPrometheus(): Promise<AvailablePrometheus | { readonly missing: string }> {
  const given = process.env.PROMETHEUS_URL
  if (given !== undefined && given !== '') {
    return { kind: 'url', start: async () => ({ url: given.replace(/\/$/, ''), stop: async () => {} }) }
  }
  if (await hasDocker()) return { kind: 'container', start: startContainer }
  if (spawnSync('prometheus', ['--version']).status === 0) return { kind: 'binary', start: startBinary }
  const missing =
    'no Prometheus: PROMETHEUS_URL is not set, no Docker answers, and no prometheus is on the PATH'
  if (process.env.REQUIRE_SERVICES === '1') throw new Error(missing)
  return { missing }
}

async function hasDocker(): Promise<boolean> {
  try {
    const { image } = await getContainerRuntimeClient()
    const name = ImageName.fromString(IMAGE)
    if (!(await image.exists(name))) await image.pull(name)
    return true
  } catch {
    return false
  }
}

async function startContainer(): Promise<RunningPrometheus> {
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts(9090)
    .withCopyContentToContainer([{ content: CONFIG, target: '/etc/prometheus/estate.yml' }])
    .withCommand(['--config.file=/etc/prometheus/estate.yml', '--storage.tsdb.path=/prometheus', ...FLAGS])
    .start()
  const url = `http://${container.getHost()}:${container.getMappedPort(9090)}`
  await ready(url, () => undefined)
  return {
    url,
    stop: async () => {
      await container.stop({ timeout: 0 })
    },
  }
}

async function startBinary(): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'k8s-costs-prometheus-'))
  const configFile = join(folder, 'prometheus.yml')
  await writeFile(configFile, CONFIG)
  const port = await freePort()
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    ...FLAGS,
  ]
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', chunk => {
    log = `${log}${chunk}`.slice(-2000)
  })
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const stop = async () => {
    await ended(child)
    process.removeListener('exit', killAtExit)
    await rm(folder, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await ready(url, () => (child.exitCode === null ? undefined : `prometheus ended: ${log}`))
  } catch (error) {
    await stop()
    throw error
  }
  return { url, stop }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS)
  await exit
  clearTimeout(killer)
}

async function ready(url: string, failure: () => string | undefined): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  for (;;) {
    const reason = failure()
    if (reason !== undefined) throw new Error(reason)
    try {
      const response = await fetch(`${url}/-/ready`)
      await response.body?.cancel()
      if (response.ok) return
    } catch {}
    if (Date.now() > deadline)
      throw new Error(`Prometheus at ${url} is not ready after ${READY_WITHIN_MS} ms`)
    await delay(25)
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const socket = createServer().listen(0, '127.0.0.1', () => {
      const address = socket.address()
      socket.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

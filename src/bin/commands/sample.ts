import type { Command } from 'commander'
import { DAY_SECONDS, dayOf, HOUR_SECONDS } from '../../domain/window.js'
import { NamedError } from '../../errors.js'
import { createEstate, type Estate } from '../../sample/estate.js'
import { pushEstate } from '../../sample/remote-write.js'
import { startSampleThanos } from '../../sample/server.js'
import { integerArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { runUntilStopped } from '../lifecycle.js'

interface PushOptions {
  readonly url: string
  readonly days: number
  readonly tenantLabel?: string
  readonly follow?: boolean
}

/** Samples are sent on as they come, this long apart. */
const FOLLOW_SECONDS = 60
/** Pushed in pieces, so that a receiver's head never has to span more. */
const PIECE_SECONDS = 2 * HOUR_SECONDS

/** For trying the product out: the demo's estate, served as a Thanos or pushed into a real one. */
export function register(program: Command, context: CommandContext): void {
  const sample = program
    .command('sample')
    .description('the estate of the demo, to try the service against a real Thanos or Prometheus')
  sample.addHelpText('after', '\nExample:\n  $ k8s-costs sample serve --port 10902')
  sample
    .command('push')
    .description('push the estate by remote write')
    .requiredOption('--url <url>', 'where remote writes are taken, path included')
    .option('--days <n>', 'days of history', integerArgument(1, 14), 2)
    .option(
      '--tenant-label <name>',
      'send the tenant as this label (a plain Prometheus); else as the header Cloud-Account-Id',
    )
    .option('--follow', 'go on with the samples of each minute until stopped')
    .addHelpText(
      'after',
      '\nExamples:\n  $ k8s-costs sample push --url http://thanos-receive:19291/api/v1/receive --follow\n  $ k8s-costs sample push --url http://prometheus:9090/api/v1/write --tenant-label tenant_id',
    )
    .action((options: PushOptions) => push(options, context))
  sample
    .command('serve')
    .description('serve the estate as a Thanos Query does, on this machine only')
    .option('--port <n>', 'port', integerArgument(1, 65_535), 10_902)
    .option('--days <n>', 'days of history', integerArgument(1, 14), 2)
    .addHelpText('after', '\nExample:\n  $ k8s-costs sample serve --port 10902')
    .action(({ port, days }: { port: number; days: number }) => serve(port, days, context))
}

function estateOf(days: number): Estate {
  const today = dayOf(Date.now() / 1000)
  return createEstate({ start: today - days * DAY_SECONDS, end: today + 3 * DAY_SECONDS })
}

async function push(options: PushOptions, context: CommandContext): Promise<void> {
  const estate = estateOf(options.days)
  const code = await runUntilStopped(
    async signal => ({
      finished: pushAll(estate, options, context, signal).then(() => 0 as const),
      close: async () => undefined,
    }),
    { say: context.say },
  )
  context.exitWith(code)
}

async function pushAll(
  estate: Estate,
  options: PushOptions,
  context: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  const target = {
    ...(options.tenantLabel === undefined ? {} : { tenantLabel: options.tenantLabel }),
    headers: (account: { tenantId: string }) => ({ 'Cloud-Account-Id': account.tenantId }),
    signal,
  }
  const wholeMinute = () => Math.floor(Date.now() / 60_000) * 60
  let from = estate.from
  for (let to = wholeMinute(); from < to; to = Math.max(to, from)) {
    const end = Math.min(from + PIECE_SECONDS, to)
    await pushOrExplain(options.url, estate, { ...target, from, to: end })
    from = end
  }
  for (const account of estate.accounts) context.print(`${account.cloudAccountId} ${account.name}`)
  context.say(`${options.days} days and the present one are pushed to ${options.url}`)
  while (options.follow === true && !signal.aborted) {
    await pause(FOLLOW_SECONDS, signal)
    const to = wholeMinute()
    if (to > from) await pushOrExplain(options.url, estate, { ...target, from, to })
    from = to
  }
}

/** A failure in words: this is the one command whose other side is not Thanos Query. */
async function pushOrExplain(
  url: string,
  estate: Estate,
  target: Parameters<typeof pushEstate>[2],
): Promise<void> {
  try {
    await pushEstate(url, estate, target)
  } catch (error) {
    const host = URL.canParse(url) ? new URL(url).host : url
    const why = error instanceof Error ? error.message : 'unknown failure'
    throw new NamedError(
      'THANOS_UNREACHABLE',
      `The samples could not be pushed to ${host}: ${why}. Is the path of --url where remote writes are taken?`,
      { cause: error },
    )
  }
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, seconds * 1000)
    signal.addEventListener('abort', end)
  })
}

async function serve(port: number, days: number, context: CommandContext): Promise<void> {
  const code = await runUntilStopped(
    async () => {
      const thanos = await startSampleThanos({ estate: estateOf(days), port })
      context.say(`A sample Thanos listens on ${thanos.url}`)
      return thanos
    },
    { say: context.say },
  )
  context.exitWith(code)
}

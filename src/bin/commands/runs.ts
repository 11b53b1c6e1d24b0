import { type Command, Option } from 'commander'
import { listRuns, type RunRow, type RunState } from '../../load/runs.js'
import { integerArgument, uuidArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { type Column, formatDuration, formatInstant, tableLines } from '../table.js'

const STATES: readonly RunState[] = ['running', 'done', 'partial', 'failed', 'released']

const COLUMNS: readonly Column<RunRow>[] = [
  { title: 'STARTED', value: run => formatInstant(run.startedAt) },
  { title: 'ACCOUNT', value: run => run.cloudAccountId },
  { title: 'CLUSTER', value: run => run.clusterId },
  { title: 'FIRST WINDOW', value: run => formatInstant(run.firstWindow) },
  { title: 'WINDOWS', value: run => String(run.windows), isRight: true },
  { title: 'STATE', value: run => run.state },
  { title: 'STAGE', value: run => run.stage },
  { title: 'TOOK', value: durationOf, isRight: true },
  { title: 'ROWS', value: run => String(run.loadedRows), isRight: true },
  { title: 'REJECTS', value: run => String(run.rejects), isRight: true },
  {
    title: 'ERROR',
    value: run => (run.errorCode === null ? '-' : `${run.errorCode}: ${run.errorMessage ?? ''}`),
  },
]

interface ListOptions {
  account?: string
  state?: RunState
  limit: number
  json?: boolean
}

export function register(program: Command, context: CommandContext): void {
  const runs = program.command('runs').description('attempts at loading windows')
  runs.addHelpText('after', '\nExample:\n  $ k8s-costs runs list --state failed')
  runs
    .command('list')
    .description('list attempts, newest first: stage, duration, rows, rejects, error')
    .option('--account <uuid>', 'of this account only', uuidArgument)
    .addOption(new Option('--state <state>', 'in this state only').choices(STATES))
    .option('--limit <n>', 'at most so many', integerArgument(1, 10_000), 50)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ k8s-costs runs list\n  $ k8s-costs runs list --state failed --json',
    )
    .action(({ account, state, limit, json }: ListOptions) =>
      context.withDatabase(async pool => {
        const filter = {
          ...(account === undefined ? {} : { accountId: account }),
          ...(state === undefined ? {} : { state }),
        }
        const found = await listRuns(pool, { ...filter, limit })
        if (json === true) context.print(JSON.stringify(found.map(toJson), null, 2))
        else for (const line of tableLines(COLUMNS, found)) context.print(line)
        if (found.length === 0) context.say('There is no such run.')
      }),
    )
}

function durationOf({ startedAt, finishedAt }: RunRow): string {
  return finishedAt === null ? '-' : formatDuration((finishedAt.getTime() - startedAt.getTime()) / 1000)
}

function toJson(run: RunRow) {
  return {
    run_id: run.runId,
    cloud_account_id: run.cloudAccountId,
    cluster: run.clusterId,
    first_window: run.firstWindow,
    windows: run.windows,
    worker: run.worker,
    state: run.state,
    stage: run.stage,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    windows_published: run.windowsPublished,
    windows_unchanged: run.windowsUnchanged,
    extracted_points: run.extractedPoints,
    loaded_rows: run.loadedRows,
    rejects: run.rejects,
    reject_reasons: run.rejectReasons,
    error_code: run.errorCode,
    error_message: run.errorMessage,
  }
}

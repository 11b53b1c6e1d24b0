import type { Command } from 'commander'
import { type StatusRow, statusRows } from '../../load/status.js'
import type { CommandContext } from '../context.js'
import { type Column, formatDuration, formatInstant, tableLines } from '../table.js'

const COLUMNS: readonly Column<StatusRow>[] = [
  { title: 'ACCOUNT', value: row => row.accountName },
  { title: 'CLUSTER', value: row => row.clusterId ?? '-' },
  { title: 'NEWEST LOADED', value: row => formatInstant(row.newestLoaded) },
  {
    title: 'LAG',
    value: row => (row.lagSeconds === null ? '-' : formatDuration(row.lagSeconds)),
    isRight: true,
  },
  { title: 'LOADED', value: row => String(row.loaded), isRight: true },
  { title: 'OPEN', value: row => String(row.open), isRight: true },
  { title: 'FAILED', value: row => String(row.failed), isRight: true },
  { title: 'INCOMPLETE', value: row => String(row.incomplete), isRight: true },
  { title: 'QUARANTINED', value: row => String(row.quarantined), isRight: true },
  { title: 'LAST ERROR', value: row => errorText(row.lastError) },
  { title: 'USAGE WAITS', value: row => String(row.usageWaiting), isRight: true },
  { title: 'NEWEST USAGE', value: row => formatInstant(row.usageNewest) },
  { title: 'USAGE ERROR', value: row => errorText(row.usageLastError) },
]

export function register(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description(
      'how far every cluster is: newest loaded window, lag, open, failed and quarantined windows, last error, usage',
    )
    .option('--json', 'as JSON, times in Unix seconds')
    .addHelpText('after', '\nExamples:\n  $ k8s-costs status\n  $ k8s-costs status --json')
    .action(({ json }: { json?: boolean }) =>
      context.withDatabase(async pool => {
        const rows = await statusRows(pool, Math.floor(Date.now() / 1000))
        if (json === true) context.print(JSON.stringify(rows.map(toJson), null, 2))
        else for (const line of tableLines(COLUMNS, rows)) context.print(line)
        if (rows.length === 0) context.say('There is no account yet. Add one with: k8s-costs accounts add')
      }),
    )
}

function errorText(error: StatusRow['lastError']): string {
  return error === null ? '-' : `${error.code} at ${formatInstant(error.window)}: ${error.message}`
}

function toJson(row: StatusRow) {
  return {
    cloud_account_id: row.cloudAccountId,
    account: row.accountName,
    cluster: row.clusterId,
    newest_loaded: row.newestLoaded,
    watermark: row.watermark,
    lag_seconds: row.lagSeconds,
    loaded: row.loaded,
    open: row.open,
    oldest_open: row.oldestOpen,
    failed: row.failed,
    incomplete: row.incomplete,
    quarantined: row.quarantined,
    last_error: row.lastError,
    usage_waiting: row.usageWaiting,
    usage_newest: row.usageNewest,
    usage_last_error: row.usageLastError,
  }
}

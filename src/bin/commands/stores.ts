import type { Command } from 'commander'
import { forgetSet, type KnownStoreSet, listSets } from '../../load/stores.js'
import { uuidArgument } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { type Column, formatInstant, tableLines } from '../table.js'

type StoreState = 'present' | 'missing' | 'forgotten'
type StoreRow = KnownStoreSet & { readonly state: StoreState }

// Sets that are announced together are noted together; one noted earlier than the newest was not there at that time.
const SAME_LOOK_MS = 60_000
const EXAMPLE = '7d2c1f0a-9b1e-4c55-8f6e-0a4d3b2c1e9f'

const COLUMNS: readonly Column<StoreRow>[] = [
  { title: 'ACCOUNT', value: set => set.cloudAccountId },
  { title: 'STATE', value: set => set.state },
  { title: 'COMPONENT', value: set => set.component },
  { title: 'FIRST SEEN', value: set => formatInstant(set.firstSeen) },
  { title: 'LAST SEEN', value: set => formatInstant(set.lastSeen) },
  { title: 'LABEL SET', value: set => set.labelSet },
]

export function register(program: Command, context: CommandContext): void {
  const stores = program
    .command('stores')
    .description('the Thanos stores that announced each account, since when, and whether they still do')
    .option('--account <uuid>', 'of this account only', uuidArgument)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  $ k8s-costs stores\n  $ k8s-costs stores --account ${EXAMPLE} --json`,
    )
    .action(({ account, json }: { account?: string; json?: boolean }) =>
      context.withDatabase(async pool => {
        const rows = withStates(await listSets(pool, account))
        if (json === true) context.print(JSON.stringify(rows.map(toJson), null, 2))
        else for (const line of tableLines(COLUMNS, rows)) context.print(line)
        if (rows.length === 0)
          context.say('No store has announced an account yet; nothing was loaded so far.')
      }),
    )
  stores
    .command('forget')
    .description('accept that a store left for good, so that windows no longer wait for it')
    .argument('<account>', 'id of the cloud account', uuidArgument)
    .argument('<label-set>', 'the label set as listed')
    .addHelpText(
      'after',
      `\nExample:\n  $ k8s-costs stores forget ${EXAMPLE} '[["replica","a"],["tenant_id","shop"]]'`,
    )
    .action((account: string, labelSet: string) =>
      context.withDatabase(async pool => {
        await forgetSet(pool, account, labelSet)
        context.say(`Windows of account ${account} no longer wait for the store ${labelSet}.`)
      }),
    )
}

function withStates(sets: readonly KnownStoreSet[]): StoreRow[] {
  const newest = new Map<string, number>()
  for (const { cloudAccountId, lastSeen } of sets) {
    newest.set(cloudAccountId, Math.max(newest.get(cloudAccountId) ?? 0, lastSeen.getTime()))
  }
  return sets.map(set => {
    const isLate = set.lastSeen.getTime() < (newest.get(set.cloudAccountId) ?? 0) - SAME_LOOK_MS
    return { ...set, state: set.forgottenAt !== null ? 'forgotten' : isLate ? 'missing' : 'present' }
  })
}

function toJson(set: StoreRow) {
  return {
    cloud_account_id: set.cloudAccountId,
    label_set: set.labelSet,
    component: set.component,
    state: set.state,
    min_time: Number.isFinite(set.minTime) ? set.minTime : null,
    first_seen: set.firstSeen,
    last_seen: set.lastSeen,
    forgotten_at: set.forgottenAt,
  }
}

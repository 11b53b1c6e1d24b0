/** One backfill in a process of its own; prints its seconds and its peak memory as JSON. */
import { backfill } from '../../jobs/backfill.js'
import { openJobs } from '../../src/bin/service.js'
import { readConfig } from '../../src/config.js'
import { getAccount } from '../../src/db/accounts.js'
import { createPool } from '../../src/db/pool.js'
import { createLogger } from '../../src/observe/logger.js'

const config = readConfig(process.env, { need: ['database', 'thanos'] })
const pool = createPool(config.databaseUrl ?? '')
const { jobs, close } = openJobs(
  config,
  pool,
  createLogger({ level: 'warn', role: 'bench' }),
  new AbortController().signal,
)
const account = await getAccount(pool, process.env.ACCOUNT ?? '')
const request = {
  account,
  from: Number(process.env.FROM),
  to: Number(process.env.TO),
  mode: 'missing',
  dryRun: false,
  maxParallel: 2,
  newestFirst: false,
} as const
const began = performance.now()
const { published } = await backfill.run(request, jobs, () => undefined)
const seconds = (performance.now() - began) / 1000
process.stdout.write(JSON.stringify({ seconds, published, maxRssMib: process.resourceUsage().maxRSS / 1024 }))
await close()
await pool.end()

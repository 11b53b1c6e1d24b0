import { describe, expect, it } from 'vitest'
import { GAP_ADVICE, GAP_REASONS, gapCommands } from '../../../src/dashboard/format/gap-reasons.js'

const account = '3f6e1a52-8c0b-4d8e-9a77-0c1d5b2e4f61'
const hours = { start: Date.UTC(2026, 10, 12, 5) / 1000, end: Date.UTC(2026, 10, 12, 8) / 1000 }

describe('what to do about a gap', () => {
  it('is said for every reason', () => {
    expect(Object.keys(GAP_ADVICE)).toEqual(Object.keys(GAP_REASONS))
  })

  it('is to load these hours of this account in the mode that takes them', () => {
    const range = `--account ${account} --from 2026-11-12T05:00:00Z --to 2026-11-12T08:00:00Z`
    expect(gapCommands('not_loaded', account, hours)).toEqual([`k8s-costs backfill ${range} --mode missing`])
    expect(gapCommands('suspect', account, hours)).toEqual([`k8s-costs backfill ${range} --mode all`])
    expect(gapCommands('source_silent', account, hours)).toEqual([`k8s-costs backfill ${range} --mode all`])
    expect(gapCommands('quarantined', account, hours)).toEqual([
      `k8s-costs runs list --account ${account} --state failed`,
      `k8s-costs backfill ${range} --mode failed`,
    ])
  })

  it('is to look at the source where that lacks something, and nothing where hours have expired', () => {
    expect(gapCommands('source_incomplete', account, hours)).toEqual([
      `k8s-costs stores --account ${account}`,
    ])
    expect(gapCommands('missing_series', account, hours)).toEqual([`k8s-costs doctor --account ${account}`])
    expect(gapCommands('expired', account, hours)).toEqual([])
  })
})

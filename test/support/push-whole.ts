import type { Estate } from '../../src/sample/estate.js'
import { pushEstate } from '../../src/sample/remote-write.js'
import { countSamples } from '../../src/sample/series.js'

/**
 * Sends all of the estate to the Prometheus at `url` and makes sure that every sample can be read there, so that no
 * reader is blamed for what the source lost. Throws with each account and metric of which samples are missing.
 */
export async function pushWhole(url: string, estate: Estate): Promise<void> {
  await pushEstate(`${url}/api/v1/write`, estate, { tenantLabel: 'tenant_id' })
  const lost: string[] = []
  for (const { cloudAccountId, tenantId } of estate.accounts) {
    const sent = new Map<string, number>()
    for (const series of estate.series(cloudAccountId)) {
      const name = series.labels.get('__name__') ?? ''
      sent.set(name, (sent.get(name) ?? 0) + countSamples(series, estate.from, estate.to))
    }
    for (const [name, count] of sent) {
      const held = await heldSamples(url, `${name}{tenant_id="${tenantId}"}`, estate)
      if (held !== count) lost.push(`account ${cloudAccountId}: ${held} of ${count} samples of ${name}`)
    }
  }
  if (lost.length > 0) throw new Error(`Prometheus does not hold what was sent:\n${lost.join('\n')}`)
}

/** How many samples in the estate's time match; staleness markers don't count. */
async function heldSamples(url: string, selector: string, { from, to }: Estate): Promise<number> {
  const query = `sum(count_over_time(${selector}[${to - from}s]))`
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    // Just before the end, as ranges hold both of their ends in Prometheus 2.
    body: new URLSearchParams({ query, time: `${to - 0.001}` }),
  })
  if (!response.ok) throw new Error(`${query} was answered with ${response.status}: ${await response.text()}`)
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } }
  return Number(data.result[0]?.value[1] ?? 0)
}

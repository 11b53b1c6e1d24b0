import { expect, test } from 'vitest'
import { moneyToNumber } from '../../src/domain/money.js'
import type { Window } from '../../src/domain/window.js'
import { extractBatch } from '../../src/extract/extract-batch.js'
import { createEstate } from '../../src/sample/estate.js'
import { startSampleThanos } from '../../src/sample/server.js'
import { truthOfWindow } from '../../src/sample/truth.js'
import { createThanosClient } from '../../src/thanos/client.js'
import { windowOutcomes } from '../../src/transform/window-rows.js'

const DAY = 86_400
const START = Math.floor(Date.now() / 1000 / DAY) * DAY - 2 * DAY
const HOURS = Number(process.env.HOURS ?? 24)

test('x', async () => {
  const estate = createEstate({ start: START, end: START + HOURS * 3600 + (process.env.MORE ? 3600: 0), intervalSeconds: Number(process.env.IV ?? 60), offsetSeconds: Number(process.env.OFF ?? 0) })
  const server = await startSampleThanos({ estate })
  const thanos = createThanosClient({ url: server.url, username: undefined, password: undefined, bearerToken: undefined, caFile: undefined, tenantHeader: 'THANOS-TENANT', tenantLabel: 'tenant_id', concurrency: 4, timeoutMs: 60_000 })
  const counts = new Map<string, number>()
  const bad: string[] = []
  for (const account of estate.accounts) for (const cluster of account.clusters) {
    const windows = Array.from({ length: HOURS }, (_, i) => (START + i * 3600) as Window)
    const t0 = Date.now()
    const batch = await extractBatch({ client: thanos, account, clusterId: cluster.clusterId, tenantLabel: 'tenant_id' }, windows)
    const t1 = Date.now()
    const outcomes = windowOutcomes(batch)
    console.log(cluster.clusterId, account.name, 'extract', t1 - t0, 'transform', Date.now() - t1, [...batch.mended], [...(batch.notLanded ?? [])].length)
    for (const outcome of outcomes) {
      if (outcome.kind !== 'rows') { bad.push(`${cluster.clusterId} ${outcome.kind}`); continue }
      const rows = outcome.rows
      const truth = truthOfWindow(estate, account, cluster, rows.window)
      if (!truth) continue
      const h = new Date(rows.window * 1000).toISOString().slice(11, 13)
      const at = `${account.name} ${cluster.clusterId} ${h}`
      for (const w of rows.warnings) counts.set(`W ${account.name} ${w.code}: ${w.detail.slice(0, 70)}`, (counts.get(`W ${account.name} ${w.code}: ${w.detail.slice(0, 70)}`) ?? 0) + 1)
      for (const w of rows.rejects) counts.set(`R ${account.name} ${w.reason} ${w.metric}`, (counts.get(`R ${account.name} ${w.reason} ${w.metric}`) ?? 0) + w.count)
      for (const c of rows.checks) if (!c.ok) bad.push(`${at} ${c.check} ${c.detail}`)
      const near = (what: string, actual: number | null | undefined, expected: number | null | undefined, tolerance = 1e-5) => {
        const field = what.split(' ')[0]
        if (actual === expected || (actual == null && expected == null)) return
        const off = Math.abs((actual ?? NaN) - (expected ?? NaN)) / Math.max(Math.abs(expected ?? 0), 1e-9)
        if (!(off <= tolerance)) { bad.push(`${at} ${what}: ${actual} vs ${expected} off ${off.toExponential(2)}`); counts.set(`BAD ${account.name} ${cluster.clusterId} ${field}`, (counts.get(`BAD ${account.name} ${cluster.clusterId} ${field}`) ?? 0) + 1) }
      }
      const m = (v: bigint | null) => (v === null ? null : moneyToNumber(v))
      const key = (r: { namespace: string; pod: string; container: string; node: string }) => `${r.namespace}/${r.pod}/${r.container}/${r.node}`
      const byKey = new Map(rows.allocations.map(r => [key(r), r]))
      if (byKey.size !== truth.containers.length) bad.push(`${at} rows ${byKey.size} vs ${truth.containers.length}`)
      const moved = new Set(truth.nodes.filter(n => n.hasPriceChange).map(n => n.node))
      const names = truth.nodes.map(n => n.node)
      for (const n of names) if (names.filter(x => x === n).length > 1) moved.add(n)
      const unknown = new Set(truth.nodes.filter(n => n.priceKnown !== 'all').map(n => n.node))
      for (const t of truth.containers) {
        const r = byKey.get(key(t))
        if (!r) { bad.push(`${at} missing ${key(t)}`); continue }
        const k = key(t)
        near(`minutes ${k}`, r.minutes, t.minutes)
        near(`cpuh ${k}`, r.cpuCoreHours, t.cpuCoreHours)
        near(`gpuh ${k}`, r.gpuHours, t.gpuHours)
        near(`pvh ${k}`, r.pvGibHours, t.pvGibHours)
        near(`lbh ${k}`, r.loadBalancerHours, t.loadBalancerHours)
        near(`zoneGib ${k}`, r.networkZoneGib, t.networkZoneGib)
        near(`regionGib ${k}`, r.networkRegionGib, t.networkRegionGib)
        near(`internetGib ${k}`, r.networkInternetGib, t.networkInternetGib)
        near(`pvCost ${k}`, m(r.pvCost), t.pvCost)
        near(`lbCost ${k}`, m(r.loadBalancerCost), t.loadBalancerCost)
        near(`netCost ${k}`, m(r.networkInternetCost), t.networkInternetCost)
        near(`regCost ${k}`, m(r.networkRegionCost), t.networkRegionCost)
        near(`zoneCost ${k}`, m(r.networkZoneCost), t.networkZoneCost)
        if (!unknown.has(t.node)) {
          near(`cpuCost${moved.has(t.node) ? 'Moved' : ''} ${k} ${t.minutes}`, m(r.cpuCost), t.cpuCost, moved.has(t.node) ? 1e-3 : 1e-5)
          near(`ramCost${moved.has(t.node) ? 'Moved' : ''} ${k}`, m(r.ramCost), t.ramCost, moved.has(t.node) ? 1e-3 : 1e-5)
          near(`gpuCost ${k}`, m(r.gpuCost), t.gpuCost)
        }
        const twice = names.filter(x => x === t.node).length > 1
        if (t.minutes < 2 || twice) continue
        if (r.podUid !== t.podUid) { bad.push(`${at} uid ${k} ${r.podUid} vs ${t.podUid}`) }
        if (r.providerId !== t.providerId) bad.push(`${at} providerId ${k} ${r.providerId} vs ${t.providerId}`)
        const l1 = JSON.stringify(r.labels && [...r.labels]); const l2 = JSON.stringify(t.labels && [...t.labels].sort(([a], [b]) => (a < b ? -1 : 1)))
        if (l1 !== l2) { bad.push(`${at} labels ${k} ${l1?.slice(0, 200)} vs ${l2?.slice(0, 200)}`) }
      }
      const assetKey = (a: { assetType: string; assetId: string }) => `${a.assetType}:${a.assetId}`
      const assets = new Map(rows.assets.map(a => [assetKey(a), a]))
      if (assets.size !== truth.assets.length) bad.push(`${at} assets ${[...assets.keys()].sort()} vs ${truth.assets.map(assetKey).sort()}`)
      for (const t of truth.assets) {
        const a = assets.get(assetKey(t))
        if (!a) { bad.push(`${at} asset missing ${assetKey(t)} have ${[...assets.keys()].filter(k => k.startsWith(t.assetType))}`); continue }
        near(`assetCost ${assetKey(t)}`, m(a.totalCost), t.totalCost)
        near(`assetMinutes ${assetKey(t)}`, a.minutes, t.minutes)
        near(`assetGib ${assetKey(t)}`, a.gib, t.gib)
        for (const f of ['name', 'namespace', 'claim', 'storageClass', 'providerId'] as const) if (a[f] !== t[f]) bad.push(`${at} asset ${assetKey(t)} ${f} ${a[f]} vs ${t[f]}`)
      }
      const rest = new Map(rows.remainders.filter(r => r.quantity > 0).map(r => [`${r.kind} ${r.part} ${r.namespace} ${r.name}`, r]))
      const want = truth.remainders.filter(r => r.quantity > 1e-12)
      if (rest.size !== want.length) bad.push(`${at} remainders ${[...rest.keys()]} vs ${want.map(r => `${r.kind} ${r.part} ${r.namespace} ${r.name}`)}`)
      for (const t of want) { const r = rest.get(`${t.kind} ${t.part} ${t.namespace} ${t.name}`); near(`remCost ${t.part} ${t.name}`, r && m(r.cost), t.cost); near(`remQ ${t.part} ${t.name}`, r?.quantity, t.quantity) }
      for (const t of truth.nodes) {
        const n = rows.nodes.find(x => x.node === t.node && x.providerId === t.providerId)
        if (!n) { bad.push(`${at} node missing ${t.node} ${t.providerId}`); continue }
        if (t.priceKnown === 'all') near(`nodeGpu ${t.node}`, m(n.gpuCost), t.gpuCost)
        if (t.priceKnown === 'all') near(`nodeCpu ${t.node}`, m(n.cpuCost), t.cpuCost)
        if (n.zone !== t.zone || n.nodePool !== t.nodePool || n.gpus !== t.gpus) bad.push(`${at} node ${t.node} ${n.zone} ${n.nodePool} ${n.gpus} vs ${t.zone} ${t.nodePool} ${t.gpus}`)
      }
    }
  }
  console.log(bad.length, bad.slice(0, Number(process.env.SHOW ?? 60)).join('\n'))
  console.log([...counts].map(([k, v]) => `${v} ${k}`).join('\n'))
  await thanos.close(); await server.close()
  expect(bad.length).toBe(0)
}, 300_000)

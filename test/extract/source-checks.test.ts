import { afterEach, describe, expect, test } from 'vitest'
import type { Window } from '../../src/domain/window.js'
import { checkClock, clustersAhead } from '../../src/extract/clock-checks.js'
import type { Finding } from '../../src/extract/finding.js'
import { checkMetrics } from '../../src/extract/metric-checks.js'
import {
  checkCapacity,
  checkDuplicates,
  checkIdentity,
  checkLabels,
  checkPrices,
  checkReplicas,
} from '../../src/extract/source-checks.js'
import type { Estate } from '../../src/sample/estate.js'
import {
  ACCOUNT,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  openSource,
  type SampleSource,
  smallEstate,
} from '../support/sample-world.js'
import { job, relabelled, withCopies, without } from '../support/source-world.js'

const ESTATE = smallEstate()
const WINDOW = (FIRST + HOUR) as Window

let opened: SampleSource | undefined
afterEach(async () => {
  await opened?.close()
  opened = undefined
})

async function sourceOf(estate: Estate) {
  opened = await openSource(estate)
  return opened.source
}

const levels = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ check, level }) => [check, level]))

describe('the expected metrics', () => {
  test('are named one by one where they are essential, and counted where they are there', async () => {
    const findings = await checkMetrics(await sourceOf(ESTATE), WINDOW)
    const essential = findings.filter(({ level, check }) => level === 'ok' && check.startsWith('metric '))
    expect(essential.map(({ check }) => check)).toEqual([
      'metric node_cpu_hourly_cost',
      'metric node_ram_hourly_cost',
      'metric container_cpu_allocation',
      'metric container_memory_allocation_bytes',
      'metric kube_node_status_capacity or kube_node_status_capacity_cpu_cores',
    ])
    expect(findings.filter(({ level }) => level === 'fail' || level === 'warn')).toEqual([])
    // Of the machines of this estate none tells of a disk of its own, nor does anybody of throttling and autoscalers.
    expect(findings.filter(({ level }) => level === 'note').map(({ check }) => check)).toEqual([
      'metric container_cpu_cfs_throttled_periods_total',
      'metric kube_horizontalpodautoscaler_info',
      'metric kube_horizontalpodautoscaler_spec_target_metric or kube_hpa_spec_target_metric',
      'metric kube_node_status_allocatable or kube_node_status_allocatable_cpu_cores',
      'metric container_fs_limit_bytes',
    ])
  })

  test.each([
    ['node_ram_hourly_cost', 'fail', 'no price of a GiB-hour'],
    ['pv_hourly_cost', 'warn', 'no storage cost'],
    ['service_selector_labels', 'warn', 'load balancers cannot be shared out'],
    ['kubecost_cluster_management_cost', 'warn', 'no management fee'],
    ['kube_pod_labels', 'warn', 'no cost by label'],
    ['container_gpu_allocation', 'warn', 'no GPU cost'],
    ['kube_persistentvolumeclaim_info', 'warn', 'claims are known only'],
    ['kubecost_pod_network_egress_bytes_total', 'note', 'network-costs DaemonSet'],
  ])('%s that is absent is a %s that says what is lost', async (metric, level, lost) => {
    const findings = await checkMetrics(await sourceOf(without(ESTATE, new RegExp(`^${metric}$`))), WINDOW)
    const found = findings.find(({ check, level: at }) => check === `metric ${metric}` && at !== 'ok')
    expect(found).toMatchObject({ level, detail: expect.stringContaining(lost) })
  })

  test('of a family that is wholly absent were filtered out, and what the filter has to keep is said once', async () => {
    const names = /^(pv_hourly_cost|pod_pvc_allocation|service_selector_labels)$/
    const findings = await checkMetrics(await sourceOf(without(ESTATE, names)), WINDOW)
    const absent = findings.filter(({ level }) => level === 'warn')
    expect(absent).toHaveLength(3)
    for (const { detail } of absent) expect(detail).toContain('the remote-write filter probably drops it')
    const keep = findings.filter(({ check }) => check === 'remote write')
    expect(keep).toHaveLength(1)
    const [, pattern] = /keep (\S+)$/.exec(keep[0]?.detail ?? '') ?? []
    for (const name of ['pv_hourly_cost', 'pod_pvc_allocation', 'service_selector_labels'])
      expect(name).toMatch(new RegExp(`^${pattern}$`))
  })
})

describe('what a source does twice or otherwise', () => {
  test('is nothing in a clean one but the copies that charts install', async () => {
    const source = await sourceOf(ESTATE)
    const findings = [
      await checkReplicas(source, WINDOW),
      await checkIdentity(source, WINDOW),
      await checkLabels(source, WINDOW),
      ...(await checkDuplicates(source, WINDOW)),
      ...(await checkPrices(source, WINDOW)),
    ]
    expect(levels(findings)).toEqual({
      'replicas merged': 'ok',
      'one cluster per id': 'ok',
      'labels honoured': 'ok',
      'scraped once': 'ok',
      'one kube-state-metrics': 'note',
      'price sanity node_cpu_hourly_cost': 'ok',
      'price sanity node_ram_hourly_cost': 'ok',
      'one price per node': 'note',
    })
    const twins = findings.find(({ check }) => check === 'one price per node')
    expect(twins?.detail).toMatch(/^1 nodes .*gke-nord-pool-a\b/)
  })

  test('replicas that are not merged fail', async () => {
    const both = withCopies(ESTATE, one => relabelled(one, { replica: 'b' }))
    const estate = changed(both, one => (one.labels.has('replica') ? one : relabelled(one, { replica: 'a' })))
    expect(await checkReplicas(await sourceOf(estate), WINDOW)).toMatchObject({ level: 'fail' })
  })

  test('labels that a scrape moved are told with its job', async () => {
    const estate = changed(ESTATE, (one, name) =>
      name === 'container_cpu_allocation'
        ? relabelled(one, { namespace: 'kubecost', exported_namespace: one.labels.get('namespace') ?? '' })
        : one,
    )
    expect(await checkLabels(await sourceOf(estate), WINDOW)).toMatchObject({
      level: 'warn',
      detail: expect.stringMatching(/job kubecost; .*honor_labels: true/),
    })
  })

  test('a second kube-state-metrics and a second scrape of the exporter are told with their jobs', async () => {
    const estate = withCopies(ESTATE, one => relabelled(one, { job: `${job(one)}-2` }))
    const findings = await checkDuplicates(await sourceOf(estate), WINDOW)
    expect(levels(findings)).toEqual({ 'scraped once': 'warn', 'one kube-state-metrics': 'warn' })
    expect(findings[0]?.detail).toContain('kubecost, kubecost-2')
    expect(findings[1]?.detail).toContain('kube-state-metrics-2')
  })

  test('two clusters under one id fail', async () => {
    const estate = withCopies(ESTATE, (one, name) =>
      name === 'kubecost_cluster_info' ? relabelled(one, { id: 'another' }) : undefined,
    )
    expect(await checkIdentity(await sourceOf(estate), WINDOW)).toMatchObject({
      level: 'fail',
      detail: expect.stringMatching(/^2 clusters send as cluster_id "cluster-one": another, cluster-one/),
    })
  })

  test.each([
    ['NaN', Number.NaN],
    ['zero', 0],
    ['absurd', 900],
  ])('a price that is %s is told with its node', async (_, price) => {
    const estate = changed(ESTATE, (one, name) =>
      name === 'node_cpu_hourly_cost' && one.labels.get('node') === 'gke-nord-pool-c'
        ? { ...one, segments: one.segments.map(segment => ({ ...segment, value: price })) }
        : one,
    )
    const [cpu] = await checkPrices(await sourceOf(estate), WINDOW)
    expect(cpu).toMatchObject({ level: 'warn', detail: expect.stringContaining('gke-nord-pool-c=') })
  })

  test('more allocated than a node has is told with its node, and only then', async () => {
    expect(await checkCapacity(await sourceOf(ESTATE), WINDOW)).toMatchObject({ level: 'ok' })
    await opened?.close()
    const estate = changed(ESTATE, (one, name) =>
      /^kube_node_status_capacity/.test(name) && one.labels.get('node') === 'gke-nord-pool-a'
        ? {
            ...one,
            segments: one.segments.map(segment => ({ ...segment, value: Number(segment.value) / 100 })),
          }
        : one,
    )
    expect(await checkCapacity(await sourceOf(estate), WINDOW)).toMatchObject({
      level: 'warn',
      detail: expect.stringMatching(/gke-nord-pool-a \(CPU \d+ %\), gke-nord-pool-a \(memory \d+ %\): /),
    })
  })
})

describe('the clock of a sender', () => {
  test('that is right leaves no sample in the future', async () => {
    const source = await sourceOf(ESTATE)
    expect(levels(await checkClock(source, ESTATE.to))).toEqual({
      freshness: 'ok',
      'clock of the sender': 'ok',
    })
  })

  test('that runs an hour ahead is found, though nothing asked at now can see it', async () => {
    const source = await sourceOf(ESTATE)
    const now = ESTATE.to - HOUR
    const findings = await checkClock(source, now)
    expect(findings).toMatchObject([
      { check: 'freshness', level: 'ok' },
      { check: 'clock of the sender', level: 'fail', detail: expect.stringContaining('NTP') },
    ])
    const ahead = await clustersAhead(source.client, source.account, 'tenant_id', now)
    // A sample a minute, of which the first is within the tolerance.
    expect([...ahead]).toEqual([[CLUSTER, 58]])
    expect(source.account.cloudAccountId).toBe(ACCOUNT)
  })

  test('is not blamed for a cluster that has fallen silent', async () => {
    const source = await sourceOf(ESTATE)
    expect(levels(await checkClock(source, ESTATE.to + 800))).toEqual({
      freshness: 'warn',
      'clock of the sender': 'ok',
    })
  })
})

import type { RawName, Series } from '../../src/domain/samples.js'
import { HOUR_SECONDS, type Window } from '../../src/domain/window.js'
import { BatchBuilder, H, point } from './batch.js'

const GIB = 2 ** 30
const JOB = 'kubecost'

export interface VolumeSpec {
  readonly name: string
  /** Capacity; none: the volume's size is not told. */
  readonly gib?: number
  /** Currency per GiB-hour; null: no price series. */
  readonly price?: number | null
  /** Of a minute each. */
  readonly samples?: number
  readonly claim?: { readonly name: string; readonly gib: number; readonly namespace?: string }
  /** Samples (of a minute) at which each pod holds the claim, from the start of the window on. */
  readonly pods?: Readonly<Record<string, { readonly from: number; readonly to: number }>>
  readonly window?: Window
}

/** Adds to a batch what the catalogue's queries would answer about everything but nodes and containers. */
export class PartsBuilder extends BatchBuilder {
  readonly raw = new Map<Window, Map<RawName, Series[]>>()

  volume(spec: VolumeSpec): this {
    const window = spec.window ?? H
    const samples = spec.samples ?? 60
    const price = spec.price === undefined ? 0.04 / 730 : spec.price
    const labels = { job: JOB, persistentvolume: spec.name, volumename: spec.name, provider_id: '' }
    if (price !== null) {
      this.add('pvPriceSamples', point(labels, samples, window))
      this.add('pvPriceSum', point(labels, price * samples, window))
    }
    if (spec.gib !== undefined) {
      const size = { job: JOB, persistentvolume: spec.name }
      this.add('pvCapacitySamples', point(size, samples, window))
      this.add('pvCapacitySum', point(size, spec.gib * GIB * samples, window))
    }
    if (spec.claim) this.#claim(spec, spec.claim, samples, window)
    return this
  }

  #claim(
    spec: VolumeSpec,
    claim: { name: string; gib: number; namespace?: string },
    samples: number,
    window: Window,
  ): void {
    const who = { job: JOB, namespace: claim.namespace ?? 'shop', persistentvolumeclaim: claim.name }
    const bytes = claim.gib * GIB
    this.add('claimSamples', point({ ...who, volumename: spec.name, storageclass: 'gp3' }, samples, window))
    this.add('claimRequestSum', point(who, bytes * samples, window))
    this.add('claimRequestMax', point(who, bytes, window))
    const pods = Object.entries(spec.pods ?? {})
    const holdersAt = (minute: number) => pods.filter(([, held]) => held.from <= minute && minute < held.to)
    for (const [pod, { from, to }] of pods) {
      const labels = { ...who, pod, persistentvolume: spec.name }
      const minutes = Array.from({ length: to - from }, (_, i) => from + i)
      const values = minutes.map(minute => bytes / holdersAt(minute).length)
      this.add('podClaimSamples', point(labels, minutes.length, window))
      this.add(
        'podClaimSum',
        point(
          labels,
          values.reduce((sum, value) => sum + value, 0),
          window,
        ),
      )
      if (pods.length > 1)
        this.sampled(
          'podClaims',
          labels,
          minutes.map(minute => window + minute * 60),
          values,
          window,
        )
    }
  }

  balancer(spec: {
    service: string
    price?: number
    samples?: number
    selector?: Record<string, string>
    ingress?: string
  }): this {
    const samples = spec.samples ?? 60
    const { service, price = 0.025 } = spec
    const labels = {
      job: JOB,
      namespace: 'shop',
      service_name: service,
      ingress_ip: spec.ingress ?? '203.0.113.1',
    }
    this.add('balancerSamples', point(labels, samples))
    this.add('balancerCostSum', point(labels, price * samples))
    if (spec.selector)
      this.add('serviceSelectors', point({ namespace: 'shop', service, ...prefixed(spec.selector) }, 60))
    return this
  }

  podLabels(pod: string, labels: Record<string, string>, samples = 60, namespace = 'shop'): this {
    return this.add(
      'podLabels',
      point({ job: JOB, namespace, pod, uid: `uid-${pod}`, ...prefixed(labels) }, samples),
    )
  }

  namespaceLabels(namespace: string, labels: Record<string, string>): this {
    return this.add('namespaceLabels', point({ job: JOB, namespace, ...prefixed(labels) }, 60))
  }

  fee(price: number, samples = 60, provisioner = 'EKS'): this {
    const labels = { job: JOB, provisioner_name: provisioner }
    this.add('feeSamples', point(labels, samples))
    return this.add('feeSum', point(labels, price * samples))
  }

  /** Traffic in GiB, as the engine's increase tells it. */
  traffic(
    pod: string,
    gib: number,
    way: 'zone' | 'region' | 'internet',
    spelling: 'new' | 'old' = 'new',
  ): this {
    const zone = spelling === 'new' ? 'same_zone' : 'sameZone'
    const region = spelling === 'new' ? 'same_region' : 'sameRegion'
    const classes = {
      zone: { internet: 'false', [zone]: 'false', [region]: 'true' },
      region: { internet: 'false', [zone]: 'false', [region]: 'false' },
      internet: { internet: 'true', [zone]: 'false', [region]: 'false' },
    }
    const labels = { job: 'network', namespace: 'shop', pod_name: pod, ...classes[way] }
    if (!this.facts.has('networkSeries')) this.add('networkSeries', point({}, 1))
    this.add('networkSamples', point(labels, 60))
    return this.add('networkEgress', point(labels, gib * GIB))
  }

  trafficPrices(zone: number, region: number, internet: number): this {
    this.add('networkZonePrice', point({}, zone))
    this.add('networkRegionPrice', point({}, region))
    return this.add('networkInternetPrice', point({}, internet))
  }

  sampled(
    name: RawName,
    labels: Record<string, string>,
    times: readonly number[],
    values: readonly number[],
    window: Window = H,
  ): this {
    const samples = this.raw.get(window) ?? new Map<RawName, Series[]>()
    this.raw.set(window, samples)
    const series = { labels: new Map(Object.entries(labels)), times, values }
    samples.set(name, [...(samples.get(name) ?? []), series])
    return this
  }

  override build(windows: readonly Window[] = [H], intervals?: Record<string, number>) {
    const paced = intervals ?? { kubecost: 60, cadvisor: 60, ksm: 30, network: 60 }
    return { ...super.build(windows, paced), raw: this.raw }
  }
}

/** The window so many hours after the usual one. */
export function later(hours: number): Window {
  return (H + hours * HOUR_SECONDS) as Window
}

function prefixed(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label_${name}`, value]))
}

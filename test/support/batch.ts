import type { ClusterBatch, FactName, Series } from '../../src/domain/samples.js'
import { HOUR_SECONDS, type Window } from '../../src/domain/window.js'

export const H = (Date.UTC(2026, 9, 31, 13) / 1000) as Window

/** One series with one point per given window. */
export function point(labels: Record<string, string>, value: number, window: Window = H): Series {
  return { labels: new Map(Object.entries(labels)), times: [window + HOUR_SECONDS], values: [value] }
}

export interface NodeSpec {
  readonly name: string
  readonly cores?: number
  readonly gib?: number
  readonly cpuPrice?: number
  readonly ramPrice?: number
  readonly samples?: number
  readonly providerId?: string
  readonly instanceType?: string
  readonly spot?: number
  readonly totalPrice?: number
  readonly window?: Window
}

export interface ContainerSpec {
  readonly name: string
  readonly node: string
  readonly namespace?: string
  readonly pod?: string
  /** Cores and GiB; per sample max(request, use) is what the exporter says. */
  readonly cpuRequest?: number
  readonly cpuUse: number
  readonly ramRequest?: number
  readonly ramUse: number
  readonly samples?: number
  readonly job?: string
  readonly window?: Window
}

const GIB = 2 ** 30

/** Facts as the catalogue's queries would answer them, for a cluster whose exporter is scraped once a minute. */
export class BatchBuilder {
  readonly facts = new Map<FactName, Series[]>()

  add(fact: FactName, series: Series): this {
    const list = this.facts.get(fact)
    if (list) list.push(series)
    else this.facts.set(fact, [series])
    return this
  }

  node(spec: NodeSpec): this {
    const window = spec.window ?? H
    const samples = spec.samples ?? 60
    const labels = {
      job: 'kubecost',
      node: spec.name,
      provider_id: spec.providerId ?? `i-${spec.name}`,
      instance_type: spec.instanceType ?? 'm5.xlarge',
      region: 'eu-west-1',
    }
    const { cpuPrice = 0.031611, ramPrice = 0.004237 } = spec
    this.add('nodeSamples', point(labels, samples, window))
    this.add(
      'nodeTotalPrice',
      point(labels, spec.totalPrice ?? (spec.cores ?? 4) * cpuPrice + (spec.gib ?? 16) * ramPrice, window),
    )
    this.add('nodeCpuPrice', point(labels, cpuPrice, window))
    this.add('nodeRamPrice', point(labels, ramPrice, window))
    this.add('nodeCpuCapacity', point({ node: spec.name }, spec.cores ?? 4, window))
    this.add('nodeRamCapacity', point({ node: spec.name }, (spec.gib ?? 16) * GIB, window))
    this.add(
      'nodeSpot',
      point(
        {
          node: spec.name,
          provider_id: labels.provider_id,
          instance_type: labels.instance_type,
          region: 'eu-west-1',
        },
        spec.spot ?? 0,
        window,
      ),
    )
    return this
  }

  container(spec: ContainerSpec): this {
    const window = spec.window ?? H
    const samples = spec.samples ?? 60
    const who = {
      namespace: spec.namespace ?? 'shop',
      pod: spec.pod ?? `pod-${spec.name}`,
      container: spec.name,
    }
    const onNode = { job: spec.job ?? 'kubecost', ...who, node: spec.node }
    this.add('containerSamples', point(onNode, samples, window))
    this.add('cpuAllocated', point(onNode, Math.max(spec.cpuRequest ?? 0, spec.cpuUse) * samples, window))
    this.add(
      'ramAllocated',
      point(onNode, Math.max(spec.ramRequest ?? 0, spec.ramUse) * GIB * samples, window),
    )
    if (spec.cpuRequest !== undefined)
      this.add('cpuRequested', point({ ...who, node: spec.node }, spec.cpuRequest, window))
    if (spec.ramRequest !== undefined)
      this.add('ramRequested', point({ ...who, node: spec.node }, spec.ramRequest * GIB, window))
    this.add('cpuUsedRule', point(who, spec.cpuUse, window))
    this.add(
      'ramUsed',
      point({ job: 'cadvisor', ...who, node: '', instance: spec.node }, spec.ramUse * GIB * samples, window),
    )
    return this
  }

  build(
    windows: readonly Window[] = [H],
    intervals: Record<string, number> = { kubecost: 60, cadvisor: 60, ksm: 30 },
  ): ClusterBatch {
    return {
      windows,
      facts: this.facts,
      raw: new Map(),
      metrics: new Map(),
      mended: new Map(),
      flagged: new Set(),
      intervals: new Map(windows.map(window => [window, new Map(Object.entries(intervals))])),
    }
  }
}

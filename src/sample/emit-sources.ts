import type { ClusterModel, Grid } from './model.js'

export const KUBECOST_JOB = 'kubecost'
export const EXPORTER = 'kubecost-cost-analyzer.kubecost:9003'
export const KUBE_STATE = { job: 'kube-state-metrics', instance: '10.96.7.21:8080' }

/** Who tells what the API server knows: Kubecost's copies, a kube-state-metrics, or both. */
export interface KubeSource {
  readonly labels: { readonly job: string; readonly instance: string }
  readonly grid: Grid
  /** Tells of pods that have ended for as long as the API server knows them. */
  readonly remembersPods: boolean
}

/** `grid` is Kubecost's. */
export function kubeSources(cluster: ClusterModel, grid: Grid): KubeSource[] {
  const sources: KubeSource[] = []
  const { kubecostCopies, kubeStateMetrics } = cluster.collection
  if (kubecostCopies)
    sources.push({ labels: { job: KUBECOST_JOB, instance: EXPORTER }, grid, remembersPods: false })
  if (kubeStateMetrics) sources.push({ labels: KUBE_STATE, grid: paceOfKubeState(grid), remembersPods: true })
  return sources
}

/** kube-state-metrics is scraped at a pace of its own: twice as often as a slow Kubecost, half as often as a fast one. */
export function paceOfKubeState(grid: Grid): Grid {
  const interval = grid.interval >= 60 ? grid.interval / 2 : grid.interval * 2
  return { interval, offset: grid.offset % interval }
}

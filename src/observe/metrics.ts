import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** What the product tells Prometheus about itself. Labels carry ids of accounts and clusters, never names or values. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    /** Windows by what became of an attempt: published, unchanged, incomplete, failed, quarantined, released. */
    windows: new Counter({
      name: 'k8s_costs_windows_total',
      help: 'Windows by outcome of the attempt',
      labelNames: ['outcome'] as const,
      registers,
    }),
    usageWindows: new Counter({
      name: 'k8s_costs_usage_windows_total',
      help: 'Windows whose usage was to be collected, by outcome: collected, poorer, stale, failed, released',
      labelNames: ['outcome'] as const,
      registers,
    }),
    usageBacklog: new Gauge({
      name: 'k8s_costs_usage_backlog_windows',
      help: 'Published windows whose usage is not collected yet',
      labelNames: ['cloud_account_id', 'cluster'] as const,
      registers,
    }),
    staleAttempts: new Counter({
      name: 'k8s_costs_stale_attempts_refused_total',
      help: 'Publications refused because a newer attempt had claimed the window',
      registers,
    }),
    foreignTenantAnswers: new Counter({
      name: 'k8s_costs_foreign_tenant_answers_total',
      help: 'Answers discarded because they held series of another tenant',
      registers,
    }),
    rejects: new Counter({
      name: 'k8s_costs_rejects_total',
      help: 'Parts of the source that could not become rows, by reason',
      labelNames: ['reason'] as const,
      registers,
    }),
    nightlySteps: new Counter({
      name: 'k8s_costs_nightly_steps_total',
      help: 'Steps of the nightly work by outcome: done, failed',
      labelNames: ['step', 'outcome'] as const,
      registers,
    }),
    checkViolations: new Counter({
      name: 'k8s_costs_check_violations_total',
      help: 'Days of clusters on which a nightly check did not hold; severity E: the numbers are not to be trusted',
      labelNames: ['check', 'severity'] as const,
      registers,
    }),
    lateSamples: new Counter({
      name: 'k8s_costs_late_samples_total',
      help: 'Samples of containers that came after their window was settled: counted, not loaded',
      registers,
    }),
    lagSeconds: new Gauge({
      name: 'k8s_costs_lag_seconds',
      help: 'Seconds between now and the end of the newest loaded window',
      labelNames: ['cloud_account_id', 'cluster'] as const,
      registers,
    }),
    oldestOpenWindow: new Gauge({
      name: 'k8s_costs_oldest_open_window_timestamp_seconds',
      help: 'Start of the oldest window that is not loaded, Unix seconds',
      labelNames: ['cloud_account_id', 'cluster'] as const,
      registers,
    }),
    thanosRequestSeconds: new Histogram({
      name: 'k8s_costs_thanos_request_duration_seconds',
      help: 'Duration of requests to Thanos by outcome (ok or the code of the failure)',
      labelNames: ['outcome'] as const,
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    httpRequestSeconds: new Histogram({
      name: 'k8s_costs_http_request_duration_seconds',
      help: 'Duration of answers of the API by route, as it is registered, and status',
      labelNames: ['route', 'status'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    httpCacheHits: new Counter({
      name: 'k8s_costs_http_cache_hits_total',
      help: 'Requests whose caller had the answer already (304)',
      registers,
    }),
    httpRateLimited: new Counter({
      name: 'k8s_costs_http_rate_limited_total',
      help: 'Requests refused because their caller asked too often (429)',
      registers,
    }),
    httpShed: new Counter({
      name: 'k8s_costs_http_shed_total',
      help: 'Requests refused because the process had too much to do, by what was too much: event_loop, in_work',
      labelNames: ['reason'] as const,
      registers,
    }),
    lastProgress: new Gauge({
      name: 'k8s_costs_last_progress_timestamp_seconds',
      help: 'When a part of the process last got anything done, Unix seconds',
      labelNames: ['part'] as const,
      registers,
    }),
  }
}

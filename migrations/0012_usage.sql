-- How containers of workloads use CPU and memory, as distributions that can be added up: what recommended requests are
-- computed from, for any range of hours, without the source. Collected after the costs of a window are published, and
-- from them: who a pod belongs to, what was requested and what it cost stand in the window's facts already.

-- Which windows' usage has been collected. A window whose published revision is another one is collected anew.
create table warehouse.usage_window (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null check (date_trunc('hour', window_start, 'UTC') = window_start),
  -- Of window_ledger as joined; 0 until the first time.
  revision integer not null default 0,
  collected_at timestamptz,
  -- Fence and lease, as in window_ledger.
  attempt integer not null default 0,
  claimed_by text,
  lease_until timestamptz,
  failures integer not null default 0,
  -- Not before this moment; null: at once.
  next_try_at timestamptz,
  error_code text,
  error_message text,
  -- Hours of the day have been deleted since: if one window is to be collected anew, all of the day are.
  hours_expired boolean not null default false,
  -- Whether the cluster was heard of at all: where it was not, nothing was measured, however settled that is.
  heard boolean not null default false,
  -- Where CPU points come from: cAdvisor's counters or the recording rule; null where there were none at all.
  cpu_source text check (cpu_source in ('counter', 'rule')),
  -- Seconds between CPU points; more than 300 where the source is coarser.
  step_seconds double precision,
  points bigint not null default 0,
  -- [{reason, metric, count, example}], the example capped in length.
  rejects jsonb not null default '[]',
  -- Whether the source tells of these at all; what it does not tell is unknown, not absent.
  knows_requests boolean not null default false,
  knows_limits boolean not null default false,
  knows_oom boolean not null default false,
  knows_throttling boolean not null default false,
  knows_hpa boolean not null default false,
  -- Largest allocatable node seen; null where unknown.
  largest_cpu_cores double precision,
  largest_ram_bytes double precision,
  primary key (cloud_account_id, cluster_id, window_start)
);

-- What failed is looked for every minute.
create index usage_window_retried on warehouse.usage_window (next_try_at) where next_try_at is not null;

-- One container of a workload in one window. '' for none in the names, as they are the key.
create table warehouse.usage_hourly (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null,
  namespace text not null,
  controller_kind text not null,
  controller text not null,
  container text not null,
  -- 1 where at least three quarters of the expected points were read, and what they are worth by their step: 1 up to
  -- five minutes, 0.5 at an hour.
  hours_covered integer not null check (hours_covered between 0 and 1),
  step_worth double precision not null,
  -- Distinct pods, and the seconds that they ran in all.
  pods integer not null check (pods >= 0),
  pod_seconds double precision not null check (pod_seconds >= 0),
  -- Points of CPU use that were read, of how many; a point is a pod's mean over step_seconds.
  cpu_points integer not null,
  cpu_points_expected double precision not null,
  step_seconds double precision,
  -- Points in units of five minutes: the sum of the sketch's counts. Their weighted sum in cores and the highest; null
  -- where nothing was measured.
  cpu_weight bigint not null,
  cpu_sum double precision,
  cpu_max double precision,
  -- The highest of the pods' own means over the window, and 1 where there is one.
  cpu_hot_sum double precision,
  cpu_hot_hours integer not null,
  cpu_sketch bytea,
  -- Of the pod with the highest mean; null where that is the only pod.
  cpu_hot_sketch bytea,
  -- As most of the pod-seconds had it, cores and bytes; null where none was asked for, or where unknown.
  cpu_request double precision,
  cpu_limit double precision,
  -- Allocated and requested core-hours, and what the allocated ones cost.
  cpu_core_hours double precision not null,
  cpu_core_request_hours double precision,
  cpu_cost numeric(24, 12) not null,
  -- Pod-hours with a memory peak; peaks and means of pods as sketches of GiB; null where nothing was measured.
  ram_weight bigint not null,
  ram_max double precision,
  ram_peak_sketch bytea,
  ram_mean_sketch bytea,
  -- GiB-hours in use, and the pod-hours over which they were measured.
  ram_used_gib_hours double precision,
  ram_measured_hours double precision not null,
  ram_request double precision,
  ram_limit double precision,
  ram_gib_hours double precision not null,
  ram_gib_request_hours double precision,
  ram_cost numeric(24, 12) not null,
  -- Null: unknown. Inferred: a restart at a peak next to the limit. oom_bytes: the larger of limit and peak then.
  oom boolean,
  oom_inferred boolean not null default false,
  oom_bytes double precision,
  restarts double precision,
  -- Scheduling periods of the CPU limit, and those in which it held the container back.
  cpu_periods double precision,
  cpu_throttled_periods double precision,
  -- Whether an autoscaler drives the workload by use of the resource relative to its request; null: unknown.
  hpa_cpu boolean,
  hpa_ram boolean,
  primary key (
    cloud_account_id, window_start, cluster_id, namespace, controller_kind, controller, container
  )
);

-- The same per UTC day, added up from all hours of the day, anew whenever one of them changes.
create table warehouse.usage_daily (
  cloud_account_id uuid not null,
  cluster_id text not null,
  day date not null,
  namespace text not null,
  controller_kind text not null,
  controller text not null,
  container text not null,
  -- First and last window of the day with a pod, how many there were, and how many had enough points.
  first_window timestamptz not null,
  last_window timestamptz not null,
  hours integer not null check (hours between 1 and 24),
  hours_covered integer not null check (hours_covered between 0 and hours),
  -- Sum over the covered hours of what their step is worth: 1 up to five minutes, 0.5 at an hour.
  step_worth double precision not null,
  -- The most in any hour, and their sum over the hours.
  pods integer not null,
  pod_seconds double precision not null,
  cpu_points integer not null,
  cpu_points_expected double precision not null,
  step_seconds double precision,
  cpu_weight bigint not null,
  cpu_sum double precision,
  cpu_max double precision,
  -- Sum over hours of the hottest pod's mean, and over how many.
  cpu_hot_sum double precision,
  cpu_hot_hours integer not null,
  cpu_sketch bytea,
  cpu_hot_sketch bytea,
  -- Of the last hour.
  cpu_request double precision,
  cpu_limit double precision,
  cpu_core_hours double precision not null,
  cpu_core_request_hours double precision,
  cpu_cost numeric(24, 12) not null,
  ram_weight bigint not null,
  ram_max double precision,
  ram_peak_sketch bytea,
  ram_mean_sketch bytea,
  ram_used_gib_hours double precision,
  ram_measured_hours double precision not null,
  ram_request double precision,
  ram_limit double precision,
  ram_gib_hours double precision not null,
  ram_gib_request_hours double precision,
  ram_cost numeric(24, 12) not null,
  oom boolean,
  oom_inferred boolean not null default false,
  oom_bytes double precision,
  restarts double precision,
  cpu_periods double precision,
  cpu_throttled_periods double precision,
  hpa_cpu boolean,
  hpa_ram boolean,
  primary key (cloud_account_id, day, cluster_id, namespace, controller_kind, controller, container)
);

-- Whose recommendations somebody does not want to see, until when.
create table warehouse.rightsizing_ignore (
  cloud_account_id uuid not null,
  ignore_id uuid not null,
  -- Null: any. A label as in Prometheus without label_; name and value together.
  cluster_id text,
  namespace text,
  controller_kind text,
  controller text,
  container text,
  label_name text,
  label_value text,
  reason text,
  created_at timestamptz not null default now(),
  -- Null: until it is removed.
  expires_at timestamptz,
  primary key (cloud_account_id, ignore_id),
  check ((label_name is null) = (label_value is null)),
  check (
    cluster_id is not null or namespace is not null or controller is not null or container is not null
    or label_name is not null
  )
);

-- Wider money: a large workload in a currency of small units. What reads a column's type has to be made anew with it.
drop view analytics.rightsizing_latest;

alter table warehouse.rightsizing
  alter column cpu_saving type numeric(24, 12),
  alter column ram_saving type numeric(24, 12),
  alter column saving_month type numeric(24, 12),
  add column window_start timestamptz,
  add column window_end timestamptz,
  -- What the container costs a month as it is: CPU and memory, account currency.
  add column cost_month numeric(24, 12),
  add column cpu_source text,
  add column step_seconds double precision,
  add column kubectl text,
  -- Hours of the cluster that were measured within the history: many more since call for new advice.
  add column measured_hours integer;

create view analytics.rightsizing_latest with (security_invoker = true) as
select
  r.cloud_account_id, r.cluster_id as cluster, r.namespace, r.controller_kind, r.controller, r.container, r.replicas,
  r.cpu_request, r.cpu_limit, r.cpu_mean, r.cpu_p95, r.cpu_p99, r.cpu_max, r.cpu_recommended, r.cpu_action, r.cpu_saving,
  r.ram_request, r.ram_limit, r.ram_mean, r.ram_p95, r.ram_p99, r.ram_max, r.ram_recommended, r.ram_action, r.ram_saving,
  r.saving_month, r.action, r.reasons, r.severity, r.confidence, r.confidence_level, r.span_hours, r.coverage, r.samples,
  r.oom, r.hpa, r.snippet, r.computed_at, r.cost_month, r.cpu_source, r.step_seconds, r.kubectl, r.window_start,
  r.window_end
from warehouse.rightsizing r
where r.profile = 'balanced' and r.history_days = 14;

comment on view analytics.rightsizing_latest is
  'The newest recommended requests of every container of a workload: profile balanced, from 14 days of history, computed nightly. One row per account, cluster, namespace, workload and container. The list of what is to be ignored is not applied.';
comment on column analytics.rightsizing_latest.cloud_account_id is 'CloudTuner cloud account (UUID).';
comment on column analytics.rightsizing_latest.cluster is 'Cluster id; unique within the account only.';
comment on column analytics.rightsizing_latest.namespace is 'Namespace of the workload.';
comment on column analytics.rightsizing_latest.controller_kind is 'Kind of the workload, for example Deployment.';
comment on column analytics.rightsizing_latest.controller is 'Name of the workload.';
comment on column analytics.rightsizing_latest.container is 'Name of the container.';
comment on column analytics.rightsizing_latest.replicas is 'Mean number of pods over the history.';
comment on column analytics.rightsizing_latest.cpu_request is 'CPU request, millicores; null without one.';
comment on column analytics.rightsizing_latest.cpu_limit is 'CPU limit, millicores; null without one.';
comment on column analytics.rightsizing_latest.cpu_mean is 'Mean CPU use of a pod, millicores; null where not measured.';
comment on column analytics.rightsizing_latest.cpu_p95 is '95th percentile of CPU use, millicores; null where not measured.';
comment on column analytics.rightsizing_latest.cpu_p99 is '99th percentile of CPU use, millicores; null where not measured.';
comment on column analytics.rightsizing_latest.cpu_max is 'Highest CPU use, millicores; null where not measured.';
comment on column analytics.rightsizing_latest.cpu_recommended is 'Recommended CPU request, millicores; null without advice.';
comment on column analytics.rightsizing_latest.cpu_action is 'What to do about the CPU request: none, set, keep, decrease, increase or suppressed.';
comment on column analytics.rightsizing_latest.cpu_saving is 'Saved a month by the CPU recommendation, account currency; negative for an increase, null without advice.';
comment on column analytics.rightsizing_latest.ram_request is 'Memory request, bytes; null without one.';
comment on column analytics.rightsizing_latest.ram_limit is 'Memory limit, bytes; null without one.';
comment on column analytics.rightsizing_latest.ram_mean is 'Mean memory use of a pod, bytes; null where not measured.';
comment on column analytics.rightsizing_latest.ram_p95 is '95th percentile of memory use, bytes; null where not measured.';
comment on column analytics.rightsizing_latest.ram_p99 is '99th percentile of memory use, bytes; null where not measured.';
comment on column analytics.rightsizing_latest.ram_max is 'Highest memory use, bytes; null where not measured.';
comment on column analytics.rightsizing_latest.ram_recommended is 'Recommended memory request, bytes; null without advice.';
comment on column analytics.rightsizing_latest.ram_action is 'What to do about the memory request: none, set, keep, decrease, increase or suppressed.';
comment on column analytics.rightsizing_latest.ram_saving is 'Saved a month by the memory recommendation, account currency; negative for an increase, null without advice.';
comment on column analytics.rightsizing_latest.saving_month is 'Sum of both savings, account currency a month of 730 hours.';
comment on column analytics.rightsizing_latest.action is 'The weightier of both actions.';
comment on column analytics.rightsizing_latest.reasons is 'Codes of what shaped the recommendation, such as floors, OOM, too little data.';
comment on column analytics.rightsizing_latest.severity is 'How far the request is from the recommendation.';
comment on column analytics.rightsizing_latest.confidence is 'Trust in the recommendation, 0 to 1.';
comment on column analytics.rightsizing_latest.confidence_level is 'high, medium, low or insufficient.';
comment on column analytics.rightsizing_latest.span_hours is 'Hours between the first and the last sample of the history.';
comment on column analytics.rightsizing_latest.coverage is 'Measured share of the container''s hours, 0 to 1.';
comment on column analytics.rightsizing_latest.samples is 'Samples of CPU use in the history.';
comment on column analytics.rightsizing_latest.oom is 'True where the container ran out of memory within the history; null where unknown.';
comment on column analytics.rightsizing_latest.hpa is 'True where a horizontal autoscaler drives the workload by the resource; null where unknown.';
comment on column analytics.rightsizing_latest.snippet is 'YAML of the recommended requests; null without advice.';
comment on column analytics.rightsizing_latest.computed_at is 'When it was computed.';
comment on column analytics.rightsizing_latest.cost_month is 'What its CPU and memory cost a month of 730 hours as it is, account currency; no saving is higher.';
comment on column analytics.rightsizing_latest.cpu_source is 'Where CPU use was read: counter (cAdvisor) or rule (recorded, spikier); null where not measured.';
comment on column analytics.rightsizing_latest.step_seconds is 'Seconds between points of CPU use, the coarsest of the history; null where not measured.';
comment on column analytics.rightsizing_latest.kubectl is 'Command that sets the recommended requests; null without advice, or where no command can.';
comment on column analytics.rightsizing_latest.window_start is 'First hour of the history, UTC.';
comment on column analytics.rightsizing_latest.window_end is 'End of the history, UTC.';

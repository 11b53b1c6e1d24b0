-- Recommended requests as analysts and the API read them. Nothing fills the table yet: it stands here so that the schema
-- that people build on is whole, and its view has no rows until recommendations are computed.
create table warehouse.rightsizing (
  cloud_account_id uuid not null,
  profile text not null check (profile in ('cost', 'balanced', 'safe', 'krr', 'kubecost')),
  history_days integer not null check (history_days > 0),
  cluster_id text not null,
  namespace text not null,
  controller_kind text not null,
  controller text not null,
  container text not null,
  computed_at timestamptz not null,
  replicas double precision not null,
  cpu_request double precision,
  cpu_limit double precision,
  cpu_mean double precision,
  cpu_p95 double precision,
  cpu_p99 double precision,
  cpu_max double precision,
  cpu_recommended double precision,
  cpu_action text not null,
  cpu_saving numeric(20, 12),
  ram_request double precision,
  ram_limit double precision,
  ram_mean double precision,
  ram_p95 double precision,
  ram_p99 double precision,
  ram_max double precision,
  ram_recommended double precision,
  ram_action text not null,
  ram_saving numeric(20, 12),
  saving_month numeric(20, 12),
  action text not null check (action in ('none', 'set', 'keep', 'decrease', 'increase', 'suppressed')),
  reasons text[] not null,
  severity text not null,
  confidence double precision not null check (confidence between 0 and 1),
  confidence_level text not null check (confidence_level in ('high', 'medium', 'low', 'insufficient')),
  span_hours double precision not null,
  coverage double precision not null check (coverage between 0 and 1),
  samples bigint not null,
  oom boolean,
  hpa boolean,
  snippet text,
  primary key (
    cloud_account_id, profile, history_days, cluster_id, namespace, controller_kind, controller, container
  )
);

create view analytics.rightsizing_latest with (security_invoker = true) as
select
  r.cloud_account_id, r.cluster_id as cluster, r.namespace, r.controller_kind, r.controller, r.container, r.replicas,
  r.cpu_request, r.cpu_limit, r.cpu_mean, r.cpu_p95, r.cpu_p99, r.cpu_max, r.cpu_recommended, r.cpu_action, r.cpu_saving,
  r.ram_request, r.ram_limit, r.ram_mean, r.ram_p95, r.ram_p99, r.ram_max, r.ram_recommended, r.ram_action, r.ram_saving,
  r.saving_month, r.action, r.reasons, r.severity, r.confidence, r.confidence_level, r.span_hours, r.coverage, r.samples,
  r.oom, r.hpa, r.snippet, r.computed_at
from warehouse.rightsizing r
where r.profile = 'balanced' and r.history_days = 14;

comment on view analytics.rightsizing_latest is
  'The newest recommended requests of every container of a workload: profile balanced, from 14 days of history. One row per account, cluster, namespace, workload and container. No rows until recommendations are computed.';
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

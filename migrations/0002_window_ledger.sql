-- The truth about what is loaded. The queue only wakes workers; everything it knows can be derived from here.

create table warehouse.cluster (
  cloud_account_id uuid not null,
  cluster_id text not null,
  -- Hours in which the cluster has been heard of, first and newest.
  first_window timestamptz not null,
  last_window timestamptz not null,
  -- End of the contiguous prefix of loaded windows; it never moves back by itself.
  watermark timestamptz not null,
  discovered_at timestamptz not null default now(),
  primary key (cloud_account_id, cluster_id),
  check (first_window <= last_window and watermark >= first_window)
);

create table warehouse.window_ledger (
  cloud_account_id uuid not null,
  cluster_id text not null,
  window_start timestamptz not null check (date_trunc('hour', window_start, 'UTC') = window_start),
  -- due: planned, nothing published. loaded: published. incomplete: refused as not whole, see reason.
  -- quarantined: set aside after repeated terminal failures, see error_*.
  state text not null default 'due' check (state in ('due', 'loaded', 'incomplete', 'quarantined')),
  reason text check (reason in ('source_incomplete', 'source_silent', 'missing_series', 'suspect', 'quarantined')),
  reason_detail text,
  -- Fence: raised by every claim; a publish with an older number is refused.
  attempt integer not null default 0,
  claimed_by text,
  lease_until timestamptz,
  -- Failures since the last success, which lengthen the pause; and those in a row that no retry can mend.
  failures integer not null default 0,
  terminal_failures integer not null default 0,
  -- When it is to be read (again); null once settled.
  next_read_at timestamptz,
  error_code text,
  error_message text,
  -- Facts about the published version; revision 0 = none.
  revision integer not null default 0,
  loaded_at timestamptz,
  read_at timestamptz,
  coverage double precision check (coverage between 0 and 1),
  samples_seen bigint,
  samples_expected bigint,
  allocation_rows integer,
  node_rows integer,
  rejects bigint not null default 0,
  asset_cost numeric(20, 12),
  allocated_cost numeric(20, 12),
  idle_cost numeric(20, 12),
  content_hash bytea,
  -- Sample interval in seconds by source job, as found.
  intervals jsonb,
  -- Label sets of the Thanos stores that announced the account when it was read.
  store_sets jsonb,
  -- Reason codes of parts that are missing or were estimated.
  warnings jsonb,
  primary key (cloud_account_id, cluster_id, window_start),
  check ((revision = 0) = (loaded_at is null))
);

-- The planner's question: what is to be read now?
create index window_ledger_due on warehouse.window_ledger (next_read_at) where next_read_at is not null;
-- The watermark's question: which is the first window that isn't loaded?
create index window_ledger_open on warehouse.window_ledger (cloud_account_id, cluster_id, window_start) where state <> 'loaded';

-- One row per try at a batch of windows of a cluster, for operators.
create table warehouse.load_run (
  cloud_account_id uuid not null,
  run_id uuid not null,
  cluster_id text not null,
  first_window timestamptz not null,
  windows integer not null,
  worker text not null,
  state text not null check (state in ('running', 'done', 'partial', 'failed', 'released')),
  stage text not null check (stage in ('claim', 'extract', 'transform', 'stage', 'publish', 'finished')),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  windows_published integer not null default 0,
  windows_unchanged integer not null default 0,
  extracted_points bigint not null default 0,
  loaded_rows bigint not null default 0,
  rejects bigint not null default 0,
  -- [{reason, metric, count, example}], the example capped in length.
  reject_reasons jsonb not null default '[]',
  error_code text,
  error_message text,
  primary key (cloud_account_id, run_id)
);
create index load_run_recent on warehouse.load_run (started_at desc);

-- Every set of external labels that has announced an account, so that a store which silently leaves is missed.
create table warehouse.thanos_store (
  cloud_account_id uuid not null,
  -- Canonical JSON of the sorted label pairs; addresses are left out, as they change with every restart.
  label_set text not null,
  component text not null,
  -- Oldest sample time ever announced by the set: older windows don't need it.
  min_time timestamptz not null,
  first_seen timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  -- Set by an operator who accepts that the store left for good; cleared when it comes back.
  forgotten_at timestamptz,
  primary key (cloud_account_id, label_set)
);

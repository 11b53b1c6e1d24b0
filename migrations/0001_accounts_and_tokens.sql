-- Who is ingested and who may read. Every key begins with cloud_account_id, so that all tables can be distributed by it.
create schema if not exists warehouse;

create table warehouse.cloud_account (
  cloud_account_id uuid not null primary key,
  name text not null check (name <> ''),
  tenant_id text not null check (tenant_id <> ''),
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  kubernetes_id text,
  created_at timestamptz not null default now(),
  removed_at timestamptz
);

-- One tenant's series belong to one account; a second would count every dollar twice.
create unique index cloud_account_tenant on warehouse.cloud_account (tenant_id) where removed_at is null;

create table warehouse.api_token (
  cloud_account_id uuid not null,
  token_id text not null,
  scope text not null default 'read' check (scope in ('read')),
  digest bytea not null check (octet_length(digest) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  primary key (cloud_account_id, token_id)
);

-- Authentication knows the token's public id only.
create index api_token_by_id on warehouse.api_token (token_id);

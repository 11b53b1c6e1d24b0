// The one import rule: config → thanos → extract → transform → load → tables → api. Siblings don't import siblings;
// only jobs/ and the entry points in src/bin combine them, and nothing imports those two.
const layer = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|jobs|test)/', pathNot: to },
})

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    layer('dashboard-knows-no-server-code', '^src/dashboard/', '^src/dashboard/'),
    layer('dashboard-api-asks-and-no-more', '^src/dashboard/api/', '^src/dashboard/api/'),
    layer(
      'dashboard-format-is-text',
      '^src/dashboard/format/',
      '^src/dashboard/(format/|api/(routes|openapi))',
    ),
    layer('dashboard-state-is-the-url', '^src/dashboard/state/', '^src/dashboard/(state|format)/'),
    layer('dashboard-ui-knows-no-view', '^src/dashboard/ui/', '^src/dashboard/(ui|state|format|api)/'),
    layer(
      'dashboard-charts-know-no-view',
      '^src/dashboard/charts/',
      '^src/dashboard/(charts|ui|state|format|api)/',
    ),
    layer(
      'dashboard-views-know-no-frame',
      '^src/dashboard/views/',
      '^src/dashboard/(views|charts|ui|state|format|api)/',
    ),
    {
      name: 'dashboard-views-know-no-other-view',
      severity: 'error',
      from: { path: '^src/dashboard/views/([^/]+)/' },
      to: { path: '^src/dashboard/views/', pathNot: '^src/dashboard/views/$1/' },
    },
    {
      name: 'server-knows-no-dashboard',
      severity: 'error',
      from: { path: '^(src|jobs)/', pathNot: '^src/dashboard/' },
      to: { path: '^src/dashboard/' },
    },
    layer('domain-imports-itself-only', '^src/domain/', '^src/domain/'),
    layer('errors-import-nothing', '^src/errors\\.ts$', '^$'),
    layer('transform-is-pure', '^src/transform/', '^src/(domain/|transform/|errors\\.ts$)'),
    layer('rightsizing-is-pure', '^src/rightsizing/', '^src/(domain/|rightsizing/|errors\\.ts$)'),
    layer('thanos-knows-no-neighbour', '^src/thanos/', '^src/(domain/|thanos/|observe/|errors\\.ts$|config)'),
    layer(
      'extract-reads-thanos',
      '^src/extract/',
      '^src/(domain/|extract/|thanos/|observe/|errors\\.ts$|config)',
    ),
    layer('db-knows-no-neighbour', '^src/db/', '^src/(domain/|db/|observe/|errors\\.ts$|config)'),
    layer('load-writes-the-database', '^src/load/', '^src/(domain/|load/|db/|observe/|errors\\.ts$|config)'),
    layer(
      'api-reads-the-database',
      '^src/api/',
      '^src/(domain/|api/|db/|rightsizing/|observe/|errors\\.ts$|config)',
    ),
    layer('queue-knows-no-neighbour', '^src/queue/', '^src/(domain/|queue/|observe/|errors\\.ts$|config)'),
    layer('observe-knows-no-neighbour', '^src/observe/', '^src/(domain/|observe/|errors\\.ts$|config)'),
    layer('sample-knows-no-product-code', '^src/sample/', '^src/(domain/|sample/|errors\\.ts$)'),
    layer('config-reads-the-environment', '^src/config', '^src/(domain/|config|errors\\.ts$)'),
    {
      name: 'jobs-hold-no-sql-http-or-queue',
      severity: 'error',
      from: { path: '^jobs/' },
      to: {
        path: '(^src/(queue|api|bin|sample)/|node_modules/(pg|undici|bullmq|ioredis|kysely|fastify)/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nothing-imports-the-entry-points',
      severity: 'error',
      from: { pathNot: '^(src/bin/|test/)' },
      to: { path: '^src/bin/' },
    },
    {
      name: 'only-entry-points-import-jobs',
      severity: 'error',
      from: { pathNot: '^(src/bin/|jobs/|test/)' },
      to: { path: '^jobs/' },
    },
    {
      name: 'only-the-queue-knows-bullmq',
      severity: 'error',
      from: { path: '^(src|jobs)/', pathNot: '^src/(queue/|config)' },
      to: { path: 'node_modules/(bullmq|ioredis|node-cron)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'not-to-test', severity: 'error', from: { path: '^(src|jobs)/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}

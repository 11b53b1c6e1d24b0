import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/skipped-reporter.ts'],
    // Starts PostgreSQL only when a file asks for a database.
    globalSetup: ['test/support/global-postgres.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // One more than a small machine has cores: much of the time is spent waiting for databases, browsers and clocks.
    maxWorkers: 3,
  },
})

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/skipped-reporter.ts'],
    // Starts PostgreSQL only when a file asks for a database.
    globalSetup: ['test/support/global-postgres.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Two real databases beside each other are what a small machine bears.
    maxWorkers: 2,
  },
})

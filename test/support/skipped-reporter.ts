import type { Reporter, TestModule } from 'vitest/node'

/** Names every test that was skipped, reason and all, after the summary: nothing is left out in silence. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names = modules.flatMap(module =>
      [...module.children.allTests('skipped')].map(test => test.fullName),
    )
    if (names.length === 0) return
    process.stdout.write(`\nSkipped:\n${names.map(name => `  ${name}\n`).join('')}\n`)
  }
}

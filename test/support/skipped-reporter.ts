import type { Reporter, TestModule } from 'vitest/node'

/**
 * Names every test that was skipped, reason and all, after the summary: nothing is left out in silence. A group without
 * tests is one whose tests were not even told of, so it fails the run.
 */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names = modules.flatMap(module =>
      [...module.children.allTests('skipped')].map(test => test.fullName),
    )
    if (names.length > 0) process.stdout.write(`\nSkipped:\n${listed(names)}\n`)
    const untold = modules.flatMap(module =>
      [...module.children.allSuites()]
        .filter(suite => suite.children.size === 0)
        .map(suite => suite.fullName),
    )
    if (untold.length === 0) return
    process.stdout.write(`\nGroups that hide their tests when they are skipped:\n${listed(untold)}\n`)
    process.exitCode = 1
  }
}

function listed(names: readonly string[]): string {
  return names.map(name => `  ${name}\n`).join('')
}

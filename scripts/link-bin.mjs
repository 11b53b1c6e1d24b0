// Makes `npx k8s-costs` work in the checkout: npm links the commands of dependencies, not those of the package itself.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'

const program = 'dist/src/bin/k8s-costs.js'
const link = 'node_modules/.bin/k8s-costs'

chmodSync(program, 0o755)
try {
  mkdirSync('node_modules/.bin', { recursive: true })
  rmSync(link, { force: true })
  symlinkSync(`../../${program}`, link)
} catch (error) {
  // A read-only or foreign node_modules: the program is still there to be run by its path.
  process.stderr.write(`npx k8s-costs will not be found (${error.code}); use node ${program}\n`)
}

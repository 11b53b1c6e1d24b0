// Fails when a package that is shipped, or one that it needs, has a licence that Apache-2.0 software can't take along.
import { readFileSync } from 'node:fs'

const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'])

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev)
const refused = shipped.filter(([, { license = 'none' }]) => !isAllowed(license))

for (const [path, { license = 'none' }] of refused) process.stderr.write(`${path}: ${license}\n`)
process.stdout.write(`${shipped.length} packages, ${refused.length} refused\n`)
process.exitCode = shipped.length === 0 || refused.length > 0 ? 1 : 0

/** `(A OR B)` needs one of them; anything else has to be on the list as it stands. */
function isAllowed(license) {
  return license
    .replace(/^\(|\)$/g, '')
    .split(' OR ')
    .some(name => ALLOWED.has(name))
}

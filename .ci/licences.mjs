// Fails when a package that is shipped, or one that it needs, has a licence that Apache-2.0 software can't take along.
import { readFileSync } from 'node:fs'

const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'])

const root = new URL('../', import.meta.url)
const refused = [...installed(), ...bundled()].filter(({ license }) => !isAllowed(license))

for (const { name, license } of refused) process.stderr.write(`${name}: ${license}\n`)
process.stdout.write(
  `${installed().length} packages, ${bundled().length} in the dashboard, ${refused.length} refused\n`,
)
const isBlind = installed().length === 0 || bundled().length === 0
process.exitCode = isBlind || refused.length > 0 ? 1 : 0

/** What `npm ci --omit=dev` installs. */
function installed() {
  const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'))
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([name, { license = 'none' }]) => ({ name, license }))
}

/** What the build has taken into the dashboard, as the bundler lists it: `## name - version (licence)`. */
function bundled() {
  const text = readFileSync(new URL('dist/dashboard/licences.md', root), 'utf8')
  return [...text.matchAll(/^## (\S+) - \S+ \((.+)\)$/gm)].map(([, name, license]) => ({ name, license }))
}

/** `(A OR B)` needs one of them; anything else has to be on the list as it stands. */
function isAllowed(license) {
  return license
    .replace(/^\(|\)$/g, '')
    .split(' OR ')
    .some(name => ALLOWED.has(name))
}

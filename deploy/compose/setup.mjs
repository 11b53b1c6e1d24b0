// Enters the two accounts of the sample estate and prints a token for the first of them, unless it has one already.
import { execFileSync } from 'node:child_process'

const ACCOUNTS = [
  { id: '3f6e1a52-8c0b-4d8e-9a77-0c1d5b2e4f61', name: 'Aurora Shop', currency: 'USD' },
  { id: 'b81d44c7-52f9-4a0e-8f3b-6e2a90d7c315', name: 'Nordlicht GmbH', currency: 'EUR' },
]

for (const { id, name, currency } of ACCOUNTS)
  run('accounts', 'add', id, '--name', name, '--currency', currency)

const account = ACCOUNTS[0].id
const tokens = JSON.parse(run('tokens', 'list', '--account', account, '--json'))
if (tokens.some(({ state }) => state === 'active')) {
  process.stdout.write('The account has a token already; "tokens create" makes another.\n')
} else {
  const token = run('tokens', 'create', '--account', account).trim()
  process.stdout.write(`Account ${account}\nToken   ${token}\n`)
}

/** Runs one command of the product and gives what it prints; its exit code decides over this program's. */
function run(...args) {
  return execFileSync(process.execPath, ['dist/src/bin/k8s-costs.js', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

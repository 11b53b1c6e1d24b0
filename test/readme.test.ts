import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { CONFIG_VARIABLES } from '../src/config.js'

test('the configuration table of the README names every variable with its default and meaning', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`( [*_]secret[*_])? +\| (?:`([^`]*)`)? *\| (.*?) *\|$/gm)]
  const documented = rows.map(([, name, secret, fallback, description]) => ({
    name,
    secret: secret !== undefined,
    fallback,
    description,
  }))
  expect(documented).toEqual(
    CONFIG_VARIABLES.map(({ name, secret, default: fallback, description }) => ({
      name,
      secret: secret === true,
      fallback,
      description,
    })),
  )
})

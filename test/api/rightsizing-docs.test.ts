import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { KNOBS } from '../../src/api/query/rightsizing.js'
import { REASONS } from '../../src/rightsizing/reasons.js'

const text = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8')
const section = text.split(/^## /m).find(part => part.startsWith('Rightsizing')) ?? ''

it('docs/api.md has every reason with its meaning, in their order', () => {
  const rows = [...section.matchAll(/^\| `(\w+)` +\| (\S.*?) +\|$/gm)].map(([, code, meaning]) => [
    code,
    meaning,
  ])
  expect(rows.slice(-Object.keys(REASONS).length)).toEqual(Object.entries(REASONS))
})

it('docs/api.md has every parameter that changes a profile', () => {
  for (const knob of Object.keys(KNOBS))
    expect(section).toMatch(new RegExp(`^\\|.*\`${knob}\`.*\\|.*\\|`, 'm'))
})

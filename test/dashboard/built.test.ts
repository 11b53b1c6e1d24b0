import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BUILT } from './support/stage.js'

const BUDGET_BYTES = 250_000

async function files(ending: string): Promise<[string, string][]> {
  const names = (await readdir(BUILT, { recursive: true })).filter(name => name.endsWith(ending))
  return Promise.all(
    names.map(async name => [name, await readFile(join(BUILT, name), 'utf8')] as [string, string]),
  )
}

describe('the built dashboard', () => {
  it('has less JavaScript in all, compressed, than its budget', async () => {
    const scripts = await files('.js')
    const sizes = scripts.map(([, text]) => gzipSync(text).length)
    expect(scripts.length).toBeGreaterThan(1)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(BUDGET_BYTES)
  })

  it('has a page without code or style of its own, which asks for files of the build alone', async () => {
    const page = await readFile(join(BUILT, 'index.html'), 'utf8')
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<base/i)
    expect([...page.matchAll(/<script([^>]*)>([^<]*)/g)].map(([, , text]) => text)).toEqual([''])
    const asked = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '')
    expect(asked.length).toBeGreaterThan(2)
    for (const url of asked) {
      expect(url).toMatch(/^\/[\w./-]+$/)
      expect((await readFile(join(BUILT, url))).length).toBeGreaterThan(0)
    }
  })

  it('names nothing that lies elsewhere in its styles, and ships no source map', async () => {
    for (const [name, text] of await files('.css'))
      expect(text, name).not.toMatch(/url\(["']?(?:https?:)?\/\/|@import/)
    expect(await files('.map')).toEqual([])
  })
})

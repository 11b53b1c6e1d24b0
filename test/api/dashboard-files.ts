import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const COMPRESS = fileURLToPath(new URL('../../scripts/compress-dashboard.mjs', import.meta.url))

export const SCRIPT = '/assets/index-Bx12_-3f.js'
export const STYLE = '/assets/index-0a1b2c3d.css'
export const PICTURE = '/assets/empty-0a1b2c3d.png'

/** The text of each file that is served, by its path; the script is long, the style is not. */
export const FILES: Readonly<Record<string, string>> = {
  '/index.html': `<!doctype html><html lang="en"><title>Kubernetes costs</title>${'<p>cost</p>'.repeat(200)}</html>`,
  '/favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  [SCRIPT]: `export const hours = [${Array.from({ length: 900 }, (_, hour) => hour).join()}]`,
  [STYLE]: ':root { color-scheme: light dark }',
  [PICTURE]: 'x'.repeat(5000),
}

/** What is there too and nobody's business, by its path from the folder. */
export const HIDDEN: Readonly<Record<string, string>> = {
  '/../secret-0a1b2c3d.js': 'canary outside',
  '/.env': 'canary hidden',
  '/manifest.json': 'canary of the build',
  '/assets/.hidden-0a1b2c3d.js': 'canary hidden',
  '/assets/index-Bx12_-3f.js.map': 'canary map',
  '/assets/unhashed.js': 'canary unhashed',
  '/assets/more/index-0a1b2c3d.js': 'canary below',
}

/** A built dashboard in a folder of its own. */
export interface DashboardFiles {
  readonly directory: string
  write(path: string, text: string): Promise<void>
  remove(): Promise<void>
}

export async function makeDashboard(): Promise<DashboardFiles> {
  const place = await mkdtemp(join(tmpdir(), 'k8s-costs-dashboard-test-'))
  const directory = join(place, 'dashboard')
  const write = (path: string, text: string) => writeFile(join(directory, path), text)
  await mkdir(join(directory, 'assets', 'more'), { recursive: true })
  for (const [path, text] of Object.entries({ ...FILES, ...HIDDEN })) await write(path, text)
  await promisify(execFile)(process.execPath, [COMPRESS, directory])
  return { directory, write, remove: () => rm(place, { recursive: true, force: true }) }
}

import { existsSync } from 'node:fs'

// The code runs from src/bin and from dist/src/bin.
const FOLDERS = ['../../', '../../../'].map(path => new URL(path, import.meta.url))

/** Where a file or folder of the installed package is, by its path in it; undefined where there is no package. */
export function packageFile(path: string): URL | undefined {
  const folder = FOLDERS.find(one => existsSync(new URL('package.json', one)))
  return folder === undefined ? undefined : new URL(path, folder)
}

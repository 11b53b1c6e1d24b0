import { readFile } from 'node:fs/promises'

/** The text of docs/analysts.md. */
export async function analystsGuide(): Promise<string> {
  return readFile(new URL('../../docs/analysts.md', import.meta.url), 'utf8')
}

/** The SQL of its questions, by their numbers. */
export function questionsOf(guide: string): Map<string, string> {
  const found = guide.matchAll(/^### (\d+)\. .*?^```sql\n(.*?)^```/gms)
  return new Map([...found].map(([, number, sql]) => [number ?? '', sql ?? '']))
}

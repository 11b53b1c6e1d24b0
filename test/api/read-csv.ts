/** A reader of RFC 4180 of its own, strict: anything else is an error. */
export function readCsv(text: string): string[][] {
  if (!text.endsWith('\r\n')) throw new Error('the last record of a table is cut off')
  const records: string[][] = [[]]
  let rest = text
  while (rest !== '') {
    const field = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest)
    if (field === null) throw new Error(`no CSV from here on: ${rest.slice(0, 60)}`)
    records.at(-1)?.push(field[1]?.replaceAll('""', '"') ?? field[2] ?? '')
    rest = rest.slice(field[0].length)
    if (field[3] === '\r\n' && rest !== '') records.push([])
  }
  return records
}

// Makes a .br and a .gz beside each text of the built dashboard, as small as they get, so that the server compresses
// nothing itself. The page is left out: it is small and compressed as it is sent, under a validator of its content.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const directory = process.argv[2] ?? 'dist/dashboard'
const TEXT = /\.(?:css|js|svg)$/
// Smaller ones are sent as they are: a packet is a packet.
const SMALLEST_BYTES = 1024

const brotli = {
  [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
}

for (const name of readdirSync(join(directory, 'assets'))) {
  const file = join(directory, 'assets', name)
  if (!TEXT.test(name)) continue
  const text = readFileSync(file)
  if (text.length <= SMALLEST_BYTES) continue
  writeFileSync(`${file}.br`, brotliCompressSync(text, { params: brotli }))
  writeFileSync(`${file}.gz`, gzipSync(text, { level: constants.Z_BEST_COMPRESSION }))
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { sendUnlessHeld } from '../caching.js'
import { type Api, refuseOtherMethods } from '../routes/methods.js'

/** Each view has a path of its own, and all of them are the one page. */
const VIEWS = ['overview', 'allocation', 'efficiency', 'rightsizing', 'infrastructure', 'pipeline']
const PAGE_URLS = ['/', ...VIEWS.flatMap(view => [`/${view}`, `/${view}/`])]
const ICON_URL = '/favicon.svg'
const ASSETS_URL = '/assets/:file'
/** Whatever the dashboard adds to the routes of the server, as it is registered. */
export const DASHBOARD_URLS: readonly string[] = [...PAGE_URLS, ICON_URL, ASSETS_URL]

// A file whose name holds a hash of its content, of a kind that a page is made of: neither a compressed twin, a source
// map or a file that is hidden, nor anything in another folder.
const ASSET = /^\w[\w.-]*-[\w-]{8,}\.(?:css|js|png|svg|woff2)$/

// Nothing from elsewhere, nothing inline, and no text that becomes code or markup.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

// Those that browsers know; of another they complain. The clipboard may be written to: advice is there to be copied.
const UNUSED_FEATURES = [
  'accelerometer',
  'autoplay',
  'camera',
  'clipboard-read',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'usb',
  'xr-spatial-tracking',
]

const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': UNUSED_FEATURES.map(feature => `${feature}=()`).join(', '),
}

/**
 * Serves the built dashboard in `directory`: the page at the path of each view, its icon, and what it is made of under
 * `/assets`. No other path leads into the directory. Files are read when they are asked for, so that a new build is
 * there at once.
 */
export function addDashboard(api: Api, directory: string): void {
  api.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS)
  })
  const page = join(directory, 'index.html')
  for (const url of PAGE_URLS) addText(api, url, page, 'text/html; charset=utf-8', 'no-cache')
  addText(api, ICON_URL, join(directory, 'favicon.svg'), 'image/svg+xml', 'public, max-age=86400')
  addAssets(api, join(directory, 'assets'))
}

// Names that stay while the content changes. The validator is made of the content: packages and images are made with
// the same time on each file, and pages that differ in a hash have the same size.
function addText(api: Api, url: string, file: string, type: string, cacheControl: string): void {
  refuseOtherMethods(api, url)
  api.get(url, async (request, reply) => {
    const text = await readText(file)
    return text === undefined
      ? reply.callNotFound()
      : sendUnlessHeld(request, reply, { text, type, cacheControl })
  })
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function addAssets(api: Api, root: string): void {
  api.register(fastifyStatic, {
    root,
    serve: false,
    // The twins that the build made, or the file as it is.
    preCompressed: true,
    immutable: true,
    maxAge: '1y',
    acceptRanges: false,
  })
  refuseOtherMethods(api, ASSETS_URL)
  api.route<{ Params: { file: string } }>({
    method: ['GET', 'HEAD'],
    url: ASSETS_URL,
    compress: false,
    handler: async ({ params }, reply) => {
      if (!ASSET.test(params.file)) return reply.callNotFound()
      return reply.header('vary', 'Accept-Encoding').sendFile(params.file)
    },
  })
}

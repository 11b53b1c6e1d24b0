import { createConfig, lintFromString } from '@redocly/openapi-core'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import { DASHBOARD_URLS } from '../../src/api/plugins/dashboard.js'
import { DOCUMENT_URL, UI_REDIRECTS, UI_URL } from '../../src/api/plugins/openapi.js'
import type { Api } from '../../src/api/routes/methods.js'
import { createPool } from '../../src/db/pool.js'
import { type DashboardFiles, makeDashboard } from './dashboard-files.js'
import { type OpenApi, readOpenApi } from './document.js'

let dashboard: DashboardFiles
let app: Api
let openApi: OpenApi
const registered = new Map<string, Set<string>>()

beforeAll(async () => {
  dashboard = await makeDashboard()
  // Nothing here asks the database.
  const pool = createPool('postgres://nobody@127.0.0.1:1/none', { applicationName: 'test' })
  app = buildApp({ pool, dashboardDirectory: dashboard.directory })
  app.addHook('onRoute', ({ url, method }) => {
    const methods = registered.get(url) ?? new Set()
    registered.set(url, new Set([...methods, ...[method].flat()]))
  })
  openApi = await readOpenApi(app)
})
afterAll(async () => {
  await app.close()
  await dashboard.remove()
})

describe('the document', () => {
  it('has every route of the API and no other', () => {
    const ofDashboard = (url: string) => DASHBOARD_URLS.includes(url)
    expect([...registered.keys()].filter(ofDashboard).sort()).toEqual([...DASHBOARD_URLS].sort())
    const forPeople = (url: string) =>
      UI_REDIRECTS.includes(url) || url.startsWith(UI_URL) || ofDashboard(url)
    const routes = [...registered]
      .filter(([url, methods]) => methods.has('GET') && !forPeople(url))
      .map(([url]) => url.replace(/:(\w+)/g, '{$1}'))
    expect([...openApi.operations.keys()].sort()).toEqual(routes.sort())
    expect(routes).toContain('/restapi/v2/cloud_accounts/{id}/k8s/cost_allocation')
  })

  it('is of routes that take GET and HEAD and refuse the rest', async () => {
    for (const path of openApi.operations.keys()) {
      const url = path.replace('{id}', 'x')
      const refused = await app.inject({ method: 'DELETE', url })
      expect([refused.statusCode, refused.headers['allow']]).toEqual([405, 'GET, HEAD'])
      const [get, head] = [await app.inject(url), await app.inject({ method: 'HEAD', url })]
      expect(head.statusCode, url).toBe(get.statusCode)
      expect(head.body).toBe('')
    }
  })

  it('passes the recommended rules without an error or a warning', async () => {
    const config = await createConfig({ extends: ['recommended'] })
    const problems = await lintFromString({ source: openApi.text, config })
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
  })

  it('is public, the same for everybody, and not sent again to who has it', async () => {
    const first = await app.inject(DOCUMENT_URL)
    expect(first.statusCode).toBe(200)
    expect(first.json().openapi).toBe('3.1.0')
    const held = await app.inject({
      url: DOCUMENT_URL,
      headers: { 'if-none-match': String(first.headers['etag']) },
    })
    expect([held.statusCode, held.body]).toEqual([304, ''])
    const ui = await app.inject(`${UI_URL}/json`)
    expect(ui.json()).toEqual(first.json())
  })

  it('tells for each answer about an account who may read it', () => {
    const { paths } = JSON.parse(openApi.text)
    for (const [path, { get }] of Object.entries<{ get: Record<string, unknown> }>(paths)) {
      if (path.includes('/cloud_accounts/')) expect(get['description'], path).toContain('INFO_ORGANIZATION')
      else expect(get['security'], path).toEqual([])
    }
  })
})

describe('the page for people', () => {
  it.each(UI_REDIRECTS)('is where %s leads', async url => {
    const { statusCode, headers } = await app.inject(url)
    expect([statusCode, headers['location']]).toEqual([302, UI_URL])
  })

  it('is made of this server’s files alone, and may do nothing else', async () => {
    const page = await app.inject(UI_URL)
    expect(page.statusCode).toBe(200)
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    const files = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file]) => file ?? '')
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      expect(file.startsWith(`${UI_URL}/static/`), file).toBe(true)
      expect((await app.inject(file)).statusCode, file).toBe(200)
    }
    expect(page.body).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=/)
  })
})

describe('a client of generated types', () => {
  const CLIENT = `
    import type { components, paths } from './api.js'
    type Get<Path extends keyof paths> = paths[Path]['get']
    type Costs = Get<'/restapi/v2/cloud_accounts/{id}/k8s/cost_allocation'>
    type Query = Costs['parameters']['query']
    type Body = Costs['responses'][200]['content']['application/json']
    const query: Query = {
      start_date: 1772409600,
      end_date: 1772496000,
      breakdown_by: ['namespace', 'label:team'],
      step: 'day',
      k8s_namespace: ['shop', '!media'],
      label: { 'label.team': 'red' },
    }
    export function totals(body: Body): number[] {
      const rows: components['schemas']['CostAllocationRow'][] = body.cost_allocation
      const unknownAs0 = (amount: number | null) => amount ?? 0
      return rows.map(row => row.total_cost + unknownAs0(row.pv_cost))
    }
    export const code = (refused: Costs['responses'][404]['content']['application/json']): string =>
      refused.error.error_code
    export const gap = (body: Body): 'not_loaded' | string | undefined => body.meta.gaps[0]?.reason
    // @ts-expect-error: needed
    export const lacking: Query = { start_date: 1 }
    // @ts-expect-error: no such step
    export const wrong: Query = { ...query, step: 'year' }
    // @ts-expect-error: may be null
    export const careless = (body: Body): number | undefined => body.cost_allocation[0]?.pv_cost
    // @ts-expect-error: no such field
    export const invented = (body: Body) => body.meta.nothing
  `

  it('compiles, and is stopped where it is wrong', async () => {
    const types = astToString(await openapiTS(openApi.text))
    const files = new Map([
      ['/client.ts', CLIENT],
      ['/api.ts', types],
    ])
    expect(diagnose(files)).toEqual([])
    files.set('/client.ts', CLIENT.replace("step: 'day'", "step: 'fortnight'"))
    expect(diagnose(files).join()).toContain('fortnight')
  })

  function diagnose(files: ReadonlyMap<string, string>): string[] {
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
      lib: ['lib.es2023.d.ts'],
      skipLibCheck: true,
      exactOptionalPropertyTypes: true,
    }
    const host = ts.createCompilerHost(options)
    const { fileExists, readFile } = host
    host.fileExists = path => files.has(path) || fileExists(path)
    host.readFile = path => files.get(path) ?? readFile(path)
    host.getSourceFile = (path, version) => {
      const text = host.readFile(path)
      return text === undefined ? undefined : ts.createSourceFile(path, text, version)
    }
    return ts
      .getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  }
})

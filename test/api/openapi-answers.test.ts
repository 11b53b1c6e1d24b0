import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenApi, type Operation, type Parameter, pairsOf, readOpenApi } from './document.js'
import { openInventedWorld } from './invented.js'
import { FIRST, SECRET, UNKNOWN, type World } from './world.js'

let world: World
let openApi: OpenApi
let routes: [string, Operation][]

beforeAll(async () => {
  world = await openInventedWorld()
  openApi = await readOpenApi(world.app)
  routes = [...openApi.operations].filter(([path]) => path.includes('/cloud_accounts/'))
})
afterAll(() => world.close())

function ask(
  path: string,
  pairs: [string, string][],
  headers: Record<string, string> = { secret: SECRET },
  id = FIRST,
) {
  return world.app.inject({ url: `${path.replace('{id}', id)}?${new URLSearchParams(pairs)}`, headers })
}

function queryOf({ parameters = [] }: Operation): Parameter[] {
  return parameters.filter(parameter => parameter.in === 'query')
}

/** The pairs without which a request is refused, each with its example. */
function neededPairs(operation: Operation, but = ''): [string, string][] {
  return queryOf(operation)
    .filter(({ required, name }) => required && name !== but)
    .flatMap(parameter => pairsOf(parameter, parameter.schema.examples?.[0]))
}

/** What is wrong with an answer, by what is documented of its status. */
async function mistakesOf(operation: Operation, answer: Awaited<ReturnType<typeof ask>>): Promise<string[]> {
  const documented = operation.responses[String(answer.statusCode)]
  if (documented === undefined) return [`${answer.statusCode} is not documented`]
  const lacking = Object.keys(documented.headers ?? {})
    // No limit is set here.
    .filter(name => !name.startsWith('RateLimit') && answer.headers[name.toLowerCase()] === undefined)
    .map(name => `${name} is missing`)
  const type = String(answer.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  if (documented.content === undefined) return answer.body === '' ? lacking : [...lacking, 'there is a body']
  const media = documented.content[type]
  if (media === undefined) return [...lacking, `${type} is not documented`]
  return type === 'text/csv' ? lacking : [...lacking, ...openApi.problems(media.schema, answer.json())]
}

describe('every documented parameter', () => {
  it('has a description, and is needed or not as it says', async () => {
    for (const [path, operation] of routes) {
      for (const parameter of queryOf(operation)) {
        expect(parameter, parameter.name).toMatchObject({ description: expect.stringMatching(/\w{3}.*\.$/s) })
        const { statusCode, body } = await ask(path, neededPairs(operation, parameter.name))
        const params = statusCode === 400 ? JSON.parse(body).error : { error_code: 'none' }
        if (parameter.required)
          expect(params).toMatchObject({ error_code: 'OE0216', params: [parameter.name] })
        else expect(statusCode).toBe(200)
      }
    }
  })

  it('takes each of its examples and values, and what comes is as documented, without anything more', async () => {
    let asked = 0
    for (const [path, operation] of routes) {
      for (const parameter of queryOf(operation)) {
        const { enum: values = [], examples = [] } = parameter.schema
        for (const value of [...values, ...examples]) {
          expect(openApi.problems(parameter.schema, value), `${path} ${parameter.name}`).toEqual([])
          const pairs = [...neededPairs(operation, parameter.name), ...pairsOf(parameter, value)]
          const answer = await ask(path, pairs)
          expect(
            answer.statusCode,
            `${path} ${new URLSearchParams(pairs)}: ${answer.body.slice(0, 200)}`,
          ).toBe(200)
          expect(await mistakesOf(operation, answer), `${path} ${new URLSearchParams(pairs)}`).toEqual([])
          asked += 1
        }
      }
    }
    expect(asked).toBeGreaterThan(40)
  })

  it('of a family is sent under the names of its members', () => {
    const label = queryOf(
      openApi.operations.get('/restapi/v2/cloud_accounts/{id}/k8s/cost_allocation') as Operation,
    )
      .filter(({ name }) => name === 'label')
      .flatMap(parameter => pairsOf(parameter, parameter.schema.examples?.[0]))
    expect(label).toEqual([['label.team', 'red']])
  })
})

describe('every documented example of a body', () => {
  it('is one by its schema', () => {
    let seen = 0
    for (const [path, { responses }] of openApi.operations) {
      for (const [status, { content = {} }] of Object.entries(responses)) {
        for (const { schema, example } of Object.values(content)) {
          if (example === undefined) continue
          expect(openApi.problems(schema, example), `${path} ${status}`).toEqual([])
          seen += 1
        }
      }
    }
    expect(seen).toBeGreaterThan(10)
  })

  it('of an allocation adds up', () => {
    const operation = openApi.operations.get('/restapi/v2/cloud_accounts/{id}/k8s/cost_allocation')
    const body = operation?.responses['200']?.content?.['application/json']?.example as {
      total_cost: number
      cost_allocation: Record<string, number>[]
    }
    const [row = {}] = body.cost_allocation
    const parts = ['cpu', 'ram', 'gpu', 'pv', 'network', 'load_balancer', 'management', 'shared', 'idle']
    const sum = parts.reduce((all, part) => all + (row[`${part}_cost`] ?? Number.NaN), 0)
    expect(sum).toBeCloseTo(row['total_cost'] ?? Number.NaN, 9)
    expect(body.total_cost).toBe(row['total_cost'])
    expect(row['cpu_efficiency']).toBe(
      (row['cpu_core_used_hours'] ?? 0) / (row['cpu_core_request_hours'] ?? 1),
    )
  })
})

describe('what comes instead of an answer', () => {
  it('is documented too, in both forms', async () => {
    const secret = { secret: SECRET }
    for (const accept of ['application/json', 'application/problem+json']) {
      for (const [path, operation] of routes) {
        const needed = neededPairs(operation)
        const answers = [
          await ask(path, needed, { accept }),
          await ask(path, needed, { accept, secret: 'wrong' }),
          await ask(path, needed, { accept, ...secret }, UNKNOWN),
          await ask(path, [...needed, ['unknown', '1']], { accept, ...secret }),
          await ask(path, needed, { accept, ...secret }, 'x'.repeat(600)),
          await ask(path, needed, { accept, ...secret, 'if-none-match': '*' }),
        ]
        expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 403, 404, 400, 414, 304])
        for (const answer of answers) expect(await mistakesOf(operation, answer), path).toEqual([])
      }
    }
  })

  it('has every code that can come, by its status', () => {
    for (const [, { responses }] of routes) {
      expect(responses['400']?.description).toContain('`OE0217`: Invalid …')
      expect(responses['401']?.description).toMatch(/OE0235.*OE0237/s)
      expect(responses['404']?.description).toContain('`OE0002`')
      expect(responses['429']?.headers).toHaveProperty('Retry-After')
      expect(responses['503']?.headers).toHaveProperty('Retry-After')
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining(['200', '304', '403', '408', '431', '500']),
      )
    }
  })
})

// Writes the types of the public API for the dashboard, from the document that the API serves.
import { writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'
import pg from 'pg'
import { buildApp } from '../dist/src/api/app.js'

const pool = new pg.Pool()
const app = buildApp({ pool })
const { body } = await app.inject('/restapi/v2/openapi.json')
await app.close()
await pool.end()
writeFileSync('src/dashboard/api/openapi.d.ts', astToString(await openapiTS(body)))

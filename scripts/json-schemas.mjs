// Writes schemas/json/*.schema.json from the shapes that read the documents; --check only says whether they are up to date.
// Needs a build before: node scripts/build.mjs
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchemas } from '../dist/anchor/verify/json-schemas.js'

const folder = join(import.meta.dirname, '..', 'schemas', 'json')
const wanted = new Map([...jsonSchemas()].map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]))

mkdirSync(folder, { recursive: true })
const stale = readdirSync(folder).filter((name) => !wanted.has(name))
// By what they say: how they are laid out is the formatter's business.
const changed = [...wanted]
  .filter(([name, text]) => said(textOf(join(folder, name))) !== said(text))
  .map(([name]) => name)
if (process.argv.includes('--check')) {
  for (const name of [...stale, ...changed]) console.error(`schemas/json/${name} is not what the code says`)
  process.exit(stale.length + changed.length === 0 ? 0 : 1)
}
for (const name of stale) rmSync(join(folder, name))
for (const name of changed) writeFileSync(join(folder, name), wanted.get(name))

function said(text) {
  return text === undefined ? undefined : JSON.stringify(JSON.parse(text))
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

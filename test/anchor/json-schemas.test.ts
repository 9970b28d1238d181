import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { jsonSchemas } from '../../anchor/verify/json-schemas.ts'
import { readVectors } from './vectors.ts'

const FOLDER = resolve(import.meta.dirname, '../../schemas/json')

const schemas = new Map(
  readdirSync(FOLDER).map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as { title: string }]),
)
const validatorOf = (name: string) => new Ajv2020({ strict: true, allErrors: true }).compile(schemas.get(name)!)

test('schemas/json holds what the code says: if not, node scripts/json-schemas.mjs', () => {
  expect(schemas).toEqual(new Map(Object.entries(JSON.parse(JSON.stringify(Object.fromEntries(jsonSchemas()))))))
})

type Cases = readonly { readonly document: object }[]
const vectors =
  readVectors<Record<'payoutReceipts' | 'eventReceipts' | 'uploadReceipts' | 'omissions', Cases>>('receipts.json')
const { logKey } = readVectors<{ logKey: { documents: object[] } }>('receipts.json')
const { attestations } = readVectors<{ attestations: Cases }>('signatures.json')
const { manifests } = readVectors<{ manifests: Cases }>('manifest.json')

describe.each<[schema: string, documents: readonly object[]]>([
  ['receipt-1.schema.json', vectors.payoutReceipts.map(({ document }) => document)],
  ['event-receipt-1.schema.json', vectors.eventReceipts.map(({ document }) => document)],
  ['upload-receipt-1.schema.json', vectors.uploadReceipts.map(({ document }) => document)],
  ['omission-1.schema.json', vectors.omissions.map(({ document }) => document)],
  ['log-key-1.schema.json', logKey.documents],
  ['attestation-1.schema.json', attestations.map(({ document }) => document)],
  ['manifest-1.schema.json', manifests.map(({ document }) => document)],
])('%s', (name, documents) => {
  const validate = validatorOf(name)

  test('takes documents of another implementation', () => {
    for (const document of documents)
      expect({ ok: validate(document), errors: validate.errors }).toMatchObject({ ok: true })
  })

  test('refuses a key that is missing, one too many, or of another type', () => {
    const [document] = documents as [Record<string, unknown>]
    for (const key of Object.keys(document)) {
      const { [key]: _, ...rest } = document
      expect({ key, ok: validate(rest) }).toEqual({ key, ok: false })
      expect({ key, ok: validate({ ...document, [key]: true }) }).toEqual({ key, ok: false })
    }
    expect(validate({ ...document, more: 1 })).toBe(false)
  })
})

test('there is a schema of each document that tally verify takes', () => {
  expect([...schemas.keys()]).toContain('split-view-1.schema.json')
  expect([...schemas.values()].every(({ title }) => title.length > 0)).toBe(true)
})

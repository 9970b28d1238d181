import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { decodeValue, type EventOf, type EventType, encodeValue } from '../../schemas/index.ts'
import { isRegistrable, readRegisteredSchema } from '../../schemas/registered-schemas.ts'
import { unhex } from '../anchor/vectors.ts'
import { pythonWithPackages } from '../support/python/python.mjs'
import { readTaggedVectors } from '../vectors/tagged.ts'

const { how, cases } = readTaggedVectors<{
  how: string
  cases: {
    name: string
    event: EventType
    schemaId: number
    schema: object | null
    body: EventOf['body']
    bytes: string
  }[]
}>('fastavro.json')

/** The schemas that the case's producer registered. */
function registeredBy({ event, schemaId, schema }: (typeof cases)[number]) {
  if (schema === null || !isRegistrable(event)) return undefined
  const found = readRegisteredSchema(event, JSON.stringify(schema))
  if (found.outcome !== 'readable') throw new Error(found.detail)
  return new Map([[schemaId, found.schema]])
}

describe('wire bytes of another implementation', () => {
  test('are there: of every event, in blocks, and of producers with schemas of their own', () => {
    expect(how).toMatch(/fastavro 1\.13\.1/)
    expect(cases.filter(({ schema }) => schema !== null).length).toBeGreaterThan(7)
    expect(cases.filter(({ name }) => name.startsWith('blocks of')).length).toBe(3)
  })

  test.each(cases)('$event, $name: read as the body that was written', (vector) => {
    const { event, bytes, body } = vector
    expect(decodeValue(unhex(bytes), registeredBy(vector))).toEqual({ outcome: 'decoded', type: event, body })
  })

  // An amount below 0 may have a byte more there; none is ever accepted.
  const alike = cases.filter(({ schema, name }) => schema === null && !/^(blocks|fee -)/.test(name))
  test.each(alike)('$event, $name: written as we write it', ({ event, bytes, body }) => {
    expect(encodeValue(event, body as never).toString('hex')).toBe(bytes)
  })
})

const { available, python, hint } = pythonWithPackages()
if (!available && process.env.CI !== 'true') console.warn(`The test that asks fastavro again is skipped. ${hint}`)
const testWithPackages = available || process.env.CI === 'true' ? test : test.skip

testWithPackages('fastavro makes these bytes, and reads ours as what they were', () => {
  expect(hint).toBe('')
  const script = fileURLToPath(new URL('./make_golden.py', import.meta.url))
  const { status, stderr } = spawnSync(python, [script, '--check'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parseAvroSchema } from '../../schemas/avro-schema.ts'
import { builtInSchemas } from '../../schemas/avro-types.ts'
import { COMPATIBILITY_MODES, type CompatibilityMode, findIncompatibilities } from '../../schemas/compatibility.ts'
import { BUILT_IN_SCHEMA_IDS_FROM } from '../../schemas/limits.ts'

const schema = (...fields: object[]) => parseAvroSchema(JSON.stringify({ type: 'record', name: 'R', fields }))
const a = { name: 'a', type: 'int' }
const b = { name: 'b', type: 'int' }
const optionalB = { ...b, default: 0 }
const c = { name: 'c', type: 'int' }

/** Modes in which the schema may follow the versions. */
const modesOf = (candidate: ReturnType<typeof schema>, ...versions: ReturnType<typeof schema>[]) =>
  COMPATIBILITY_MODES.filter((mode) => findIncompatibilities(mode, candidate, versions).length === 0)

describe('compatibility', () => {
  test.each<[name: string, modes: readonly CompatibilityMode[], expected: readonly CompatibilityMode[]]>([
    ['the same', modesOf(schema(a), schema(a)), COMPATIBILITY_MODES],
    ['the first version', modesOf(schema(a)), COMPATIBILITY_MODES],
    ['a field with a default more', modesOf(schema(a, optionalB), schema(a)), COMPATIBILITY_MODES],
    ['a field without a default more', modesOf(schema(a, b), schema(a)), ['FORWARD', 'FORWARD_TRANSITIVE']],
    ['a field less', modesOf(schema(a), schema(a, b)), ['BACKWARD', 'BACKWARD_TRANSITIVE']],
    ['a field with a default less', modesOf(schema(a), schema(a, optionalB)), COMPATIBILITY_MODES],
    ['a wider number', modesOf(schema({ ...a, type: 'long' }), schema(a)), ['BACKWARD', 'BACKWARD_TRANSITIVE']],
    ['another type', modesOf(schema({ ...a, type: 'string' }), schema(a)), []],
    // b got a default and lost it again: each step is backward compatible, the two together are not.
    [
      'two steps',
      modesOf(schema(a, b), schema(a), schema(a, optionalB)),
      ['BACKWARD', 'FORWARD', 'FULL', 'FORWARD_TRANSITIVE'],
    ],
  ])('%s', (_, modes, expected) => {
    expect(modes).toEqual(expected)
  })

  test('what does not fit is named with its version and direction', () => {
    expect(findIncompatibilities('FULL_TRANSITIVE', schema(a, b), [schema(a, b), schema(a, c)])).toEqual([
      { version: 1, direction: 'BACKWARD', fault: 'R.b: was not written and has no default' },
      { version: 1, direction: 'FORWARD', fault: 'R.c: was not written and has no default' },
    ])
  })
})

describe('the released schemas', () => {
  const schemas = builtInSchemas()

  test('have ids where no schema registry counts to, and every file one', () => {
    const folder = new URL('../../schemas/avro/', import.meta.url)
    const ids = JSON.parse(readFileSync(new URL('ids.json', folder), 'utf8')) as Record<string, string>
    expect(Object.values(ids).sort()).toEqual(
      readdirSync(folder)
        .filter((name) => name.endsWith('.avsc'))
        .sort(),
    )
    const expected = schemas.map((_, index) => BUILT_IN_SCHEMA_IDS_FROM + 1 + index)
    expect(schemas.map(({ id }) => id)).toEqual(expected)
    expect(Math.max(...expected)).toBeLessThan(2 ** 31)
  })

  test('each version of an event reads what all before it wrote', () => {
    for (const [index, { event, text }] of schemas.entries()) {
      const before = schemas.slice(0, index).filter((each) => each.event === event)
      const versions = before.map((each) => parseAvroSchema(each.text))
      expect({ event, faults: findIncompatibilities('BACKWARD_TRANSITIVE', parseAvroSchema(text), versions) }).toEqual({
        event,
        faults: [],
      })
    }
  })
})

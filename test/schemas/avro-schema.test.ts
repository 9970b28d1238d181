import { describe, expect, test } from '@jest/globals'
import { parseAvroSchema } from '../../schemas/avro-schema.ts'

const record = (fields: unknown, more: object = {}) => ({ type: 'record', name: 'R', fields, ...more })
const field = (type: unknown, name = 'f') => ({ name, type })
const parse = (json: unknown) => parseAvroSchema(JSON.stringify(json))

/** A record of two fields, each a record of two fields …: short to write, 2^levels types to hold. */
function doubling(levels: number): unknown {
  let text: unknown = { type: 'record', name: 'L0', fields: [field('int')] }
  for (let level = 1; level <= levels; level++)
    text = { type: 'record', name: `L${level}`, fields: [field(text, 'a'), field(`L${level - 1}`, 'b')] }
  return text
}

function symbols(count: number) {
  return { type: 'enum', name: 'E', symbols: Array.from({ length: count }, (_, index) => `s${index}`) }
}

/** A record whose first field defines the type; the others name it. */
function usesOf(type: { name: string }, uses: number): unknown {
  return record(Array.from({ length: uses }, (_, index) => field(index === 0 ? type : type.name, `f${index}`)))
}

function nested(depth: number): unknown {
  let type: unknown = 'int'
  for (let level = 1; level < depth; level++) type = { type: 'array', items: type }
  return type
}

describe('an Avro schema', () => {
  test.each<[name: string, json: unknown]>([
    ['a primitive', 'string'],
    ['a primitive with attributes', { type: 'long', logicalType: 'timestamp-millis' }],
    [
      'a name from the namespace',
      record([field(record([field('int')], { name: 'S' }), 'a'), field('n.S', 'b')], { namespace: 'n' }),
    ],
    ['a name in an object', record([field(record([field('int')], { name: 'S' }), 'a'), field({ type: 'S' }, 'b')])],
    ['an optional field', record([field(['null', 'string'])])],
    ['an empty namespace', record([field('int')], { namespace: '' })],
    [
      'names of Object',
      record([field('int', 'constructor'), field('int', '__proto__'), field('int', 'hasOwnProperty')]),
    ],
    ['1,000 types', record(Array.from({ length: 999 }, (_, index) => field('int', `f${index}`)))],
    ['an enum of 999 symbols', symbols(999)],
    ['ten uses of an enum of 98 symbols', usesOf(symbols(98), 10)],
    ['32 levels', nested(32)],
    ['511 types by name', doubling(7)],
  ])('%s is read', (_, json) => {
    expect(() => parse(json)).not.toThrow()
  })

  test.each<[name: string, json: unknown, message: string]>([
    ['a number', 7, 'schema is no schema.'],
    ['null', null, 'schema is no schema.'],
    ['an object without a type', {}, 'schema has no type.'],
    ['a type in a type', { type: { type: 'int' } }, 'schema has no type.'],
    ['an unknown name', record([field('Other')]), 'schema.f names "Other", which is not defined before.'],
    [
      'a name that comes later',
      record([field('S', 'a'), field(record([field('int')], { name: 'S' }), 'b')]),
      'schema.a names "S"',
    ],
    ['a type that holds itself', record([field(['null', 'R'])]), 'schema.f<1> names "R" within itself'],
    ['a type defined twice', record([field(record([field('int')]))]), 'defines "R" a second time'],
    ['the name of a primitive', record([field('int')], { name: 'bytes' }), 'takes the name of a primitive'],
    ['a name with a space', record([field('int')], { name: 'A B' }), 'has no proper name'],
    ['a namespace that is none', record([field('int')], { namespace: 'a..b' }), 'has no proper namespace'],
    ['null alone', record([field('null')]), 'schema.f is null outside a union'],
    ['an empty record', record([]), 'is a record without fields'],
    ['no fields', { type: 'record', name: 'R' }, 'is a record without fields'],
    ['a field twice', record([field('int'), field('long')]), 'has two fields "f"'],
    ['a field without a name', record([{ type: 'int' }]), 'has a field 0 without a proper name'],
    ['an empty union', record([field([])]), 'schema.f is a union of nothing'],
    ['a union in a union', record([field(['int', ['long']])]), 'is a union within a union'],
    ['a type twice in a union', record([field(['int', { type: 'int' }])]), 'two branches of one type'],
    [
      'two arrays in a union',
      [
        { type: 'array', items: 'int' },
        { type: 'array', items: 'long' },
      ],
      'two branches of one type',
    ],
    ['an enum without symbols', { type: 'enum', name: 'E', symbols: [] }, 'is an enum without proper symbols'],
    ['a symbol twice', { type: 'enum', name: 'E', symbols: ['A', 'A'] }, 'names a symbol twice'],
    ['an unknown default symbol', { type: 'enum', name: 'E', symbols: ['A'], default: 'B' }, 'default is no symbol'],
    ['a fixed of 0 bytes', { type: 'fixed', name: 'F', size: 0 }, 'is a fixed whose size is not 1 to 1048576'],
    ['aliases that are none', record([field('int')], { aliases: 'S' }), 'aliases that are no names'],
    [
      '1,001 types',
      record(Array.from({ length: 1_000 }, (_, index) => field('int', `f${index}`))),
      'makes 1001 types and symbols; 1000 are read',
    ],
    ['2^60 types in 60 lines', doubling(28), 'types and symbols; 1000 are read'],
    ['an enum of 1,000 symbols', symbols(1_000), 'schema makes 1001 types and symbols'],
    ['eleven uses of an enum of 98 symbols', usesOf(symbols(98), 11), 'schema.f10 makes 1090 types and symbols'],
    ['a large enum by a short name', usesOf(symbols(5_000), 950), 'schema.f0 makes 5002 types and symbols'],
    ['33 levels', nested(33), 'lies 33 deep; 32 are read'],
  ])('%s is refused', (_, json, message) => {
    expect(() => parse(json)).toThrow(
      expect.objectContaining({ code: 'AVRO_SCHEMA', message: expect.stringContaining(message) }),
    )
  })

  test('depth counts through names: a deep type cannot be hung below another', () => {
    const deep = { ...(record([field(nested(29))], { name: 'Deep' }) as object) }
    const below = record([
      field(record([field(deep, 'd')], { name: 'Middle' }), 'm'),
      field({ type: 'array', items: 'Middle' }, 'n'),
    ])
    expect(() => parse(record([field(deep)]))).not.toThrow()
    expect(() => parse(below)).toThrow(/deep; 32 are read/)
  })

  test.each([
    ['no JSON', '{'],
    ['100,000 brackets', '['.repeat(60_000)],
    ['65,537 bytes', ' '.repeat(65_535) + '"é"'.slice(0, 2)],
    ['a byte order mark', '\ufeff"int"'],
  ])('%s is refused', (_, text) => {
    expect(() => parseAvroSchema(text)).toThrow(expect.objectContaining({ code: 'AVRO_SCHEMA' }))
  })

  test('an improper decimal is none', () => {
    const decimal = (attributes: object) => parse({ type: 'bytes', logicalType: 'decimal', ...attributes })
    expect(decimal({ precision: 5 })).toEqual({ kind: 'bytes', decimal: { precision: 5, scale: 0 } })
    for (const bad of [
      {},
      { precision: 0 },
      { precision: 2, scale: 3 },
      { precision: 2, scale: -1 },
      { precision: '5' },
    ])
      expect(decimal(bad)).toEqual({ kind: 'bytes' })
  })
})

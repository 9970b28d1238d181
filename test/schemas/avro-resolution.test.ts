import { describe, expect, test } from '@jest/globals'
import avro from 'avsc'
import fc from 'fast-check'
import { resolveSchemas } from '../../schemas/avro-resolution.ts'
import { type AvroSchema, parseAvroSchema } from '../../schemas/avro-schema.ts'
import { builtInSchemas } from '../../schemas/avro-types.ts'
import { decodeValue, type EventType, encodeValue } from '../../schemas/index.ts'
import { isRegistrable, readRegisteredSchema } from '../../schemas/registered-schemas.ts'
import { unhex } from '../anchor/vectors.ts'
import { builtInJson, evolved, WIDER_USE, WIDER_USE_EXTRAS } from '../support/ledger/foreign-schemas.ts'
import { readTaggedVectors } from '../vectors/tagged.ts'

type Json = unknown
const record = (fields: Json[], more: object = {}) => ({ type: 'record', name: 'R', fields, ...more })
const field = (type: Json, more: object = {}) => ({ name: 'f', type, ...more })
const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale })
const fixed = (size: number, name = 'F') => ({ type: 'fixed', name, size })
const letters = (symbols: string[], more: object = {}) => ({ type: 'enum', name: 'E', symbols, ...more })

const resolve = (writer: Json, reader: Json) =>
  resolveSchemas(parseAvroSchema(JSON.stringify(writer)), parseAvroSchema(JSON.stringify(reader)))

/** What the reader makes of a value that avsc wrote. */
function read(writer: Json, reader: Json, value: unknown): unknown {
  const resolution = resolve(writer, reader)
  if (resolution.outcome === 'incompatible') throw new Error(resolution.faults.join('; '))
  const buf = avro.Type.forSchema(writer as avro.Schema, { wrapUnions: false }).toBuffer(value)
  const tap = { buf, pos: 0 }
  const found = resolution.read(tap)
  expect(tap.pos).toBe(buf.length)
  return found
}

/** Type, default as JSON, value. */
const DEFAULTS: readonly (readonly [Json, Json, unknown])[] = [
  ['boolean', true, true],
  ['float', 0.5, 0.5],
  ['string', 'é', 'é'],
  ['bytes', '\u00ff\u0000', Buffer.from([0xff, 0])],
  [decimal(9, 0), '\u00ff', -1n],
  [fixed(2), 'ab', Buffer.from('ab')],
  [letters(['A', 'B']), 'B', 'B'],
  [['null', 'int'], null, null],
  [{ type: 'array', items: 'long' }, [1, 2], [1n, 2n]],
  [{ type: 'map', values: 'int' }, { __proto__x: 1 }, new Map([['__proto__x', 1]])],
  [
    { type: 'record', name: 'Inner', fields: [field('int', { default: 3 }), { name: 'g', type: 'int' }] },
    { g: 4 },
    { f: 3, g: 4 },
  ],
]

function emptyUse() {
  const bytes = Buffer.alloc(0)
  const texts = { model: '', infrastructure: '', agent: '' }
  return { ...texts, payer: bytes, token: bytes, fee: bytes, inputHash: bytes, outputHash: bytes }
}

describe('schema resolution, by the tables of the specification', () => {
  test.each<[name: string, writer: Json, reader: Json, value: unknown, found: unknown]>([
    ['int to long', 'int', 'long', -5, -5n],
    ['int to float', 'int', 'float', 2 ** 24 + 1, 2 ** 24],
    ['int to double', 'int', 'double', 2 ** 24 + 1, 2 ** 24 + 1],
    ['long to float', 'long', 'float', 2 ** 24 + 1, 2 ** 24],
    ['long to double', 'long', 'double', -7, -7],
    ['float to double', 'float', 'double', 0.5, 0.5],
    ['string to bytes', 'string', 'bytes', 'é', Buffer.from('é')],
    ['bytes to string', 'bytes', 'string', Buffer.from('é'), 'é'],
    ['array items', { type: 'array', items: 'int' }, { type: 'array', items: 'long' }, [1, 2], [1n, 2n]],
    ['map values', { type: 'map', values: 'int' }, { type: 'map', values: 'double' }, { a: 1 }, new Map([['a', 1]])],
    [
      'a field more',
      record([field('int'), { name: 'g', type: 'string' }]),
      record([field('int')]),
      { f: 1, g: 'x' },
      { f: 1 },
    ],
    [
      'a field less, with a default',
      record([field('int')]),
      record([field('int'), { name: 'g', type: 'long', default: 7 }]),
      { f: 1 },
      { f: 1, g: 7n },
    ],
    [
      'fields in another order',
      record([
        { name: 'a', type: 'int' },
        { name: 'b', type: 'string' },
      ]),
      record([
        { name: 'b', type: 'string' },
        { name: 'a', type: 'int' },
      ]),
      { a: 1, b: 'x' },
      { a: 1, b: 'x' },
    ],
    [
      'a field by its alias',
      record([{ name: 'old', type: 'int' }]),
      record([field('int', { aliases: ['old'] })]),
      { old: 3 },
      { f: 3 },
    ],
    [
      'a name before an alias',
      record([{ name: 'old', type: 'int' }, field('int')]),
      record([field('int', { aliases: ['old'] })]),
      { old: 3, f: 4 },
      { f: 4 },
    ],
    [
      'another namespace',
      record([field('int')], { namespace: 'a' }),
      record([field('int')], { namespace: 'b' }),
      { f: 1 },
      { f: 1 },
    ],
    [
      'a record by its alias',
      record([field('int')], { name: 'n.Old' }),
      record([field('int')], { name: 'n.New', aliases: ['Old'] }),
      { f: 1 },
      { f: 1 },
    ],
    ['an enum with fewer symbols', letters(['B', 'A']), letters(['A', 'B', 'C']), 'A', 'A'],
    ['an unknown symbol with a default', letters(['A', 'Z']), letters(['A', 'B'], { default: 'B' }), 'Z', 'B'],
    ['a fixed', fixed(2), fixed(2, 'other.F'), Buffer.from('ab'), Buffer.from('ab')],
    ['a value into a union', 'int', ['null', 'long'], 5, 5n],
    ['a union into a wider one', ['null', 'int'], ['null', 'long', 'string'], null, null],
    ['a union of which each branch is readable', ['string', 'bytes'], 'bytes', 'é', Buffer.from('é')],
    ['a decimal of the same digits', decimal(9, 2), decimal(9, 2), Buffer.from([0xff]), -1n],
    [
      'a decimal in a fixed',
      { ...fixed(2), logicalType: 'decimal', precision: 4 },
      { ...fixed(2), logicalType: 'decimal', precision: 4 },
      Buffer.from([1, 0]),
      256n,
    ],
    ['an unknown logical type', { type: 'long', logicalType: 'timestamp-millis' }, 'long', 5, 5n],
    [
      'a dropped field of every kind',
      WIDER_USE,
      record([{ name: 'region', type: 'string' }], { name: 'InferenceRecorded' }),
      { ...emptyUse(), ...WIDER_USE_EXTRAS },
      { region: 'us' },
    ],
    [
      'a default for every kind',
      record([field('int')]),
      record([field('int'), ...DEFAULTS.map(([type, json], index) => ({ name: `d${index}`, type, default: json }))]),
      { f: 1 },
      { f: 1, ...Object.fromEntries(DEFAULTS.map(([, , value], index) => [`d${index}`, value])) },
    ],
  ])('%s is read', (_, writer, reader, value, found) => {
    expect(read(writer, reader, value)).toEqual(found)
  })

  test.each<[name: string, writer: Json, reader: Json, fault: string]>([
    ['long to int', 'long', 'int', 'long cannot be read as int'],
    ['double to float', 'double', 'float', 'double cannot be read as float'],
    ['float to long', 'float', 'long', 'float cannot be read as long'],
    ['int to string', 'int', 'string', 'int cannot be read as string'],
    ['boolean to int', 'boolean', 'int', 'boolean cannot be read as int'],
    [
      'a field less, without a default',
      record([{ name: 'g', type: 'int' }]),
      record([field('int')]),
      'R.f: was not written and has no default',
    ],
    [
      'a default of another type',
      record([{ name: 'g', type: 'int' }]),
      record([field('int', { default: 'x' })]),
      'R.f: was not written, and its default is no value of its type',
    ],
    [
      'a default of the second branch',
      record([{ name: 'g', type: 'int' }]),
      record([field(['int', 'null'], { default: null })]),
      'its default is no value',
    ],
    [
      'a record of another name',
      record([field('int')]),
      record([field('int')], { name: 'S' }),
      'S: R cannot be read as S',
    ],
    ['an enum of another name', letters(['A']), letters(['A'], { name: 'D' }), 'D: E cannot be read as D'],
    ['an unknown symbol', letters(['A', 'Z']), letters(['A']), 'E: symbols Z are not known and there is no default'],
    ['a fixed of another size', fixed(2), fixed(3), 'fixed(2) F cannot be read as fixed(3) F'],
    ['a union with a branch too many', ['null', 'string'], 'string', 'string: null cannot be read as string'],
    ['a value that no branch reads', 'string', ['null', 'int'], 'no branch of the union reads string'],
    ['a record as a map', record([field('int')]), { type: 'map', values: 'int' }, 'R cannot be read as map'],
    ['cents as euros', decimal(9, 2), decimal(9, 0), 'decimal(9, 2) cannot be read as decimal(9, 0)'],
    ['more digits', decimal(10, 2), decimal(9, 2), 'decimal(10, 2) cannot be read as decimal(9, 2)'],
    ['bytes as a decimal', 'bytes', decimal(9, 0), 'bytes cannot be read as decimal(9, 0)'],
    ['a decimal as bytes', decimal(9, 0), 'bytes', 'decimal(9, 0) cannot be read as bytes'],
    ['a decimal as text', decimal(9, 0), 'string', 'decimal(9, 0) cannot be read as string'],
    [
      'deep down',
      record([field({ type: 'array', items: ['int', 'string'] })]),
      record([field({ type: 'array', items: 'int' })]),
      'R.f[]: string cannot be read as int',
    ],
  ])('%s is incompatible', (_, writer, reader, fault) => {
    expect(resolve(writer, reader)).toEqual({ outcome: 'incompatible', faults: [expect.stringContaining(fault)] })
  })

  test('every fault is named at once', () => {
    const resolution = resolve(
      record([{ name: 'a', type: 'string' }]),
      record([
        { name: 'a', type: 'int' },
        { name: 'b', type: 'int' },
      ]),
    )
    expect(resolution).toMatchObject({
      faults: ['R.a: string cannot be read as int', 'R.b: was not written and has no default'],
    })
  })
})

describe('values are read strictly', () => {
  const reads = (writer: Json, bytes: readonly number[], reader: Json = writer) => {
    const resolution = resolve(writer, reader)
    if (resolution.outcome !== 'readable') throw new Error('incompatible')
    return () => resolution.read({ buf: Buffer.from(bytes), pos: 0 })
  }
  const dropped = record([field('int'), { name: 'x', type: { type: 'array', items: 'string' } }])

  test.each<[name: string, writer: Json, bytes: readonly number[]]>([
    ['a boolean of 2', 'boolean', [2]],
    ['an int of 33 bits', 'int', [0xff, 0xff, 0xff, 0xff, 0x1f]],
    ['a long of 65 bits', 'long', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03]],
    ['an int without an end', 'int', [0x80]],
    ['half a float', 'float', [0, 0]],
    ['half a double', 'double', [0, 0, 0, 0]],
    ['bytes of less than none', 'bytes', [1]],
    ['bytes longer than the value', 'bytes', [4, 0]],
    ['a text that is no UTF-8', 'string', [2, 0xff]],
    ['bytes that are no text', 'bytes', [2, 0xff]],
    ['a fixed cut short', fixed(2), [0]],
    ['a third symbol of two', letters(['A', 'B']), [4]],
    ['a symbol before the first', letters(['A', 'B']), [1]],
    ['a third branch of two', ['null', 'int'], [4]],
    ['a branch before the first', ['null', 'int'], [1]],
    ['10^12 items in nine bytes', { type: 'array', items: 'int' }, [0x80, 0xa0, 0x94, 0xa5, 0x8d, 0x3a]],
    ['10^12 entries in nine bytes', { type: 'map', values: 'int' }, [0x80, 0xa0, 0x94, 0xa5, 0x8d, 0x3a]],
  ])('%s is refused', (_, writer, bytes) => {
    const reader = writer === 'bytes' && bytes[1] === 0xff ? 'string' : writer
    expect(reads(writer, bytes, reader)).toThrow()
  })

  test('what is dropped is read as strictly', () => {
    const reader = record([field('int')])
    expect(reads(dropped, [2, 2, 2, 0x61, 0], reader)()).toEqual({ f: 1 })
    expect(reads(dropped, [2, 2, 2, 0xff, 0], reader)).toThrow()
    expect(reads(dropped, [2, 0x80, 0xa0, 0x94, 0xa5, 0x8d, 0x3a], reader)).toThrow()
  })

  test('blocks that tell their size are read as others', () => {
    expect(reads({ type: 'array', items: 'int' }, [3, 4, 2, 4, 1, 2, 6, 0])()).toEqual([1, 2, 3])
  })
})

const vectors = readTaggedVectors<{
  cases: { event: EventType; body: object; bytes: string }[]
  otherForms: { event: EventType; body: object; bytes: string }[]
}>('wire.json')

describe('the two readers of built-in schemas', () => {
  const readers = builtInSchemas().flatMap(({ event, text, id }) => {
    if (!isRegistrable(event)) return []
    const found = readRegisteredSchema(event, text)
    if (found.outcome !== 'readable') throw new Error(found.detail)
    return [{ event, id, schema: found.schema }]
  })
  const readerOf = (event: EventType) => readers.find((each) => each.event === event)

  test('give the same bodies on all golden vectors', () => {
    for (const { event, body, bytes } of [...vectors.cases, ...vectors.otherForms])
      if (isRegistrable(event))
        expect(readerOf(event)!.schema.read(Buffer.from(unhex(bytes).subarray(5)))).toEqual(body)
  })

  test('agree on any bytes at all: the same body, or both refuse', () => {
    const valid = vectors.cases.filter(({ event }) => isRegistrable(event))
    const mutated = fc
      .tuple(
        fc.nat(valid.length - 1),
        fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        fc.nat(3),
      )
      .map(([index, changes, cut]) => {
        const { event, bytes } = valid[index]!
        const value = Buffer.from(unhex(bytes))
        for (const [at, byte] of changes) if (5 + at < value.length) value[5 + at] = byte
        return { event, value: value.subarray(0, value.length - (cut === 3 ? 1 : 0)) }
      })
    fc.assert(
      fc.property(mutated, ({ event, value }) => {
        const built = decodeValue(value)
        const avroBytes = value.subarray(5)
        if (built.outcome === 'decoded') expect(readerOf(event)!.schema.read(avroBytes)).toEqual(built.body)
        else expect(() => readerOf(event)!.schema.read(avroBytes)).toThrow()
      }),
      { numRuns: 1_500 },
    )
  })
})

describe('a wider schema', () => {
  test('every field of ours comes out of it as it was written', () => {
    const found = readRegisteredSchema('InferenceRecorded', JSON.stringify(WIDER_USE))
    if (found.outcome !== 'readable') throw new Error(found.detail)
    const { body, bytes } = vectors.cases.find(({ event }) => event === 'InferenceRecorded')!
    const plain = avro.Type.forSchema(builtInJson('InferenceRecorded') as avro.Schema)
    const wider = avro.Type.forSchema(WIDER_USE as avro.Schema)
    const written = wider.toBuffer({ ...plain.fromBuffer(Buffer.from(unhex(bytes).subarray(5))), ...WIDER_USE_EXTRAS })
    expect(found.schema.read(written)).toEqual(body)
    expect(encodeValue('InferenceRecorded', found.schema.read(written) as never).toString('hex')).toBe(bytes)
  })

  test('one that lacks a field is told what it lacks', () => {
    const text = JSON.stringify(evolved('InferenceRecorded', { without: 'fee' }))
    expect(readRegisteredSchema('InferenceRecorded', text)).toEqual({
      outcome: 'incompatible',
      detail:
        'The schema of InferenceRecorded does not read it: tallystick.v1.InferenceRecorded.fee: was not written and has no default.',
    })
  })
})

describe('a named type that is used again and again', () => {
  const USES = 60
  const uses = (type: { name: string }) =>
    record(Array.from({ length: USES }, (_, index) => ({ name: `f${index}`, type: index === 0 ? type : type.name })))

  /** Counts how often anybody asks the first field's type for something. */
  function watched(json: Json, attribute: string): { schema: AvroSchema; looks: () => number } {
    const schema = parseAvroSchema(JSON.stringify(json))
    if (schema.kind !== 'record') throw new Error('not a record')
    const type = schema.fields[0]!.type
    const value = (type as unknown as Record<string, unknown>)[attribute]
    let looks = 0
    Object.defineProperty(type, attribute, {
      get: () => {
        looks++
        return value
      },
    })
    return { schema, looks: () => looks }
  }

  const inner = { type: 'record', name: 'Inner', fields: [field('int')] }
  const reader = (json: Json) => parseAvroSchema(JSON.stringify(json))

  test.each<[name: string, type: { name: string }, attribute: string]>([
    ['an enum', letters(['A', 'B']) as never, 'symbols'],
    ['a record', inner, 'fields'],
  ])('%s is looked at once, kept or dropped', (_, type, attribute) => {
    for (const wanted of [uses(type), record([{ name: 'other', type: 'int', default: 1 }])]) {
      const { schema, looks } = watched(uses(type), attribute)
      expect(resolveSchemas(schema, reader(wanted)).outcome).toBe('readable')
      expect(looks()).toBe(1)
    }
  })

  test('what it lacks is told at every place', () => {
    const resolution = resolve(uses(inner), uses({ ...inner, fields: [field('string')] } as never))
    if (resolution.outcome !== 'incompatible') throw new Error('readable')
    expect(resolution.faults).toHaveLength(USES)
    expect(resolution.faults.slice(0, 2)).toEqual([
      'R.f0.f: int cannot be read as string',
      'R.f1.f: int cannot be read as string',
    ])
  })

  test('what is dropped is read as strictly as what is kept', () => {
    const kinds = [
      letters(['A']),
      fixed(2),
      ['null', 'boolean'],
      { type: 'array', items: 'int' },
      { type: 'map', values: 'string' },
      inner,
      ...['int', 'long', 'float', 'double', 'bytes', 'string', 'boolean'],
      decimal(9, 0),
    ]
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 12 }), (type, bytes) => {
        const writer = record([field(type), { name: 'last', type: 'int' }])
        const kept = resolve(writer, writer)
        const dropped = resolve(writer, record([{ name: 'last', type: 'int' }]))
        if (kept.outcome !== 'readable' || dropped.outcome !== 'readable') throw new Error('incompatible')
        const [tap, other] = [bytes, bytes].map((each) => ({ buf: Buffer.from(each), pos: 0 }))
        let last: unknown
        try {
          last = (kept.read(tap!) as { last: number }).last
        } catch {
          expect(() => dropped.read(other!)).toThrow()
          return
        }
        expect(dropped.read(other!)).toEqual({ last })
        expect(other!.pos).toBe(tap!.pos)
      }),
      { numRuns: 2_000 },
    )
  })
})

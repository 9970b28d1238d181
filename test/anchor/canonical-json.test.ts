import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type CanonicalJson, canonicalJson, parseCanonicalJson } from '../../anchor/canonical-json.ts'
import { runs } from '../support/random-runs.ts'
import { codeOf, hex, readVectors, unhex } from './vectors.ts'

const { cases } = readVectors<{ cases: { value: string; canonical: string }[] }>('canonical-json.json')
const utf8 = (text: string) => new TextEncoder().encode(text)
const wellFormed = fc.string({ unit: 'binary', maxLength: 12 })
const key = wellFormed.filter((name) => name !== '__proto__')
const anyValue: fc.Arbitrary<CanonicalJson> = fc.letrec<{ value: CanonicalJson }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((n) => n + 0),
    wellFormed,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value

describe('canonical JSON', () => {
  test.each(cases)('golden form of $value', ({ value, canonical }) => {
    expect(hex(canonicalJson(JSON.parse(value)))).toBe(canonical)
    expect(parseCanonicalJson(unhex(canonical))).toEqual(JSON.parse(value))
  })

  test('what is written is read back, whatever the order of keys', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = canonicalJson(value)
        expect(parseCanonicalJson(bytes)).toEqual(value)
        expect(hex(canonicalJson(reversed(value)))).toBe(hex(bytes))
      }),
      runs(300),
    )
  })

  test('one changed byte is another value or is refused', () => {
    fc.assert(
      fc.property(fc.tuple(anyValue, fc.nat()), ([value, pick]) => {
        const bytes = canonicalJson(value)
        const changed = bytes.with(pick % bytes.length, bytes[pick % bytes.length]! ^ (1 << (pick % 8)))
        let read: CanonicalJson
        try {
          read = parseCanonicalJson(changed)
        } catch (error) {
          expect((error as { code?: string }).code).toBe('JSON_NOT_CANONICAL')
          return
        }
        expect(hex(canonicalJson(read))).toBe(hex(changed))
      }),
      runs(500),
    )
  })

  test('−0 is written as 0, as RFC 8785 has it', () => {
    expect(hex(canonicalJson([-0]))).toBe(hex(utf8('[0]')))
  })

  const circular: unknown[] = []
  circular.push(circular)
  test.each<[string, unknown]>([
    ['a fraction', 0.5],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['2^53', 2 ** 53],
    ['a bigint', 1n],
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a hole', new Array(1)],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a symbol as key', { [Symbol('a')]: 1 }],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['bytes', new Uint8Array(2)],
    ['a toJSON method', { toJSON: () => 'other' }],
    ['an array with a toJSON method', Object.assign([1], { toJSON: () => 'other' })],
    ['an own key __proto__', JSON.parse('{"__proto__":1}')],
    ['a prototype of its own', Object.create({ inherited: 1 })],
    ['half a surrogate pair', 'a\ud83d'],
    ['half a surrogate pair in a key', { '\ude00': 1 }],
    ['itself', circular],
  ])('cannot hold %s', (_, value) => {
    expect(codeOf(() => canonicalJson({ deep: [value as CanonicalJson] }))).toBe('JSON_VALUE')
  })

  test('the error names the place', () => {
    expect(() => canonicalJson({ lines: [{ amount: '1' }, { amount: 0.1 }] })).toThrow('$.lines[1].amount')
  })

  test.each([
    ['nothing', ''],
    ['half a value', '{"a":'],
    ['a repeated key', '{"a":1,"a":1}'],
    ['a repeated key that is escaped', '{"a":1,"\\u0061":2}'],
    ['keys out of order', '{"b":1,"a":2}'],
    ['a space', '{"a": 1}'],
    ['a line end', '{"a":1}\n'],
    ['an escape that is not needed', '"\\u0041"'],
    ['an escaped slash', '"a\\/b"'],
    ['an exponent', '1e2'],
    ['a fraction', '[1.5]'],
    ['a whole number with a point', '1.0'],
    ['minus zero', '-0'],
    ['an integer that would be rounded', '9007199254740993'],
    ['a byte-order mark', '\ufeff{}'],
    ['a key __proto__', '{"__proto__":{"admin":true}}'],
    ['an escaped key __proto__', '{"\\u005f_proto__":1}'],
    ['an escaped half of a surrogate pair', '"\\ud800"'],
    ['too many levels', `${'['.repeat(66)}${']'.repeat(66)}`],
    ['very many levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('reading refuses %s', (_, text) => {
    expect(codeOf(() => parseCanonicalJson(utf8(text)))).toBe('JSON_NOT_CANONICAL')
  })

  test('reading refuses bytes that are not UTF-8', () => {
    expect(codeOf(() => parseCanonicalJson(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('JSON_NOT_CANONICAL')
  })
})

function reversed(value: CanonicalJson): CanonicalJson {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  )
}

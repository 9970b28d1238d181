import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contentHash } from '../../anchor/log/content-hash.ts'
import { decodeEntry, ENTRY_OUTCOMES, encodeEntry, type LedgerEntry } from '../../anchor/log/entry.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { runs } from '../support/random-runs.ts'
import { codeOf, hex, readVectors, unhex } from './vectors.ts'

interface EntryVector {
  entry: Omit<LedgerEntry, 'offset' | 'effectiveTimeMs' | 'content'> & {
    offset: string
    effectiveTimeMs: string
    content: string
  }
  bytes: string
  leafHash: string
}
interface ContentVector {
  key: string | null
  headers: [string, string | null][]
  value: string | null
  hash: string
}
const entries = readVectors<{ cases: EntryVector[] }>('ledger-entry.json').cases
const contents = readVectors<{ cases: ContentVector[] }>('ledger-content.json').cases

const entryOf = ({ entry }: EntryVector): LedgerEntry => ({
  ...entry,
  offset: BigInt(entry.offset),
  effectiveTimeMs: BigInt(entry.effectiveTimeMs),
  content: unhex(entry.content),
})
const anyEntry: fc.Arbitrary<LedgerEntry> = fc.record({
  incarnation: fc.nat(0xffff_ffff),
  topic: fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }),
  partition: fc.nat(0xffff_ffff),
  offset: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  effectiveTimeMs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  outcome: fc.constantFrom(...ENTRY_OUTCOMES),
  reason: fc.nat(0xffff),
  content: fc.uint8Array({ minLength: 32, maxLength: 32 }),
})

describe('ledger entry', () => {
  test.each(entries)('golden bytes and leaf of $entry.topic', (vector) => {
    expect(hex(encodeEntry(entryOf(vector)))).toBe(vector.bytes)
    expect(hex(leafHash(unhex(vector.bytes)))).toBe(vector.leafHash)
    expect(decodeEntry(unhex(vector.bytes))).toEqual(entryOf(vector))
  })

  test('what is written is read back', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => expect(decodeEntry(encodeEntry(entry))).toEqual(entry)),
      runs(300),
    )
  })

  test('an entry has one form: bytes that are read are the bytes that would be written', () => {
    const flip = fc.tuple(anyEntry, fc.nat())
    fc.assert(
      fc.property(flip, ([entry, pick]) => {
        const bytes = encodeEntry(entry)
        bytes[pick % bytes.length]! ^= 1 << (pick % 8)
        let read: LedgerEntry
        try {
          read = decodeEntry(bytes)
        } catch (error) {
          expect(['ENTRY_FORMAT', 'TEXT_ENCODING']).toContain((error as { code?: string }).code)
          return
        }
        expect(hex(encodeEntry(read))).toBe(hex(bytes))
        expect(read).not.toEqual(entry)
      }),
      runs(500),
    )
  })

  const bytes = unhex(entries[0]!.bytes)
  const outcomeAt = bytes.length - 35
  test.each([
    ['nothing', new Uint8Array()],
    ['one byte short', bytes.subarray(0, -1)],
    ['one byte long', Uint8Array.of(...bytes, 0)],
    ['version 0', bytes.with(0, 0)],
    ['version 2', bytes.with(0, 2)],
    ['topic longer than the bytes', bytes.with(5, 1)],
    ['topic without length', bytes.with(6, 0)],
    ['unknown outcome', bytes.with(outcomeAt, 4)],
  ])('decoding refuses %s', (_, wrong) => {
    expect(codeOf(() => decodeEntry(wrong))).toBe('ENTRY_FORMAT')
  })

  test('decoding refuses a topic that is not UTF-8', () => {
    expect(codeOf(() => decodeEntry(bytes.with(7, 0xff)))).toBe('TEXT_ENCODING')
  })

  test.each([
    ['a topic without a byte', { topic: '' }],
    ['a topic of 65,536 bytes', { topic: 'x'.repeat(65_536) }],
    ['an incarnation of 33 bits', { incarnation: 2 ** 32 }],
    ['a negative partition', { partition: -1 }],
    ['a fraction', { reason: 0.5 }],
    ['a reason of 17 bits', { reason: 65_536 }],
    ['a negative offset', { offset: -1n }],
    ['a time of 65 bits', { effectiveTimeMs: 2n ** 64n }],
    ['content of 31 bytes', { content: new Uint8Array(31) }],
    ['an outcome it does not know', { outcome: 'lost' as 'gap' }],
  ])('encoding refuses %s', (_, change) => {
    expect(codeOf(() => encodeEntry({ ...entryOf(entries[0]!), ...change }))).toBe('ENTRY_FORMAT')
  })

  test('a byte-order mark in a topic stays', () => {
    const marked = { ...entryOf(entries[0]!), topic: '\ufefftopic' }
    expect(decodeEntry(encodeEntry(marked))).toEqual(marked)
  })

  test('encoding refuses half a surrogate pair, which would become another topic', () => {
    expect(codeOf(() => encodeEntry({ ...entryOf(entries[0]!), topic: 'a\ud800' }))).toBe('TEXT_ENCODING')
  })
})

describe('content hash', () => {
  const bytesOrNull = (digits: string | null) => (digits === null ? null : unhex(digits))
  const hashOf = ({ key, headers, value }: Omit<ContentVector, 'hash'>) =>
    contentHash({
      key: bytesOrNull(key),
      headers: headers.map(([name, header]) => [name, bytesOrNull(header)]),
      value: bytesOrNull(value),
    })

  test.each(contents.map((vector, n) => ({ n, vector })))('golden hash of case $n', ({ vector }) => {
    expect(hex(hashOf(vector))).toBe(vector.hash)
  })

  test('null, empty, order and repetition all count', () => {
    expect(new Set(contents.map(({ hash }) => hash)).size).toBe(contents.length)
  })

  test('bytes cannot move from one field to the next', () => {
    const base = { key: '6162', headers: [], value: '6364' }
    const moved = { key: '616263', headers: [], value: '64' }
    expect(hex(hashOf(base))).not.toBe(hex(hashOf(moved)))
  })

  test('a header’s name with half a surrogate pair is refused', () => {
    expect(codeOf(() => hashOf({ key: null, headers: [['\udc00', null]], value: null }))).toBe('TEXT_ENCODING')
  })
})

const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython && process.env.CI === undefined) {
  process.stderr.write('skipped: golden vectors are what make_vectors.py computes (install python3)\n')
}
const testWithPython = hasPython || process.env.CI !== undefined ? test : test.skip

testWithPython('golden vectors are what make_vectors.py computes', () => {
  const script = fileURLToPath(new URL('../vectors/make_vectors.py', import.meta.url))
  const { status, stderr } = spawnSync('python3', [script, '--check'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

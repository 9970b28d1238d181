import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contentBytes, decodeHeaders, encodeHeaders, HeaderBytesError, type RecordHeader } from '../../schemas/index.ts'
import { contentBytesAnywhere } from '../../schemas/record-bytes.ts'

const value = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: null })
const headers = fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 10 }), value), { maxLength: 6 })
const plain = (list: readonly RecordHeader[]) =>
  list.map(([name, bytes]) => [name, bytes === null ? null : Buffer.from(bytes).toString('hex')])

describe('record bytes', () => {
  test('are the same where there is no Buffer', () => {
    const record = fc.record({ key: value, headers, value })
    fc.assert(
      fc.property(record, (content) =>
        expect(Buffer.from(contentBytesAnywhere(content))).toEqual(contentBytes(content)),
      ),
    )
  })

  test('headers come back with order, repeats, null and empty kept', () => {
    fc.assert(fc.property(headers, (list) => expect(plain(decodeHeaders(encodeHeaders(list)))).toEqual(plain(list))))
  })

  test('headers that end early or go on are refused', () => {
    const bytes = encodeHeaders([['name', Buffer.from('value')]])
    for (let end = 0; end < bytes.length; end++)
      expect(() => decodeHeaders(bytes.subarray(0, end))).toThrow(HeaderBytesError)
    expect(() => decodeHeaders(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(HeaderBytesError)
  })

  test('two different records never have the same content bytes', () => {
    const record = fc.record({ key: value, headers, value })
    fc.assert(
      fc.property(record, record, (a, b) => {
        const same =
          JSON.stringify([a.key && [...a.key], plain(a.headers), a.value && [...a.value]]) ===
          JSON.stringify([b.key && [...b.key], plain(b.headers), b.value && [...b.value]])
        expect(contentBytes(a).equals(contentBytes(b))).toBe(same)
      }),
    )
  })
})

import { writeFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { uncompress } from '../../audit/parquet/snappy.ts'
import { readTable } from '../../audit/parquet/table.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { type Page, plain, present, rawParquet, struct, varint, wrap } from './support/raw-parquet.ts'

const path = temporaryFolder()
const COLUMNS = { blob: 'bytes?' } as const

function read(bytes: Uint8Array) {
  const file = path('hostile.parquet')
  writeFileSync(file, bytes)
  return readTable(file, 'hostile.parquet', COLUMNS)
}

const page = (...parts: Uint8Array[]): Page => ({ bytes: Buffer.concat(parts), values: 1 })
const good = page(present(1), plain('value'))
const dictionary: Page = { type: 2, bytes: plain('a', 'b'), values: 2 }
const indexes = (...bytes: number[]): Page => ({ ...page(present(1), Buffer.from(bytes)), encoding: 8 })

describe('a Parquet file of a stranger', () => {
  test('in the shape of these tests is read: plain, by a dictionary, with Snappy', async () => {
    expect(await read(rawParquet({ pages: [good], rows: 1 }))).toEqual([{ blob: new Uint8Array(Buffer.from('value')) }])
    const rows = await read(rawParquet({ pages: [dictionary, indexes(1, 2, 1)], rows: 1 }))
    expect(rows).toEqual([{ blob: new Uint8Array(Buffer.from('b')) }])
    const literal = Buffer.concat([varint(good.bytes.length), Buffer.from([(good.bytes.length - 1) << 2]), good.bytes])
    const packed = { bytes: literal, size: good.bytes.length, values: 1 }
    expect(await read(rawParquet({ codec: 1, pages: [packed], rows: 1 }))).toHaveLength(1)
  })

  test.each<[what: string, found: string, file: () => Uint8Array]>([
    [
      'a page that says it holds two gigabytes',
      'that says it holds 2147483647',
      () => rawParquet({ codec: 1, pages: [{ ...good, size: 2 ** 31 - 1 }], rows: 1 }),
    ],
    ['a page that is cut off', 'a page that is cut off', () => rawParquet({ pages: [good], rows: 1, chunkBytes: 20 })],
    [
      'a chunk that lies behind the end',
      'outside the file',
      () => rawParquet({ pages: [good], rows: 1, chunkBytes: 2 ** 40 }),
    ],
    [
      'a chunk that begins in the magic',
      'outside the file',
      () => rawParquet({ pages: [good], rows: 1, chunkStart: 0 }),
    ],
    ['more rows than a table may have', 'at most 20000000 rows', () => rawParquet({ pages: [good], rows: 2 ** 40 })],
    ['a row group of very many rows', 'row groups of at most', () => rawParquet({ pages: [good], rows: 2 ** 21 })],
    ['more rows than values', '1 values of blob in 2 rows', () => rawParquet({ pages: [good], rows: 2 })],
    ['more values than rows', 'more than 1 values', () => rawParquet({ pages: [good, good], rows: 1 })],
    [
      'a value longer than its page',
      'values that are cut off',
      () => rawParquet({ pages: [page(present(1), Buffer.from([255, 255, 255, 127]))], rows: 1 }),
    ],
    [
      'a value that its dictionary does not have',
      'that its dictionary does not have',
      () => rawParquet({ pages: [dictionary, indexes(2, 2, 3)], rows: 1 }),
    ],
    ['values of no dictionary', 'values of no dictionary', () => rawParquet({ pages: [indexes(1, 2, 0)], rows: 1 })],
    ['two dictionaries', 'a second dictionary', () => rawParquet({ pages: [dictionary, dictionary, good], rows: 1 })],
    ['an encoding nobody writes', 'encoding 5', () => rawParquet({ pages: [{ ...good, encoding: 5 }], rows: 1 })],
    ['a compression nobody writes', 'compression 6', () => rawParquet({ codec: 6, pages: [good], rows: 1 })],
    [
      'a number without an end in its footer',
      'a number longer than 64 bits',
      () => wrap(Buffer.alloc(0), Buffer.concat([Buffer.from([0x16]), Buffer.alloc(4_000_000, 0xff)])),
    ],
    [
      'a list longer than the file',
      'a list longer than its bytes',
      () => wrap(Buffer.alloc(0), Buffer.concat([Buffer.from([0x29, 0xfc]), varint(2 ** 31)])),
    ],
    ['structs without an end', 'deep', () => wrap(Buffer.alloc(0), Buffer.alloc(1_000_000, 0x1c))],
    ['no schema', 'no list in field 2', () => wrap(Buffer.alloc(0), struct())],
    [
      'a footer longer than the file',
      'a footer of',
      () =>
        Buffer.concat([
          wrap(Buffer.alloc(0), Buffer.alloc(8)).subarray(0, -8),
          Buffer.from([255, 255, 0, 0]),
          Buffer.from('PAR1'),
        ]),
    ],
    ['nothing', 'does not end with PAR1', () => Buffer.alloc(0)],
  ])('with %s is a difference that says so', async (_, found, file) => {
    const text = await read(file()).then(
      () => 'read',
      (error) => JSON.stringify(error.difference ?? String(error)),
    )
    expect(text).toContain(found)
    expect(text).toContain('hostile.parquet')
  })
})

describe('Snappy of a stranger', () => {
  test.each<[what: string, input: number[], size: number]>([
    ['a literal whose length would lead back', [8, 0xfc, 0xfa, 0xff, 0xff, 0xff, 0, 0, 0], 8],
    ['a copy from before the beginning', [8, 0x00, 65, 0x01 | (3 << 2), 9], 8],
    ['a copy of no distance', [8, 0x00, 65, 0x01 | (3 << 2), 0], 8],
    ['more than it says', [2, 0x08, 65, 66, 67], 2],
    ['less than it says', [3, 0x00, 65], 3],
    ['another length', [4, 0x08, 65, 66, 67], 3],
    ['nothing', [], 0],
    ['a length without an end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1],
  ])('with %s is refused', (_, input, size) => {
    expect(() => uncompress(Uint8Array.from(input), new Uint8Array(size))).toThrow(RangeError)
  })

  test('that repeats what it has just written is decoded', () => {
    const output = new Uint8Array(9)
    uncompress(Uint8Array.from([9, 0x08, 65, 66, 67, 0x01 | (2 << 2), 3]), output)
    expect(Buffer.from(output).toString()).toBe('ABCABCABC')
  })
})

import { BIGINT, BLOB, INTEGER, VARCHAR } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromNullableBlob } from '../../pipelines/warehouse/blob.ts'
import { type Columns, NULL_LENGTH, NULL_NAME } from '../../pipelines/warehouse/column-append.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { temporaryDatabase } from '../support/ledger/temporary-database.ts'

interface Row {
  readonly n: bigint
  readonly i: number
  readonly blob: Uint8Array | null
  readonly text: string | null
  readonly name: string | null
}

const NAMES = ['tally.inferences', 'short', 'exactly12byt', 'InferenceRecorded', '']
const TYPES = [BIGINT, INTEGER, BLOB, VARCHAR, VARCHAR]

function columnsOf(rows: readonly Row[]): Columns {
  const parts: Uint8Array[] = []
  let end = 0
  const put = (bytes: Uint8Array | null): [number, number] => {
    if (bytes === null) return [0, NULL_LENGTH]
    parts.push(bytes)
    end += bytes.length
    return [end - bytes.length, bytes.length]
  }
  const blobs: number[] = []
  const texts: number[] = []
  const ends = rows.map(({ blob, text }) => {
    blobs.push(...put(blob))
    texts.push(...put(text === null ? null : Buffer.from(text)))
    return end
  })
  return {
    rows: rows.length,
    arena: Buffer.concat(parts),
    ends: Uint32Array.from(ends),
    columns: [
      { kind: 'numbers', values: BigInt64Array.from(rows.map(({ n }) => n)) },
      { kind: 'numbers', values: Int32Array.from(rows.map(({ i }) => i)) },
      { kind: 'bytes', places: Uint32Array.from(blobs) },
      { kind: 'bytes', places: Uint32Array.from(texts) },
      {
        kind: 'names',
        names: NAMES,
        codes: Uint8Array.from(rows.map(({ name }) => (name === null ? NULL_NAME : NAMES.indexOf(name)))),
      },
    ],
  }
}

describe('appendColumns', () => {
  let database: Database
  let close: () => void
  beforeEach(async () => {
    ;({ database, close } = await temporaryDatabase())
    await database.run('CREATE TABLE t (n BIGINT, i INTEGER, blob BLOB, "text" VARCHAR, name VARCHAR)')
  })
  afterEach(() => close())

  async function stored(): Promise<Row[]> {
    const rows = await database.all('SELECT * FROM t ORDER BY rowid')
    return rows.map(({ n, i, blob, text, name }) => ({ n, i, blob: fromNullableBlob(blob), text, name }) as Row)
  }

  const plain = (rows: readonly Row[]) => rows.map((row) => ({ ...row, blob: row.blob && Buffer.from(row.blob) }))

  const bytes = fc.oneof(
    fc.constant(null),
    // Around the 12 bytes that DuckDB keeps beside the length.
    ...[0, 1, 4, 11, 12, 13, 16, 300].map((length) => fc.uint8Array({ minLength: length, maxLength: length })),
  )
  const row: fc.Arbitrary<Row> = fc.record({
    n: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    i: fc.integer(),
    blob: bytes,
    text: fc.option(fc.string({ unit: 'grapheme', maxLength: 40 })),
    name: fc.constantFrom(null, ...NAMES),
  })

  test('any rows come back as they were: null, empty, short and long, text of all scripts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 60 }), async (rows) => {
        await database.run('DELETE FROM t')
        await database.appendColumns('t', TYPES, columnsOf(rows))
        expect(plain(await stored())).toEqual(plain(rows))
      }),
      { numRuns: 60 },
    )
  })

  test.each([2047, 2048, 2049, 5000])('%i rows: across the chunks of DuckDB', async (count) => {
    const rows = Array.from({ length: count }, (_, index): Row => {
      const blob = index % 7 === 0 ? null : Buffer.alloc(index % 50, index)
      const text = index % 5 === 0 ? null : `text ${index} ${'é'.repeat(index % 20)}`
      return { n: BigInt(index), i: 7 - index, blob, text, name: index % 3 === 0 ? null : NAMES[index % NAMES.length]! }
    })
    await database.appendColumns('t', TYPES, columnsOf(rows))
    expect(plain(await stored())).toEqual(plain(rows))
  })

  test('a value outside the bytes of its rows is refused, and nothing of its transaction is left', async () => {
    const columns = columnsOf([{ n: 1n, i: 1, blob: Buffer.alloc(40, 7), text: 'text', name: 'short' }])
    const beyond = { ...columns, arena: columns.arena.subarray(0, 30), ends: Uint32Array.of(30) }
    const write = () => database.transaction(() => database.appendColumns('t', TYPES, beyond))
    await expect(write()).rejects.toThrow(RangeError)
    expect(await stored()).toEqual([])
  })
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import { readTable } from '../../audit/parquet/table.ts'
import { filesOf, writeFilesJson, writeParquet } from './support/bundle-writer.ts'
import { publishWorld, writeWorld } from './support/published-world.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallystick-parquet-'))
})
afterAll(() => rm(folder, { recursive: true }))

const COLUMNS = { text: 'text', whole: 'integer?', large: 'bigint', blob: 'bytes?' } as const
const SQL_COLUMNS = { text: 'VARCHAR', whole: 'INTEGER', large: 'BIGINT', blob: 'BLOB' } as const

describe('Parquet as DuckDB writes it', () => {
  test('comes back as it was: 2^96 - 1, int64 limits, bytes that are no UTF-8, marks, nulls and empty values', async () => {
    const rows = [
      { text: String(2n ** 96n - 1n), whole: -(2 ** 31), large: -(2n ** 63n), blob: Buffer.from([0xff, 0x00, 0x80]) },
      { text: '\ufeffä "quoted" \u0001', whole: null, large: 2n ** 63n - 1n, blob: null },
      { text: '', whole: 0, large: 0n, blob: Buffer.alloc(0) },
      { text: 'same', whole: 1, large: 1n, blob: Buffer.from('same') },
      { text: 'same', whole: 1, large: 1n, blob: Buffer.from('same') },
    ]
    const path = join(folder, 'values.parquet')
    await writeParquet(path, { columns: SQL_COLUMNS, rows })
    const found = await readTable(path, 'values', COLUMNS)
    expect(found.map((row) => ({ ...row, blob: row.blob === null ? null : Buffer.from(row.blob) }))).toEqual(rows)
  })

  test('of several row groups comes back whole and in order', async () => {
    const path = join(folder, 'groups.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const select =
      "SELECT 'row ' || i AS text, CASE WHEN i % 3 = 0 THEN NULL ELSE (i % 7)::INTEGER END AS whole, i AS large, from_hex(printf('%08x', i)) AS blob"
    await connection.run(
      `COPY (${select} FROM range(300000) rows(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 20480)`,
    )
    connection.closeSync()
    instance.closeSync()
    const rows = await readTable(path, 'groups', COLUMNS)
    expect(rows.length).toBe(300_000)
    const wrong = rows.findIndex(
      (row, i) =>
        row.text !== `row ${i}` ||
        row.large !== BigInt(i) ||
        row.whole !== (i % 3 === 0 ? null : i % 7) ||
        Buffer.from(row.blob!).readUInt32BE() !== i,
    )
    expect(wrong).toBe(-1)
  })

  test('a null where none may be is a difference that names row and column', async () => {
    const path = join(folder, 'null.parquet')
    await writeParquet(path, { columns: SQL_COLUMNS, rows: [{ text: 'a', whole: 1, large: null, blob: null }] })
    await expect(readTable(path, 'null.parquet', COLUMNS)).rejects.toMatchObject({
      difference: { where: 'null.parquet row 0 large' },
    })
  })

  test('a HUGEINT, which DuckDB writes as DOUBLE, is refused by its column', async () => {
    const path = join(folder, 'double.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`COPY (SELECT 5::HUGEINT AS large) TO '${path}' (FORMAT parquet)`)
    connection.closeSync()
    instance.closeSync()
    await expect(readTable(path, 'double.parquet', { large: 'bigint' })).rejects.toMatchObject({
      difference: { where: 'double.parquet column large' },
    })
  })
})

describe('any bytes at all', () => {
  test('in any file, with a files.json that fits, give a report and never an exception', async () => {
    const seed = Number(process.env.TALLY_SEED ?? 20_260_101)
    const rounds = Number(process.env.TALLY_FUZZ_ROUNDS ?? 60)
    console.log(`seed ${seed}; set TALLY_SEED and TALLY_FUZZ_ROUNDS to change it`)
    let state = seed >>> 0
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const good = await writeWorld((await publishWorld()).epochs.slice(0, 1))
    try {
      const epoch = join(good.folder, 'epoch-000001')
      const paths = (await filesOf(epoch)).filter((path) => path !== 'files.json')
      for (let round = 0; round < rounds; round++) {
        const path = join(epoch, paths[round % paths.length]!)
        const original = await readFile(path)
        const bytes = Buffer.from(original)
        for (let flips = random(4) + 1; flips > 0; flips--) bytes[random(bytes.length)] = random(256)
        await writeFile(path, random(10) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes)
        await writeFilesJson(epoch)
        const report = await auditBundle(good.folder)
        // A byte may be written over with itself, or lie in what nobody reads, like a Bloom filter.
        expect(report.ok || report.firstDifference!.where.length > 0).toBe(true)
        await writeFile(path, original)
      }
      await writeFilesJson(epoch)
      expect((await auditBundle(good.folder)).firstDifference).toBeUndefined()
    } finally {
      await good.remove()
    }
  })
})

import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BLOB, INTEGER } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { IdIndex } from '../../pipelines/warehouse/id-index/id-index.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { runs } from '../support/random-runs.ts'

const half = (column: string, side: string) => `('0x' || ${side}(hex(${column}), 16))::UBIGINT`
const FACTS = `SELECT ${half('id_hash', 'left')}, ${half('id_hash', 'right')}, ${half('body_hash', 'left')},
  ${half('body_hash', 'right')} FROM accepted_id ORDER BY ALL`
/** Small, so that a few keys fill several runs and tiers. */
const SPILL_ENTRIES = 16

let folder: string
let warehouse: Database
let rebuilds = 0
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-index-'))
  warehouse = await openWarehouse(join(folder, 'warehouse.db'), { verb: 'test', memoryLimit: '128MB' })
  rebuilds = 0
})
afterEach(() => {
  warehouse.close()
  rmSync(folder, { recursive: true })
})

function openIndex(epoch: number): Promise<IdIndex> {
  const onProgress = () => {
    rebuilds++
  }
  return IdIndex.open({ warehouse, epoch, facts: FACTS, spillEntries: SPILL_ENTRIES, onProgress })
}

/** Key number n. One in four shares its first eight bytes with others, as no hash does: the fences must hold all the same. */
function keyOf(n: number): Buffer {
  const key = createHash('sha256').update(`key ${n}`).digest().subarray(0, 16)
  return n % 4 === 0 ? Buffer.concat([Buffer.alloc(8, 7), key.subarray(8)]) : key
}

function bodyOf(n: number): Buffer {
  return createHash('sha256').update(`value ${n}`).digest().subarray(0, 16)
}

const runFolder = () => join(folder, 'warehouse.db.ids')
const runFiles = () => readdirSync(runFolder()).sort()

/** Adds keys in an epoch of their own, with their facts, and commits. */
async function addEpoch(epoch: number, numbers: readonly number[]): Promise<void> {
  const index = await openIndex(epoch - 1)
  try {
    await warehouse.transaction(() => addAll(index, epoch, numbers))
    index.committed()
  } finally {
    index.close()
  }
}

async function addAll(index: IdIndex, epoch: number, numbers: readonly number[]): Promise<void> {
  for (const n of numbers) {
    index.add(keyOf(n), bodyOf(n))
    await index.spillWhenFull()
  }
  const rows = numbers.map((n) => [toBlob(keyOf(n)), toBlob(bodyOf(n)), epoch])
  await warehouse.append('accepted_id', [BLOB, BLOB, INTEGER], rows)
  await index.save(epoch)
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

/** What the index says of keys 0 to `count`. */
async function answers(epoch: number, count: number): Promise<(string | undefined)[]> {
  const index = await openIndex(epoch)
  try {
    const found = index.lookup(range(0, count).map(keyOf))
    return found.map((value) => value && Buffer.from(value).toString('hex'))
  } finally {
    index.close()
  }
}

const expected = (known: ReadonlySet<number>, count: number) =>
  range(0, count).map((n) => (known.has(n) ? bodyOf(n).toString('hex') : undefined))

class Crash extends Error {}
const CRASHES = ['none', 'before save', 'before COMMIT', 'before old files are removed'] as const

/** An epoch that ends well or dies somewhere. @returns whether it was committed */
async function runEpoch(epoch: number, numbers: readonly number[], crash: (typeof CRASHES)[number]): Promise<boolean> {
  const index = await openIndex(epoch - 1)
  try {
    await warehouse.transaction(async () => {
      if (crash === 'before save') {
        for (const n of numbers) {
          index.add(keyOf(n), bodyOf(n))
          await index.spillWhenFull()
        }
        throw new Crash()
      }
      await addAll(index, epoch, numbers)
      if (crash === 'before COMMIT') throw new Crash()
    })
    if (crash === 'none') index.committed()
    return true
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    return false
  } finally {
    index.close()
  }
}

describe('the id index', () => {
  test('says what a map says, whatever is added in whatever epochs, and wherever they die', async () => {
    const KEYS = 600
    const epochs = fc.array(
      fc.record({ from: fc.nat(KEYS), count: fc.oneof(fc.nat(40), fc.nat(300)), crash: fc.constantFrom(...CRASHES) }),
      { minLength: 1, maxLength: 14 },
    )
    await fc.assert(
      fc.asyncProperty(epochs, async (plan) => {
        for (const table of ['accepted_id', 'id_run', 'id_index']) await warehouse.run(`DELETE FROM ${table}`)
        rmSync(runFolder(), { recursive: true, force: true })
        rebuilds = 0
        const known = new Set<number>()
        let epoch = 0
        for (const { from, count, crash } of plan) {
          const fresh = range(from, Math.min(KEYS, from + count)).filter((n) => !known.has(n))
          if (await runEpoch(epoch + 1, fresh, crash)) {
            epoch++
            for (const n of fresh) known.add(n)
          }
          expect(await answers(epoch, KEYS)).toEqual(expected(known, KEYS))
          // Every opening removes what no row names.
          expect(BigInt(runFiles().length)).toBe((await warehouse.one('SELECT count(*) AS n FROM id_run'))!.n)
        }
        // None of these answers came from making it again.
        expect(rebuilds).toBe(0)
      }),
      runs(12),
    )
  })

  test('keeps at most three runs of a tier', async () => {
    for (let epoch = 1; epoch <= 40; epoch++) await addEpoch(epoch, range(epoch * 10, epoch * 10 + 10))
    // 400 entries, 16 a spill: tiers below 16, 64, 256 and 1,024.
    expect(runFiles().length).toBeLessThanOrEqual(12)
    expect(await answers(40, 500)).toEqual(expected(new Set(range(10, 410)), 500))
  })

  test('finds keys of one prefix over several pages', async () => {
    await addEpoch(
      1,
      range(0, 2_000).map((n) => n * 4),
    )
    const index = await openIndex(1)
    const found = index.lookup(range(0, 4_000).map(keyOf))
    index.close()
    expect(found.filter((value) => value !== undefined)).toHaveLength(1_000)
    for (let n = 0; n < 4_000; n += 4) expect(Buffer.from(found[n]!)).toEqual(bodyOf(n))
  })

  test('refuses a key twice', async () => {
    const index = await openIndex(0)
    index.add(keyOf(1), bodyOf(1))
    expect(() => index.add(keyOf(1), bodyOf(2))).toThrow(RangeError)
    index.close()
  })
})

describe('an index folder that is not the one of the warehouse', () => {
  beforeEach(async () => {
    await addEpoch(1, range(0, 100))
    await addEpoch(2, range(100, 300))
    expect(rebuilds).toBe(0)
  })
  const known = new Set(range(0, 300))

  test('gone altogether, is made again', async () => {
    rmSync(runFolder(), { recursive: true })
    expect(await answers(2, 400)).toEqual(expected(known, 400))
    expect(rebuilds).toBe(1)
    await addEpoch(3, range(300, 350))
    expect(await answers(3, 400)).toEqual(expected(new Set(range(0, 350)), 400))
    expect(rebuilds).toBe(1)
  })

  test('with one run missing, is made again', async () => {
    rmSync(join(runFolder(), runFiles()[0]!))
    expect(await answers(2, 400)).toEqual(expected(known, 400))
    expect(rebuilds).toBe(1)
  })

  test('of an earlier time, is not trusted but made again', async () => {
    const backup = join(folder, 'backup')
    cpSync(runFolder(), backup, { recursive: true })
    await addEpoch(3, range(300, 390))
    // The same number of runs under the names of now, with the contents of then.
    const now = runFiles()
    rmSync(runFolder(), { recursive: true })
    const then = readdirSync(backup).sort()
    for (const [index, name] of now.entries()) cpSync(join(backup, then[index] ?? then[0]!), join(runFolder(), name))
    expect(await answers(3, 400)).toEqual(expected(new Set(range(0, 390)), 400))
    expect(rebuilds).toBe(1)
  })

  test('that lacks epochs because an older program closed them, is made again', async () => {
    const rows = range(300, 310).map((n) => [toBlob(keyOf(n)), toBlob(bodyOf(n)), 3])
    await warehouse.append('accepted_id', [BLOB, BLOB, INTEGER], rows)
    expect(await answers(3, 400)).toEqual(expected(new Set(range(0, 310)), 400))
    expect(rebuilds).toBe(1)
  })

  test('with files that nobody names, loses those', async () => {
    writeFileSync(join(runFolder(), '000000009999.run'), 'left by a process that was killed')
    expect(await answers(2, 400)).toEqual(expected(known, 400))
    expect(runFiles()).not.toContain('000000009999.run')
    expect(rebuilds).toBe(0)
  })
})

describe('a damaged index', () => {
  test('a flipped byte anywhere is an error and never an answer', async () => {
    await addEpoch(1, range(0, 500))
    rmSync(runFolder(), { recursive: true })
    await answers(1, 1) // made again, as one run
    const path = join(runFolder(), runFiles()[0]!)
    const bytes = readFileSync(path)
    expect(runFiles()).toHaveLength(1)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(bytes)
        damaged[at]! ^= flip
        writeFileSync(path, damaged)
        // Also of keys that are not there: a filter that lost a bit, or a page out of order, would answer wrongly.
        await expect(answers(1, 500)).rejects.toMatchObject({ code: 'ID_INDEX_CORRUPT' })
      }),
      runs(120),
    )
    writeFileSync(path, bytes)
    expect(await answers(1, 600)).toEqual(expected(new Set(range(0, 500)), 600))
    expect(rebuilds).toBe(1)
  })

  test('a file that ends early is an error', async () => {
    await addEpoch(1, range(0, 500))
    const path = join(runFolder(), runFiles()[0]!)
    truncateSync(path, 10_000)
    await expect(answers(1, 10)).rejects.toMatchObject({ code: 'ID_INDEX_CORRUPT' })
    truncateSync(path, 0)
    await expect(answers(1, 10)).rejects.toMatchObject({ code: 'ID_INDEX_CORRUPT' })
  })

  test('damage that only a merge reads stops the merge', async () => {
    // Three runs of the lowest tier: the next one merges them.
    for (let epoch = 1; epoch <= 3; epoch++) await addEpoch(epoch, range(epoch * 10, epoch * 10 + 5))
    const path = join(runFolder(), runFiles()[0]!)
    const bytes = readFileSync(path)
    bytes[20]! ^= 1
    writeFileSync(path, bytes)
    await expect(addEpoch(4, range(100, 105))).rejects.toMatchObject({ code: 'ID_INDEX_CORRUPT' })
    expect(await warehouse.one('SELECT epoch FROM id_index')).toEqual({ epoch: 3 })
  })
})

import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { type AttributeFilesOptions, attributeFiles } from '../../jobs/attribution/files/attribute-files.ts'
import { exportPeriod } from '../../jobs/attribution/files/export-ledger.ts'
import type { FeatureFiles } from '../../jobs/attribution/files/feature-files.ts'
import { readFeatureFiles } from '../../jobs/attribution/files/read-features.ts'
import { writeFeatureFiles } from '../../jobs/attribution/files/write-features.ts'
import { influenceDense } from '../../jobs/attribution/influence-dense/influence-dense.ts'
import { influenceFactored } from '../../jobs/attribution/influence-factored/influence-factored.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

let folder = ''
let folders = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tally-features-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function newFolder(): string {
  const path = join(folder, `${folders++}`)
  mkdirSync(path)
  return path
}

const CONTRIBUTIONS = `SELECT * FROM (VALUES
  ('c1', 'alice', [63, -10, 5], 4000, [700, 300], 1),
  ('c2', 'bob', [10, 63, -7], 3000, [400, 600], 0),
  ('c3', 'alice', [-20, 5, 63], 5000, [900, 100], 0)
) AS t(contribution_id, account, a, ua, p, label)`
const INFERENCES = `SELECT * FROM (VALUES
  ('u1', '1000', 'payer', [60, 1, 2], 3000, [800, 200], 60000, 1),
  ('u2', '79228162514264337593543950335', 'payer', [1, 60, -3], 3500, [300, 700], 50000, 0)
) AS t(inference_id, fee, payer, b, ub, p, p16, label)`
const DENSE_ITEMS = CONTRIBUTIONS.replace('a, ua, p, label)', 'v, scale, p, label)')
const DENSE_USES = INFERENCES.replace('b, ub,', 'v, scale,')

/** A folder as another tool might write it. */
async function folderOf(contributions = CONTRIBUTIONS, inferences = INFERENCES): Promise<string> {
  const path = newFolder()
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${contributions}) TO '${path}/contributions.parquet' (FORMAT parquet)`)
  await connection.run(`COPY (${inferences}) TO '${path}/inferences.parquet' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

const SETTINGS: AttributeFilesOptions = {
  method: influenceFactored,
  dataParts: 500_000,
  minEvents: 1,
  dBarFixed: null,
  kernels: plainKernels,
}

describe('reading a folder', () => {
  test('lists of any integer type, in any column order, and BLOBs come to the same', async () => {
    const lists = await readFeatureFiles(await folderOf())
    expect(lists.contributions.ids).toEqual(['c1', 'c2', 'c3'])
    expect(lists.inferences.fees).toEqual([1_000n, 2n ** 96n - 1n])
    expect(lists.contributions.rows).toMatchObject({
      kind: 'factored',
      count: 3,
      rank: 3,
      classes: 2,
      checkpointCount: 0,
    })
    expect([...lists.contributions.rows.factors]).toEqual([63, -10, 5, 10, 63, -7, -20, 5, 63])
    const blobs = await readFeatureFiles(
      await folderOf(
        `SELECT label::UTINYINT AS label, unhex(array_to_string([printf('%02x', x & 255) FOR x IN a], '')) AS a, 'unasked' AS note,
           unhex(array_to_string([printf('%02x%02x', x & 255, x >> 8) FOR x IN p], '')) AS p, ua::UBIGINT AS ua, account, contribution_id
         FROM (${CONTRIBUTIONS})`,
        `SELECT * REPLACE (b::TINYINT[3] AS b, p::USMALLINT[] AS p, fee::HUGEINT::VARCHAR AS fee) FROM (${INFERENCES})`,
      ),
    )
    expect(blobs).toEqual(lists)
  })

  test('what was written is read again, up to fees of 2^96 − 1', async () => {
    await fc.assert(
      fc.asyncProperty(filesOf(), async (files) => {
        const path = newFolder()
        await writeFeatureFiles(path, files)
        expect(await readFeatureFiles(path)).toEqual(files)
      }),
      runs(12),
    )
  })

  test('another Parquet reader finds the same amounts and bytes', async () => {
    const path = newFolder()
    await writeFeatureFiles(path, await readFeatureFiles(await folderOf()))
    const bytes = readFileSync(join(path, 'inferences.parquet'))
    const { decompress } = await import('@bokuweb/zstd-wasm').then(async (zstd) => {
      await zstd.init()
      return zstd
    })
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      compressors: { ZSTD: (input: Uint8Array) => decompress(input) },
      utf8: false,
    })
    expect(rows.map(({ fee }) => fee)).toEqual(['1000', '79228162514264337593543950335'])
    expect([...(rows[1]!.b as Uint8Array)]).toEqual([1, 60, 253])
    expect([...(rows[1]!.p as Uint8Array)]).toEqual([300 & 255, 1, 700 & 255, 2])
  })

  test('addresses are the same in either case, other names are not', async () => {
    const account = '0xAbCdEfAbCdEfAbCdEfAbCdEfAbCdEfAbCdEfAbCd'
    const named = (a: string, b: string) => CONTRIBUTIONS.replaceAll("'alice'", `'${a}'`).replace("'bob'", `'${b}'`)
    const same = await readFeatureFiles(await folderOf(named(account, account.toLowerCase())))
    expect(new Set(same.contributions.accounts)).toEqual(new Set([account.toLowerCase()]))
    const other = await readFeatureFiles(await folderOf(named('Alice', 'alice')))
    expect(new Set(other.contributions.accounts).size).toBe(2)
  })

  const item = (change: string) => `SELECT * REPLACE (${change}) FROM (${CONTRIBUTIONS})`
  const use = (change: string) => `SELECT * REPLACE (${change}) FROM (${INFERENCES})`
  test.each<[what: string, contributions: string, inferences: string, message: RegExp]>([
    [
      'a column is missing',
      `SELECT * EXCLUDE (ua) FROM (${CONTRIBUTIONS})`,
      INFERENCES,
      /contributions\.parquet, ua: the column is missing/,
    ],
    [
      'p16 is missing',
      CONTRIBUTIONS,
      `SELECT * EXCLUDE (p16) FROM (${INFERENCES})`,
      /inferences\.parquet, p16: the column is missing/,
    ],
    ['an id stands twice', item("'c1' AS contribution_id"), INFERENCES, /contribution_id: 3 rows have the id "c1"/],
    [
      'an id is empty',
      item("if(label = 1, '', contribution_id) AS contribution_id"),
      INFERENCES,
      /row 1, contribution_id: a text of 1 to/,
    ],
    ['an account is NULL', item("nullif(account, 'bob') AS account"), INFERENCES, /row 2, account: a text of 1 to/],
    [
      'a vector has another length',
      item('if(ua = 3000, [1, 2], a) AS a'),
      INFERENCES,
      /row 2, a: 3 values as in row 1, found 2/,
    ],
    [
      'a value is out of range',
      item('if(ua = 3000, [1, 2, 64], a) AS a'),
      INFERENCES,
      /row 2, a: entry 3 must lie in \[-63, 63\], found 64/,
    ],
    ['a value is NULL', item('if(ua = 3000, [1, NULL, 6], a) AS a'), INFERENCES, /row 2, a: entry 2 must lie in/],
    ['a vector is NULL', item('if(ua = 3000, NULL, a) AS a'), INFERENCES, /row 2, a: a value was expected/],
    ['a vector is empty', item('[]::INTEGER[] AS a'), INFERENCES, /row 1, a: 1 to 1000 values, found 0/],
    [
      'vectors are floats',
      item('[0.5, 0.5, 0.5]::DOUBLE[] AS a'),
      INFERENCES,
      /a: a column of vector was expected, found DOUBLE\[\]/,
    ],
    [
      'a multiplier does not fit',
      item('if(ua = 3000, 65536, ua) AS ua'),
      INFERENCES,
      /row 2, ua: a whole number from 0 to 65535/,
    ],
    [
      'probabilities do not sum up',
      item('if(ua = 3000, [400, 500], p) AS p'),
      INFERENCES,
      /row 2, p: thousandths must sum to 1000 ± 2, these to 900/,
    ],
    [
      'a label is no class',
      item('if(ua = 3000, 2, label) AS label'),
      INFERENCES,
      /row 2, label: a whole number from 0 to 1, found 2|expected, found 2/,
    ],
    [
      'checkpoints are half a member',
      item('label AS label').replace('SELECT *', 'SELECT [500, 500, 1] AS checkpoints, *'),
      INFERENCES,
      /row 1, checkpoints: up to 16 × 2 values, found 3/,
    ],
    [
      'a fee is negative',
      CONTRIBUTIONS,
      use("'-1' AS fee"),
      /row 1, fee: an amount from 0 to 2\^96 − 1 was expected, found -1/,
    ],
    ['a fee is 2^96', CONTRIBUTIONS, use("'79228162514264337593543950336' AS fee"), /row 1, fee: an amount from 0/],
    [
      'fees are floats',
      CONTRIBUTIONS,
      use('1e18::DOUBLE AS fee'),
      /fee: a column of amount was expected, found DOUBLE/,
    ],
    ['the shapes differ', CONTRIBUTIONS, use('[1, 2] AS b'), /inferences\.parquet: it has 2 factors/],
    ['one is dense', DENSE_ITEMS, INFERENCES, /one file has dense features/],
  ])('%s: an error names the place', async (_, contributions, inferences, message) => {
    const path = await folderOf(contributions, inferences)
    await expect(readFeatureFiles(path)).rejects.toMatchObject({
      code: 'FEATURE_FILE',
      message: expect.stringMatching(message),
    })
  })

  test('a file that is missing, none, or cut short is named', async () => {
    await expect(readFeatureFiles(newFolder())).rejects.toThrow('contributions.parquet: it is missing')
    const cut = await folderOf()
    truncateSync(join(cut, 'inferences.parquet'), 300)
    await expect(readFeatureFiles(cut)).rejects.toThrow('inferences.parquet: it cannot be read')
    const pattern = join(newFolder(), 'run[1]')
    await writeFeatureFiles(pattern, await readFeatureFiles(await folderOf()))
    await expect(readFeatureFiles(pattern)).rejects.toThrow('would take for a pattern')
    const other = await folderOf()
    writeFileSync(join(other, 'contributions.parquet'), 'contribution_id,account\n')
    await expect(readFeatureFiles(other)).rejects.toMatchObject({ code: 'FEATURE_FILE' })
  })
})

describe('attributing a folder', () => {
  test.each<[what: string, contributions: string, inferences: string, reason: string]>([
    ['no paid uses', CONTRIBUTIONS, `${INFERENCES} LIMIT 0`, 'There are no paid uses.'],
    ['no contributions', `${CONTRIBUTIONS} LIMIT 0`, INFERENCES, 'There are no contributions.'],
    ['nothing at all', `${CONTRIBUTIONS} LIMIT 0`, `${INFERENCES} LIMIT 0`, 'There are no contributions.'],
    ['fees of zero', CONTRIBUTIONS, `SELECT * REPLACE ('0' AS fee) FROM (${INFERENCES})`, 'No fee was paid.'],
    [
      'rows of zeros',
      `SELECT * REPLACE ([0, 0, 0] AS a) FROM (${CONTRIBUTIONS})`,
      INFERENCES,
      'No contribution has a gradient',
    ],
  ])('%s: everybody gets nothing, and it says why', async (_, contributions, inferences, reason) => {
    const result = await attributeFiles(await readFeatureFiles(await folderOf(contributions, inferences)), SETTINGS)
    expect(result).toMatchObject({ vHash: null, reason: expect.stringContaining(reason), pays: false, dBarFixed: null })
    expect(result.accounts.every(({ share, score }) => share === 0 && score === 0n)).toBe(true)
    expect(result.values.every(({ value }) => value === 0)).toBe(true)
  })

  test.each<[what: string, contributions: string, inferences: string]>([
    [
      'one class',
      CONTRIBUTIONS.replaceAll(/\[\d+, \d+\], [01]\)/g, '[1000], 0)'),
      INFERENCES.replaceAll(/\[\d+, \d+\], (\d+), [01]\)/g, '[1000], $1, 0)'),
    ],
    ['one contributor', CONTRIBUTIONS.replaceAll("'bob'", "'alice'"), INFERENCES],
    ['one contribution', `${CONTRIBUTIONS} LIMIT 1`, `${INFERENCES} LIMIT 1`],
    ['some rows of zeros', `SELECT * REPLACE (if(ua = 3000, [0, 0, 0], a) AS a) FROM (${CONTRIBUTIONS})`, INFERENCES],
    ['multipliers of zero', `SELECT * REPLACE (0 AS ua) FROM (${CONTRIBUTIONS})`, INFERENCES],
    [
      'the largest multipliers',
      `SELECT * REPLACE (65535 AS ua) FROM (${CONTRIBUTIONS})`,
      `SELECT * REPLACE (65535 AS ub) FROM (${INFERENCES})`,
    ],
    ['equal rows', `SELECT * REPLACE ([1, 2, 3] AS a) FROM (${CONTRIBUTIONS})`, INFERENCES],
    ['a payer that owns the model', CONTRIBUTIONS, `SELECT *, true AS own FROM (${INFERENCES})`],
    ['all withdrawn', `SELECT *, true AS withdrawn FROM (${CONTRIBUTIONS})`, INFERENCES],
  ])('%s: shares are fractions, and no more than the whole', async (_, contributions, inferences) => {
    const result = await attributeFiles(await readFeatureFiles(await folderOf(contributions, inferences)), SETTINGS)
    const sum = result.accounts.reduce((total, { share }) => total + share, 0)
    expect(sum).toBeLessThanOrEqual(1 + 1e-9)
    for (const { share, low, high } of result.accounts) {
      expect(low).toBeGreaterThanOrEqual(0)
      expect(low).toBeLessThanOrEqual(share)
      expect(high).toBeGreaterThanOrEqual(share)
      expect(high).toBeLessThanOrEqual(1)
    }
    expect(result.values.every(({ value }) => Number.isSafeInteger(value))).toBe(true)
    expect((result.vHash === null) === (result.reason !== null)).toBe(true)
  })

  test('dense features are attributed, and one who helps has more than one who hurts', async () => {
    const files = await readFeatureFiles(await folderOf(DENSE_ITEMS, DENSE_USES))
    const result = await attributeFiles(files, { ...SETTINGS, method: influenceDense })
    expect(result.vHash).toMatch(/^0x[0-9a-f]{64}$/)
    expect(result.accounts.map(({ account }) => account)).toEqual(['alice', 'bob'])
    // The second use pays most, and points where c2 does.
    expect(result.accounts[1]!.share).toBeGreaterThan(result.accounts[0]!.share)
  })

  test('a period exported from a ledger gives the vector that its manifest commits to', async () => {
    const world = await SmallLedger.open()
    try {
      await world.found({ minEvents: 1 })
      for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) {
        const { batch, features } = await contribution(world.records, randomOf(index), name, 6)
        await world.send(batch, ...features)
      }
      await world.send(world.records.deposit('payer', 1_000_000n), world.records.deposit('partner', 1_000_000n))
      await world.send(...uses(world.records, randomOf(99), ['a', 'b', 'c', 'd', 'e'], 1_001n))
      const [first] = (await world.runEpoch()).periods
      await world.send(...uses(world.records, randomOf(98), ['f', 'g', 'h'], 2_003n))
      const [second] = (await world.runEpoch()).periods
      for (const [epoch, period] of [first!, second!].entries()) {
        const { files, ...settings } = await exportPeriod(world.ledger.warehouse, { model: 'reader', epoch: epoch + 1 })
        expect(settings.dBarFixed === null).toBe(epoch === 0)
        const path = newFolder()
        await writeFeatureFiles(path, files)
        const result = await attributeFiles(await readFeatureFiles(path), {
          ...SETTINGS,
          dataParts: settings.dataParts,
          minEvents: settings.minEvents,
          dBarFixed: settings.dBarFixed === null ? null : BigInt(settings.dBarFixed),
        })
        expect(settings).toMatchObject({ epoch: epoch + 1, vHash: period.vHash, method: 'influence/factored@2' })
        expect(result.vHash).toBe(period.vHash)
        expect(result.effectiveEvents.toString()).toBe(period.effectiveEvents)
        const scores = await world.ledger.warehouse.all<{ account: string; s: bigint }>(
          'SELECT account, s FROM score WHERE epoch = $epoch ORDER BY account',
          { epoch: epoch + 1 },
        )
        expect(result.accounts.map(({ account, score }) => ({ account, s: score }))).toEqual(scores)
      }
      await expect(exportPeriod(world.ledger.warehouse, { model: 'nobody' })).rejects.toMatchObject({
        code: 'PERIOD_UNKNOWN',
      })
    } finally {
      world.close()
    }
  })
})

/** Any folder of a shape, with checkpoints or dense. */
function filesOf(): fc.Arbitrary<FeatureFiles> {
  const shape = fc.record({
    items: fc.integer({ min: 1, max: 5 }),
    uses: fc.integer({ min: 1, max: 4 }),
    rank: fc.integer({ min: 1, max: 6 }),
    classes: fc.integer({ min: 1, max: 3 }),
    checkpointCount: fc.integer({ min: 0, max: 2 }),
    isDense: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
  })
  return shape.map(({ items, uses: count, rank, classes, checkpointCount, isDense, seed }) => {
    const random = lehmer(seed)
    const rowsOf = (rows: number): FeatureFiles['contributions']['rows'] => {
      const factors = Int8Array.from({ length: rows * rank }, () => (random() % 127) - 63)
      const multipliers = Uint16Array.from({ length: rows }, () => random() % 65_536)
      if (isDense) return { kind: 'dense', count: rows, rank, factors, multipliers }
      const members = (each: number) =>
        Uint16Array.from({ length: rows * each * classes }, (_, at) => (at % classes === 0 ? 1_000 : 0))
      return {
        kind: 'factored',
        count: rows,
        rank,
        classes,
        checkpointCount,
        factors,
        multipliers,
        probabilities: members(1),
        checkpoints: members(checkpointCount),
        labels: Uint16Array.from({ length: rows }, () => random() % classes),
      }
    }
    return {
      contributions: {
        ids: Array.from({ length: items }, (_, at) => `c '"é${at}`),
        accounts: Array.from({ length: items }, () => `0x${'0123456789abcdef'[random() % 16]!.repeat(40)}`),
        withdrawn: Uint8Array.from({ length: items }, () => random() % 2),
        rows: rowsOf(items),
      },
      inferences: {
        ids: Array.from({ length: count }, (_, at) => `u${at}`),
        fees: Array.from({ length: count }, (_, at) => (at === 0 ? 2n ** 96n - 1n : BigInt(random()))),
        payers: Array.from({ length: count }, () => 'payer'),
        own: Uint8Array.from({ length: count }, () => random() % 2),
        p16: Uint16Array.from({ length: count }, () => random() % 65_536),
        rows: rowsOf(count),
      },
    }
  })
}

/** Park and Miller's generator: small, and good enough to fill bytes with. */
function lehmer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state
  }
}

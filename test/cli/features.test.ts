import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { npyBytes } from '../support/npy.ts'
import { builtCli } from './support/built-cli.ts'
import { documentOf, errorOf, tally } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** The program may have to be built first. */
const SETUP_LIMIT_MS = 180_000

describe('tally attribute --features', () => {
  const path = temporaryFolder()
  beforeAll(async () => {
    await builtCli()
    const asked = Array.from({ length: 40 }, (_, at) => [Math.cos(at), 1, Math.sin(at)])
    writeFileSync(
      path('train.npy'),
      npyBytes([
        [0.1, 2, 0.1],
        [0.2, 1.9, 0],
        [0, -2, 0.1],
        [0, 0, 0],
      ]),
    )
    writeFileSync(path('owners.csv'), 'contribution_id,account\ngood,ann\nfair,bob\nbad,eve\nblank,zoe\n')
    writeFileSync(path('asked.mmap'), npyBytes(asked, { descr: '<f8', version: 2 }))
    writeFileSync(
      path('fees.csv'),
      `inference_id,fee,payer\n${asked.map((_, at) => `u${at},${10n ** 18n},me\n`).join('')}`,
    )
  }, SETUP_LIMIT_MS)

  const IMPORT = [
    ...['import', 'features', '--contributions', 'train.npy', '--contribution-list', 'owners.csv'],
    ...['--inferences', 'asked.mmap', '--inference-list', 'fees.csv', '--out', 'features'],
  ]

  test('from arrays of another tool to shares, without a ledger', async () => {
    const cwd = path()
    const imported = await tallyHere([...IMPORT, '--json'], { cwd })
    expect(imported).toMatchObject({ end: 0, stderr: '' })
    expect(documentOf(imported)).toMatchObject({
      out: 'features',
      contributions: { rows: 4, dimensions: 3, zeroRows: 1 },
      inferences: { rows: 40, dimensions: 3, zeroRows: 0 },
    })
    expect(readdirSync(path('features')).sort()).toEqual(['contributions.parquet', 'inferences.parquet'])
    const attributed = await tally(['attribute', '--features', 'features', '--min-events', '10', '--json'], { cwd })
    expect(attributed).toMatchObject({ end: 0, stderr: '' })
    const document = documentOf<{
      accounts: { account: string; share: number }[]
      values: { id: string; value: number }[]
      dBarFixed: string
      vHash: string
    }>(attributed)
    expect(document).toMatchObject({ method: 'influence/dense@1', pays: true, fees: (40n * 10n ** 18n).toString() })
    const shares = Object.fromEntries(document.accounts.map(({ account, share }) => [account, share]))
    expect(shares.ann).toBeGreaterThan(shares.bob! * 0.9)
    expect(shares).toMatchObject({ eve: 0, zoe: 0 })
    expect(document.values.map(({ id, value }) => [id, Math.sign(value)])).toEqual([
      ['good', 1],
      ['fair', 1],
      ['bad', -1],
      ['blank', 0],
    ])
    const next = await tallyHere(['attribute', '--features', 'features', '--d-bar', document.dBarFixed, '--json'], {
      cwd,
    })
    expect(documentOf(next)).toMatchObject({ vHash: expect.stringMatching(/^0x/), pays: false, dBarFixed: null })
    // No folder of a ledger was made.
    expect(existsSync(path('tally-data'))).toBe(false)
  })

  test('a person reads a table', async () => {
    const cwd = path()
    await tallyHere(IMPORT, { cwd })
    const { end, stdout, stderr } = await tallyHere(['attribute', '--features', 'features'], { cwd })
    expect({ end, stderr }).toEqual({ end: 0, stderr: '' })
    expect(stdout).toContain('influence/dense@1: 4 contributions, 40 paid uses, fees 40000000000000000000')
    expect(stdout).toContain('of 2000 that it needs: held')
    expect(stdout).toMatch(/\d\d\.\d % +\d+\.\d % – \d+\.\d % +ann/)
    expect(stdout).toMatch(/Helped most: good, fair\nHurt most: {3}bad/)
  })

  test.each([
    [['--method', 'influence/magic@9'], 'UNKNOWN_METHOD', 5],
    [['--method', 'influence/factored@2'], 'FEATURE_KIND', 5],
  ])('what it cannot do it says: %j', async (flags, code, exit) => {
    const cwd = path()
    await tallyHere(IMPORT, { cwd })
    const ended = await tallyHere(['attribute', '--features', 'features', ...flags, '--json'], { cwd })
    expect(ended.end).toBe(exit)
    expect(errorOf(ended).code).toBe(code)
  })

  test('a folder without files, and settings without a folder', async () => {
    const cwd = path()
    mkdirSync(path('empty'), { recursive: true })
    const empty = await tallyHere(['attribute', '--features', 'empty', '--json'], { cwd })
    expect(errorOf(empty)).toMatchObject({
      code: 'FEATURE_FILE',
      message: expect.stringContaining('contributions.parquet'),
    })
    const without = await tallyHere(['attribute', '--min-events', '3', '--json'], { cwd })
    expect(without.end).toBe(2)
    expect(errorOf(without).message).toContain('--min-events needs --features')
    const parts = await tallyHere(['attribute', '--features', 'empty', '--data-parts', '600001'], { cwd })
    expect(parts).toMatchObject({ end: 2, stderr: expect.stringContaining('from 1 to 600000') })
  })

  test('a NaN is named by file and row, and nothing is written', async () => {
    const cwd = path()
    writeFileSync(
      path('train.npy.bad'),
      npyBytes([
        [1, 2, 3],
        [4, Number.NaN, 6],
        [1, 1, 1],
        [1, 1, 1],
      ]),
    )
    const flags = IMPORT.map((word) => ({ 'train.npy': 'train.npy.bad', features: 'nothing' })[word] ?? word)
    const ended = await tallyHere([flags[0]!, 'features', ...flags.slice(2)], { cwd })
    expect(ended).toMatchObject({
      end: 5,
      stderr: expect.stringContaining('train.npy.bad, row 2, value 2: NaN is no number'),
    })
    expect(existsSync(path('nothing'))).toBe(false)
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { importArrays } from '../../jobs/attribution/files/import-arrays.ts'
import { NpyMatrix } from '../../jobs/attribution/files/npy.ts'
import { quantise } from '../../jobs/attribution/files/quantise.ts'
import { type NpyOptions, npyBytes } from '../support/npy.ts'
import { runs } from '../support/random-runs.ts'

let folder = ''
let files = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tally-npy-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function fileOf(bytes: Uint8Array | string, name = `${files++}.npy`): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const matrixOf = (rows: readonly (readonly number[])[], options?: NpyOptions) =>
  NpyMatrix.open(fileOf(npyBytes(rows, options)))

async function valuesOf(matrix: NpyMatrix): Promise<number[][]> {
  const rows: number[][] = []
  await matrix.each((values) => rows.push([...values]))
  return rows
}

describe('.npy', () => {
  test.each<[NpyOptions]>([
    [{ version: 1, descr: '<f4' }],
    [{ version: 2, descr: '<f8' }],
    [{ version: 3, descr: '|i1' }],
    [{ header: "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}" }],
    [{ header: "{'descr':'<f4','fortran_order':False,'shape':(2,3,),}" }],
  ])('%j is read', async (options) => {
    const rows = [
      [1, -2, 3],
      [-4, 5, 63],
    ]
    expect(await valuesOf(await matrixOf(rows, options))).toEqual(rows)
  })

  test('half precision, as TRAK writes it: normal, subnormal and zero', async () => {
    const halves = [0x3c00, 0xc000, 0x0001, 0x8000, 0x7bff, 0x0400]
    const [row] = await valuesOf(await matrixOf([halves], { descr: '<f2' }))
    expect(row).toEqual([1, -2, 2 ** -24, -0, 65_504, 2 ** -14])
  })

  const header = (text: string) => npyBytes([[1, 2, 3]], { header: text })
  const long = Buffer.concat([Buffer.from('\x93NUMPY\x02\x00', 'latin1'), Buffer.from([0xff, 0xff, 0xff, 0xff])])
  test.each<[string, Uint8Array | string, RegExp]>([
    ['empty', '', /ends too early/],
    ['text', 'contribution_id,account\nc1,alice\n', /no \.npy file/],
    ['an unknown version', Buffer.from('\x93NUMPY\x04\x00aaaaaaaaaaaaaaaaaa', 'latin1'), /version 4\.0 is not known/],
    ['a header of 4 GiB', long, /a header of 4294967295 bytes is longer than 65536/],
    ['a header that is cut short', npyBytes([[1]]).subarray(0, 40), /ends too early/],
    ['a header of code', header("__import__('os').system('true')"), /header is damaged/],
    [
      'an entry twice',
      header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 3)}"),
      /header is damaged/,
    ],
    ['another entry', header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), 'x': 1}"), /header is damaged/],
    ['a missing entry', header("{'descr': '<f4', 'shape': (1, 3)}"), /Fortran order/],
    ['Fortran order', header("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3)}"), /Fortran order/],
    ['objects', header("{'descr': '|O', 'fortran_order': False, 'shape': (1, 3)}"), /type \|O cannot be taken/],
    ['big-endian', header("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 3)}"), /type >f4 cannot be taken/],
    [
      'a vector',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}"),
      /a matrix was expected, found the shape \(3,\)/,
    ],
    ['a cube', header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 1)}"), /a matrix was expected/],
    [
      'rows without end',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3)}"),
      /up to 16777216 rows/,
    ],
    ['wide rows', header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4097)}"), /of 1 to 4096 values/],
    [
      'fewer values than promised',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"),
      /its header promises/,
    ],
    [
      'more values than promised',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}"),
      /its header promises/,
    ],
  ])('%s is refused, and named', async (_, bytes, message) => {
    await expect(NpyMatrix.open(fileOf(bytes))).rejects.toMatchObject({
      code: 'FEATURE_FILE',
      message: expect.stringMatching(message),
    })
  })

  test('a file that is not there is named', async () => {
    await expect(NpyMatrix.open(join(folder, 'none.npy'))).rejects.toThrow('none.npy: it cannot be opened')
  })
})

describe('quantising', () => {
  test('values come back within half a step, whatever their size', async () => {
    const value = fc.double({ min: -1, max: 1, noNaN: true })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(value, { minLength: 3, maxLength: 3 }), fc.integer({ min: -3, max: 0 })), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: -290, max: 290 }),
        async (rows, size) => {
          const floats = rows.map(([row, smaller]) => row.map((each) => each * 10 ** (size + smaller)))
          const { rows: integers, unitExponent } = await quantise(await matrixOf(floats, { descr: '<f8' }))
          for (const [row, values] of floats.entries()) {
            const step = integers.multipliers[row]! * 2 ** -unitExponent
            for (const [at, each] of values.entries()) {
              const factor = integers.factors[3 * row + at]!
              expect(Math.abs(factor)).toBeLessThanOrEqual(63)
              if (step > 0) expect(Math.abs(each - factor * step)).toBeLessThanOrEqual(step * 0.5000001)
            }
          }
        },
      ),
      runs(60),
    )
  })

  test('the largest row has a multiplier of 16 bits, and rows keep their proportion', async () => {
    const { rows, zeroRows } = await quantise(
      await matrixOf(
        [
          [100, -50],
          [1, 0.5],
          [0, 0],
          [1e-9, 0],
        ],
        { descr: '<f8' },
      ),
    )
    expect(rows.multipliers[0]).toBeGreaterThan(32_767)
    expect(rows.multipliers[0]! / rows.multipliers[1]!).toBeCloseTo(100, 0)
    expect([...rows.factors.subarray(0, 4)]).toEqual([63, -31, 63, 31])
    expect(rows.multipliers[2]).toBe(0)
    expect(zeroRows).toBe(2)
  })

  test('bytes in [−63, 63] are taken as they are; larger ones are scaled', async () => {
    const small = await quantise(
      await matrixOf(
        [
          [63, -63],
          [1, 0],
        ],
        { descr: '|i1' },
      ),
    )
    expect([...small.rows.factors]).toEqual([63, -63, 1, 0])
    expect([...small.rows.multipliers]).toEqual([1, 1])
    expect(small.unitExponent).toBe(0)
    const large = await quantise(await matrixOf([[127, -64]], { descr: '|i1' }))
    expect([...large.rows.factors]).toEqual([63, -32])
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d is refused by row', async (wrong) => {
    const matrix = await matrixOf([
      [1, 2, 3],
      [4, 5, 6],
      [7, wrong, 9],
    ])
    await expect(quantise(matrix)).rejects.toMatchObject({
      code: 'FEATURE_FILE',
      facts: expect.objectContaining({ row: 3, column: 'value 2' }),
    })
  })

  test('a matrix of zeros stays one', async () => {
    const { rows, zeroRows } = await quantise(
      await matrixOf([
        [0, -0],
        [0, 0],
      ]),
    )
    expect([...rows.factors, ...rows.multipliers]).toEqual([0, 0, 0, 0, 0, 0])
    expect(zeroRows).toBe(2)
  })
})

describe('arrays with lists', () => {
  const arrays = (owners: string, fees: string) => ({
    contributions: fileOf(
      npyBytes([
        [1, 2],
        [3, 4],
      ]),
    ),
    contributionList: fileOf(owners, `${files++}.csv`),
    inferences: fileOf(npyBytes([[1, 1]]), `${files++}.mmap`),
    inferenceList: fileOf(fees, `${files++}.csv`),
  })
  const OWNERS = 'contribution_id,account\n001,alice\n002,0xABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD\n'
  const FEES = 'inference_id,fee,payer\nu1,79228162514264337593543950335,bob\n'

  test('rows get the ids, accounts and fees of their lines', async () => {
    const { files: imported } = await importArrays(arrays(OWNERS, FEES))
    expect(imported.contributions.ids).toEqual(['001', '002'])
    expect(imported.contributions.accounts).toEqual(['alice', '0xabcdefabcdefabcdefabcdefabcdefabcdefabcd'])
    expect(imported.inferences.fees).toEqual([2n ** 96n - 1n])
    expect([...imported.inferences.p16]).toEqual([65_535])
  })

  test.each([
    ['a line too few', 'contribution_id,account\na,alice\n', FEES, /it has 1 rows, and .*\.npy has 2/],
    ['a column is missing', 'contribution_id\na\nb\n', FEES, /account: the column is missing/],
    [
      'a flag that is none',
      'contribution_id,account,withdrawn\na,alice,true\nb,bob,maybe\n',
      FEES,
      /row 2, withdrawn: true or false/,
    ],
    ['an id twice', 'contribution_id,account\na,alice\na,bob\n', FEES, /2 rows have the id "a"/],
    ['an amount with a point', OWNERS, 'inference_id,fee,payer\nu1,1.5,bob\n', /row 1, fee: an amount from 0/],
    ['a probability that is none', OWNERS, 'inference_id,fee,payer,p16\nu1,1,bob,high\n', /row 1, p16: a whole number/],
  ])('%s: an error names the place', async (_, owners, fees, message) => {
    await expect(importArrays(arrays(owners, fees))).rejects.toMatchObject({
      code: 'FEATURE_FILE',
      message: expect.stringMatching(message),
    })
  })

  test('arrays of different widths are refused', async () => {
    const paths = { ...arrays(OWNERS, FEES), inferences: fileOf(npyBytes([[1, 1, 1]])) }
    await expect(importArrays(paths)).rejects.toThrow('its rows have 3 values')
  })
})

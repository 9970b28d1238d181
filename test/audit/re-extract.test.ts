import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { LocalChain } from '../../anchor/chain/local-chain.ts'
import {
  auditBundle,
  type ExtractedRow,
  type Extractor,
  type ReExtractedItem,
  type ReExtraction,
} from '../../audit/index.ts'
import { drawByValue } from '../../audit/re-extract/draw.ts'
import { openDigitExtractor } from '../../examples/digits/extractor.ts'
import { readArtefact } from '../../extractors/artefact.ts'
import { blockHashes, describeWithAnvil } from '../anchor/chain-anvil.ts'
import { documentOf, tally } from '../cli/support/tally.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { chainOf, type DigitLedger, prepareDigitLedger } from '../support/digit-ledger.ts'

const bytes32 = (n: number) => new Uint8Array(32).fill(n)

describe('draws', () => {
  const place = { randomness: bytes32(7), epoch: 3, model: 'reader', token: `0x${'70'.repeat(20)}` }

  test('are what another implementation of the page draws', () => {
    // hashlib in Python, from docs/features.md#draws alone.
    expect([...drawByValue(place, [5n, -20n, 0n, 75n], 12)]).toEqual([
      [1, 2],
      [3, 10],
    ])
  })

  test('follow |value|, never fall on a value of 0, and are all made', () => {
    const times = drawByValue(place, [100n, -300n, 0n, 600n], 10_000)
    expect([...times.values()].reduce((sum, each) => sum + each, 0)).toBe(10_000)
    expect(times.has(2)).toBe(false)
    for (const [index, share] of [
      [0, 0.1],
      [1, 0.3],
      [3, 0.6],
    ] as const)
      expect(Math.abs(times.get(index)! / 10_000 - share)).toBeLessThan(0.02)
  })

  test('are none where nothing has a value', () => {
    expect(drawByValue(place, [0n, 0n], 5).size).toBe(0)
    expect(drawByValue(place, [], 5).size).toBe(0)
  })

  test.each([
    ['randomness', { ...place, randomness: bytes32(8) }],
    ['epoch', { ...place, epoch: 4 }],
    ['model', { ...place, model: 'writer' }],
    ['token', { ...place, token: `0x${'71'.repeat(20)}` }],
  ])('are others for another %s', (_, other) => {
    const values = Array.from({ length: 1_000 }, (_, i) => BigInt(i + 1))
    expect([...drawByValue(other, values, 20)]).not.toEqual([...drawByValue(place, values, 20)])
  })
})

function moved(row: ExtractedRow, field: 'a' | 'p' | 'checkpoints' | 'ua', off: number): ExtractedRow {
  if (field === 'ua') return { ...row, ua: row.ua + off }
  if (field === 'a')
    return { ...row, a: row.a.map((digit, i) => (i === 3 ? digit - Math.sign(digit || -1) * off : digit)) }
  return { ...row, [field]: row[field].map((value, i) => (i === 3 ? value + off : value)) }
}

describeWithAnvil('features that are extracted again', () => {
  let ledger: DigitLedger
  let extractor: Extractor
  let chain: LocalChain
  const path = temporaryFolder()
  beforeAll(async () => {
    ledger = await prepareDigitLedger(path('ledger'))
    extractor = openDigitExtractor(readArtefact(ledger.extractor))
    chain = await chainOf(ledger)
  })
  afterAll(() => chain?.stop())

  const reExtract = (options: Partial<ReExtraction> = {}) =>
    auditBundle(ledger.bundles, {
      reExtract: { draws: 200, extractor, payloads: ledger.payloads, randomness: bytes32(1), ...options },
    })

  test('are the published ones, but for the account whose rows were doubled: it is named', async () => {
    const { reExtraction, ok, firstDifference } = await reExtract()
    const of = (outcome: string) => reExtraction!.items.filter((item) => item.outcome === outcome)
    const favoured = reExtraction!.items.filter(({ account }) => account === ledger.favoured)
    expect(favoured.length).toBeGreaterThan(5)
    expect(of('differs')).toEqual(favoured)
    expect(of('same')).toHaveLength(reExtraction!.items.length - favoured.length)
    for (const { differences } of favoured) {
      const { published, extracted } = differences.find(({ field }) => field === 'ua')!
      expect(Math.abs(Number(published) - 2 * Number(extracted))).toBeLessThanOrEqual(1)
    }
    expect(ok).toBe(false)
    expect(firstDifference).toMatchObject({ check: 'features extracted again', epoch: 1 })
    expect(firstDifference!.where).toContain(ledger.favoured)
  })

  test('whose payload is erased or damaged are counted, and no OK is said of them', async () => {
    const payloads = path('erased')
    cpSync(ledger.payloads, payloads, { recursive: true })
    const { reExtraction } = await reExtract()
    const honest = reExtraction!.items.filter(({ outcome }) => outcome === 'same')
    const fileOf = ({ contentHash }: ReExtractedItem) => join(payloads, contentHash.slice(2, 4), contentHash.slice(2))
    rmSync(fileOf(honest[0]!))
    writeFileSync(fileOf(honest[1]!), 'something else, but long enough')
    const report = await reExtract({ payloads })
    const { same, absent, damaged } = report.reExtraction!.periods[0]!.outcomes
    expect({ same, absent, damaged }).toEqual({ same: honest.length - 2, absent: 1, damaged: 1 })
    expect(report.trusted.some((line) => line.startsWith('2 sampled contributions'))).toBe(true)
    expect(report.features).toMatchObject({ lookedAt: true, same, absent: 1, damaged: 1 })
  })

  test('by other randomness are others', async () => {
    const drawn = async (randomness: Uint8Array) =>
      (await reExtract({ draws: 20, randomness })).reExtraction!.items.map(
        ({ batchId, index }) => `${batchId}/${index}`,
      )
    expect(await drawn(bytes32(1))).toEqual(await drawn(bytes32(1)))
    expect(await drawn(bytes32(2))).not.toEqual(await drawn(bytes32(1)))
  })

  test.each(['code', 'weights', 'basis'] as const)('by an extractor with other %s: refused, by name', async (part) => {
    const artefact = readArtefact(ledger.extractor)
    const bytes = artefact[part].slice()
    // The recipe says how it was trained; of a number its lowest bit.
    bytes[part === 'code' ? bytes.lastIndexOf(0x31) : 0]! ^= 1
    const other = openDigitExtractor({ ...artefact, [part]: bytes })
    await expect(reExtract({ extractor: other })).rejects.toMatchObject({
      code: 'EXTRACTOR_DIFFERS',
      facts: { differs: `${part}Hash` },
    })
  })

  test.each([
    [1, 'within tolerance'],
    [2, 'differs'],
  ])('of which one number is off by %i are %s', async (off, outcome) => {
    const { reExtraction: exact } = await reExtract({ draws: 30 })
    const honest = exact!.items.filter((item) => item.outcome === 'same').length
    for (const field of ['a', 'p', 'checkpoints', 'ua'] as const) {
      const near: Extractor = { ...extractor, extract: (payload) => moved(extractor.extract(payload), field, off) }
      const { reExtraction } = await reExtract({ draws: 30, extractor: near })
      // A part in a thousand of a multiplier is more than two.
      const expected = field === 'ua' ? 'within tolerance' : outcome
      const others = reExtraction!.items.filter(({ account }) => account !== ledger.favoured)
      expect(others).toHaveLength(honest)
      expect(others.every((item) => item.outcome === expected)).toBe(true)
    }
  })

  test('of a payload that the extractor refuses differ', async () => {
    const refusing: Extractor = {
      ...extractor,
      extract: (payload) => extractor.extract(payload.subarray(1)),
    }
    const { reExtraction } = await reExtract({ draws: 1, extractor: refusing })
    expect(reExtraction!.items[0]).toMatchObject({ outcome: 'differs', differences: [{ field: 'payload' }] })
  })

  test('as a person asks for it: the finalizing block draws, the exit code is 9, and the report names the account', async () => {
    const { bundles, payloads, extractor: folder } = ledger
    const flags = ['--re-extract', '100', '--payloads', payloads, '--extractor', folder, '--rpc', chain.rpcUrl]
    const { end, stdout, stderr } = await tally(['audit', bundles, ...flags])
    expect({ end, stderr }).toEqual({ end: 9, stderr: '' })
    const hash = /draws by (0x[0-9a-f]{64}) \(hash of block \d+ of chain 31337/.exec(stdout)?.[1]
    expect(await blockHashes(chain.rpcUrl)).toContain(hash)
    expect(stdout).toContain(`of ${ledger.favoured}: ua published`)
    expect(stdout).toContain('audit: DIFFERENCE')
  })

  test.each([
    ['without the folders', ['--re-extract', '5', '--randomness', '11'.repeat(32)]],
    ['folders alone', ['--payloads', 'p']],
    ['without randomness', ['--re-extract', '5', '--payloads', 'p', '--extractor', 'e']],
  ])('%s it is bad usage', async (_, flags) => {
    const ended = await tally(['audit', ledger.bundles, '--json', ...flags])
    expect(ended.end).toBe(2)
    expect(documentOf(ended)).toMatchObject({ error: { code: 'USAGE' } })
  })
})

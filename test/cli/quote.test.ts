import { mkdirSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { signerOfQuote } from '../../anchor/signatures/quote.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, GENESIS, keyOf } from '../support/ledger/cast.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
const OPERATOR = { OPERATOR_KEY: keyOf('operator') }
let data: string

/** A ledger whose model has a price list, closed. */
beforeAll(async () => {
  data = path('ledger')
  mkdirSync(data)
  writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
  const records = new Records(ledgerIdOf(GENESIS))
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    const log = await session.log()
    await log.sink.append([
      await records.source(SOURCES.operator, ['AssetRegistered', 'PriceListPublished']),
      await records.asset('reader', 'model', { modeller: 1_000_000 }),
      await records.priceList('prices-1', [
        { unit: 'calls', pricePerMillion: 1_000_000n },
        { unit: 'tokens', pricePerMillion: 2_500_000n },
      ]),
    ])
    await closeEpoch({ ledger: await session.ledger(), ...log, clock: session.clock, cutNow: true })
  } finally {
    await session.close()
  }
})

const quote = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  tallyHere(['quote', 'reader', '--json', '--data', data, ...args], { env })

interface QuoteDocument {
  readonly quoteId: `0x${string}`
  readonly payer: never
  readonly model: string
  readonly token: never
  readonly fee: string
  readonly priceList: string
  readonly units: Record<string, string>
  readonly commercial: boolean
  readonly expiresMs: string
  readonly signature: `0x${string}`
}

describe('tally quote', () => {
  test('signs a price that expires, with the operator’s key', async () => {
    const before = Date.now()
    const args = ['--units', 'tokens=3', '--units', 'calls=2', '--payer', addressOf('payer'), '--expires', '10m']
    const ended = await quote(args, OPERATOR)
    expect(ended).toMatchObject({ end: 0, stderr: '' })
    const document = documentOf(ended) as unknown as QuoteDocument
    expect(document).toMatchObject({ fee: '10', priceList: 'prices-1', units: { calls: '2', tokens: '3' } })
    const { quoteId, fee, units, expiresMs, signature, ...same } = document
    expect(Number(expiresMs)).toBeGreaterThanOrEqual(before + 600_000)
    expect(Number(expiresMs)).toBeLessThanOrEqual(Date.now() + 600_000)
    const signed = {
      ...same,
      ...{ quoteId: fromHex(quoteId), fee: BigInt(fee), expiresMs: BigInt(expiresMs) },
      units: Object.entries(units).map(([unit, quantity]) => ({ unit, quantity: BigInt(quantity) })),
    }
    expect(await signerOfQuote(ledgerIdOf(GENESIS), signed, fromHex(signature))).toBe(GENESIS.operator)
    const again = documentOf(await quote(args, OPERATOR)) as unknown as QuoteDocument
    expect(again.quoteId).not.toBe(quoteId)
  })

  test('without the operator’s key shows the price and signs nothing', async () => {
    const ended = await quote(['--units', 'tokens=1'])
    expect(ended.end).toBe(0)
    expect(documentOf(ended)).toMatchObject({ fee: '3', signature: null })
  })

  test('with somebody else’s key, or for what has no price, ends with a reason', async () => {
    const other = await quote(['--units', 'tokens=1'], { OPERATOR_KEY: keyOf('stranger') })
    expect([other.end, errorOf(other).code]).toEqual([2, 'CONFIG'])
    const missing = await quote(['--units', 'seconds=1'])
    expect([missing.end, errorOf(missing).code]).toEqual([5, 'NO_PRICE'])
    const list = await quote(['--units', 'calls=1', '--list', 'none'])
    expect([list.end, errorOf(list).code]).toEqual([5, 'NO_PRICE_LIST'])
    const unknown = await tallyHere(['quote', 'raeder', '--json', '--data', data, '--units', 'calls=1'])
    expect([unknown.end, errorOf(unknown)]).toEqual([
      5,
      expect.objectContaining({ code: 'MODEL_UNKNOWN', message: 'No model "raeder" is registered.' }),
    ])
  })

  test.each([
    [[], '--units'],
    [['--units', 'tokens'], 'a unit and a whole number'],
    [['--units', 'tokens=-1'], 'a unit and a whole number'],
    [['--units', 'tokens=1', '--units', 'tokens=2'], 'stands there twice'],
    [['--units', 'tokens=1', '--expires', 'soon'], 'a time like'],
    [['--units', 'tokens=1', '--payer', '0x12'], 'an address'],
  ])('%j is bad usage', async (args, message) => {
    const { end, stderr } = await quote(args)
    expect(end).toBe(2)
    expect(stderr).toContain(message)
  })
})

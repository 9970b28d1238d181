import { chmodSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { addressOf, keyOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { foundIn, keyFileOf, settleIn } from './support/settled-ledger.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
let data: string

const keyFile = (name: Name) => keyFileOf(path, name)
const settle = (...sent: OutgoingRecord[]) => settleIn(data, ...sent)
const market = (...args: string[]) => tallyHere(['market', ...args, '--json', '--data', data])
const signed = (name: Name) => ['--source', SOURCES.operator, '--key-file', keyFile(name)]
const priced = (parts: string, price: string) => ['--parts', parts, '--price', price, '--token', TOKEN]

/** A ledger with a dataset, a model derived from it, and a buyer with money. */
beforeAll(async () => {
  data = path('ledger')
  const records = foundIn(data)
  const types = ['AssetRegistered', 'OfferPublished', 'OfferWithdrawn', 'OfferAccepted']
  await settle(
    await records.source(SOURCES.operator, types),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.policy({}),
    await records.asset('digits', 'dataset', { alice: 1_000_000 }),
    await records.derived('reader', 'model', 'carol', { digits: { by: 'alice', parts: 100_000 } }),
    records.deposit('bob', 50n),
  )
})

interface Listed {
  readonly offers: readonly { readonly offer: string; readonly state: string; readonly [key: string]: unknown }[]
  readonly assets: readonly { readonly asset: string; readonly [key: string]: unknown }[]
}

async function list(...args: string[]): Promise<Listed> {
  return documentOf(await market('list', ...args)) as unknown as Listed
}

describe('tally market', () => {
  test('a share is offered, listed, accepted and sold; another offer is withdrawn', async () => {
    const offered = await market('offer', 'digits', ...priced('250000', '40'), '--offer', 'quarter', ...signed('alice'))
    expect(offered).toMatchObject({ end: 0, stderr: '' })
    expect(documentOf(offered)).toMatchObject({ offer: 'quarter', signed: true })
    await market(
      'offer',
      'digits',
      ...priced('500000', '60'),
      '--offer',
      'half',
      '--expires',
      '12h',
      ...signed('alice'),
    )
    await settle()

    const { offers, assets } = await list()
    expect(offers.map(({ offer, state }) => [offer, state])).toEqual([
      ['half', 'open'],
      ['quarter', 'open'],
    ])
    expect(offers[1]).toMatchObject({
      seller: addressOf('alice'),
      buyer: null,
      parts: 250_000,
      price: '40',
      token: TOKEN,
    })
    expect(assets).toEqual([
      {
        ...{ asset: 'digits', kind: 'dataset', title: 'digits', licence: 'CC0-1.0', access: 'open' },
        ...{ owners: [{ account: addressOf('alice'), parts: 1_000_000 }], parents: [] },
        ...{ reuse: [{ asset: 'reader', kind: 'model', parts: 100_000 }], income: [], quality: [], contributors: [] },
        contributions: { items: 0, duplicates: 0, accounts: 0 },
        contributorsIncome: [],
        uses: { own: 0, payers: 0, derived: 0, granted: 0, bought: 0, licensees: 0 },
      },
    ])

    expect(await market('accept', 'quarter', ...signed('bob'))).toMatchObject({ end: 0 })
    expect(await market('withdraw', 'half', ...signed('alice'))).toMatchObject({ end: 0 })
    await settle()
    const after = await list('digits', '--all')
    expect(after.offers.map(({ offer, state }) => [offer, state])).toEqual([
      ['half', 'withdrawn'],
      ['quarter', 'sold'],
    ])
    expect(after.offers[1]).toMatchObject({ sold: { to: addressOf('bob'), epoch: 3 } })
    expect(after.assets[0]).toMatchObject({
      owners: [
        { account: addressOf('alice'), parts: 750_000 },
        { account: addressOf('bob'), parts: 250_000 },
      ],
      income: [{ epoch: 3, token: TOKEN, kind: 'sale', amount: '40', accounts: 1 }],
    })
    expect((await list()).offers).toEqual([])
  })

  test('licences are offered, listed and bought, by more than one', async () => {
    const offered = await market(
      ...['offer', 'digits', '--licence', 'train,commercial', '--royalty', '20000', '--for', '30d', '--copies', '2'],
      ...['--price', '3', '--token', TOKEN, '--offer', 'month', ...signed('alice')],
    )
    expect(offered).toMatchObject({ end: 0, stderr: '' })
    await settle()
    expect((await list()).offers[0]).toMatchObject({
      ...{ offer: 'month', kind: 'licence', parts: 0, price: '3', state: 'open', sold: null },
      licence: {
        ...{ uses: ['commercial', 'train'], fromMs: null, untilMs: null, durationMs: String(30 * 86_400_000) },
        ...{ priceList: null, royaltyParts: 20_000, coversFromEpoch: null, copies: 2, sold: 0 },
      },
    })
    expect(await market('accept', 'month', ...signed('bob'))).toMatchObject({ end: 0 })
    expect(await market('accept', 'month', ...signed('carol'))).toMatchObject({ end: 0 })
    await settle()
    const { offers, assets } = await list('digits')
    expect(offers[0]).toMatchObject({
      licence: { sold: 1 },
      failed: [{ buyer: addressOf('carol'), status: 'unfunded' }],
    })
    expect(assets[0]).toMatchObject({ uses: { bought: 1, licensees: 1 } })
    expect(await market('accept', 'month', ...signed('bob'))).toMatchObject({ end: 0 })
    await settle()
    const { stdout } = await tallyHere(['market', 'list', 'digits', '--all', '--data', data])
    for (const part of ['month: a licence of digits for 3', 'to commercial, train; for 30 days', '2 sold of 2'])
      expect(stdout).toContain(part)
    expect((await list('digits', '--all')).offers[0]).toMatchObject({ offer: 'month', state: 'sold' })
  })

  test('a share and a licence are two offers', async () => {
    for (const args of [
      ['--price', '1', '--token', TOKEN],
      [...priced('1', '1'), '--licence', 'train'],
      [...priced('1', '1'), '--copies', '2'],
      ['--licence', 'train', '--for', '1d', '--from', '2999-01-01', '--price', '1', '--token', TOKEN],
    ]) {
      const ended = await market('offer', 'digits', ...args, ...signed('alice'))
      expect([args, ended.end, errorOf(ended).code]).toEqual([args, 2, 'CONFIG'])
    }
  })

  test('for a person it is a page', async () => {
    const { end, stdout } = await tallyHere(['market', 'list', 'digits', '--all', '--data', data])
    expect(end).toBe(0)
    for (const part of [
      'quarter: 25 % of digits for 40',
      'sold to',
      'Licence: CC0-1.0',
      'reader (model, royalty 10 %)',
    ])
      expect(stdout).toContain(part)
  })

  test('an account that is a contract gets the digest it has to answer for', async () => {
    const contract = ['--source', SOURCES.operator, '--contract', addressOf('alice')]
    const offered = documentOf(await market('offer', 'digits', ...priced('1', '1'), ...contract))
    expect(offered).toMatchObject({ signed: false, digest: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
  })

  test('what the ledger would refuse is not sent', async () => {
    const cases: [readonly string[], string][] = [
      [['offer', 'digits', ...priced('750001', '1'), ...signed('alice')], 'PARTS_NOT_FREE'],
      [['accept', 'nothing', ...signed('bob')], 'OFFER_UNKNOWN'],
      [['accept', 'quarter', ...signed('bob')], 'OFFER_CLOSED'],
      [['offer', 'digits', '--licence', 'train', '--price', '1', '--token', TOKEN, ...signed('carol')], 'NOT_AN_OWNER'],
      [['list', 'nothing'], 'ASSET_UNKNOWN'],
    ]
    for (const [args, code] of cases) {
      const ended = await market(...args)
      expect([args, ended.end, errorOf(ended).code]).toEqual([args, 5, code])
    }
    await market(
      'offer',
      'digits',
      ...priced('5', '1'),
      '--offer',
      'mine',
      '--buyer',
      addressOf('bob'),
      ...signed('alice'),
    )
    await settle()
    for (const args of [
      ['accept', 'mine', ...signed('carol')],
      ['accept', 'mine', ...signed('alice')],
      ['withdraw', 'mine', ...signed('bob')],
    ])
      expect(errorOf(await market(...args)).code).toBe('NOT_YOUR_OFFER')
  })

  test.each([
    [['offer', 'digits', '--parts', '1', '--token', TOKEN, '--price', '0'], 'above 0'],
    [['offer', 'digits', '--parts', 'half', '--token', TOKEN, '--price', '1'], 'whole number'],
    [['offer', 'digits', '--parts', '1', '--token', '0x12', '--price', '1'], 'an address'],
    [['offer', 'digits', ...priced('1', '1'), '--expires', 'soon'], 'a time like'],
    [['offer', 'digits', '--licence', 'resell', '--price', '1', '--token', TOKEN], 'It must be some of'],
    [['offer', 'digits', '--licence', 'train', '--until', 'soon', '--price', '1', '--token', TOKEN], 'a time in UTC'],
    [['accept', 'quarter'], '--source'],
    [['accept', 'quarter', '--source', SOURCES.operator], 'needs --key-file'],
  ])('%j is bad usage', async (args, message) => {
    const { end, stdout, stderr } = await market(...args)
    expect(end).toBe(2)
    expect(stdout + stderr).toContain(message)
  })

  test('a key that others may read is not used', async () => {
    const file = keyFile('bob')
    chmodSync(file, 0o644)
    const ended = await market('accept', 'quarter', '--source', SOURCES.operator, '--key-file', file)
    expect([ended.end, errorOf(ended).code]).toEqual([2, 'CONFIG'])
    expect(ended.stderr).not.toContain(keyOf('bob'))
  })
})

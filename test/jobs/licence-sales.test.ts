import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { acceptOffer, offerLicence } from '../../client/src/market.ts'
import { statementOf } from '../../jobs/statement/statement.ts'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { addressOf, type Name, OTHER_TOKEN, signerOf, TOKEN } from '../support/ledger/cast.ts'
import { failEachStatement } from '../support/ledger/failing-database.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found({
    outsideWaitEpochs: 2,
    dataParts: 0,
    modelParts: 1_000_000,
    infrastructureParts: 0,
    treasuryParts: 0,
  })
  const { records } = world
  await world.send(
    await records.asset(MODEL, 'model', { modeller: 333_333, partner: 666_667 }, { body: { access: 'licensed' } }),
    await records.asset(AGENT, 'agent', { alice: 1_000_000 }, { body: { access: 'licensed' } }),
    ...(await records.vouchers(MODEL)),
    records.deposit('payer', DEPOSITED),
  )
})
afterEach(() => world.close())

const MODEL = 'poems'
const AGENT = 'poet'
const DEPOSITED = 10_000n
const NAMES = ['modeller', 'partner', 'alice', 'bob', 'payer'] as const
const nameOf = (address: unknown) => NAMES.find((name) => addressOf(name) === address)

const use = (id: string, fee: bigint, body = {}, payer: Name = 'payer') =>
  world.send(world.records.inference(id, fee, { payer, body: { model: MODEL, ...body } }))
const sell = async (id: string, price: bigint, terms = {}, asset = MODEL, seller: Name = 'modeller') =>
  (await world.send(await world.records.licenceOffer(id, asset, seller, price, terms)))[0]!
const buy = async (id: string, buyer: Name = 'payer', change = {}) =>
  (await world.send(await world.records.acceptance(id, buyer, change)))[0]!

async function epoch(): Promise<Manifest> {
  await world.send(world.records.deposit('stranger', 1n))
  return world.runEpoch()
}

async function linesOf(of: number): Promise<string[]> {
  const rows = await world.ledger.warehouse.all(
    'SELECT kind, asset, account, amount FROM settlement_line WHERE epoch = $of ORDER BY kind, asset, amount',
    { of },
  )
  return rows.map(({ kind, asset, account, amount }) => `${kind} ${asset} ${nameOf(account)} ${amount}`)
}

async function statuses(): Promise<string[]> {
  const rows = await world.ledger.warehouse.all('SELECT status FROM sale ORDER BY epoch, ordinal')
  return rows.map(({ status }) => status as string)
}

const flow = ({ conservation }: Manifest) => {
  const { token, unfunded, reported, ...amounts } = conservation.find((each) => each.token === TOKEN)!
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== '0'))
}
const balanceAfter = async (after: number, name: Name = 'payer') =>
  (await world.state(after)).balances.find(({ payer }) => payer === addressOf(name))?.amount ?? '0'

async function expectAudited(): Promise<void> {
  expect((await world.audit()).firstDifference).toBeUndefined()
}

describe('a licence that is bought', () => {
  test('covers uses from its place in accept order on, in its epoch and in later ones; the price is all owners’', async () => {
    await use('before', 100n)
    await sell('poems for all', 30n)
    await buy('poems for all')
    await use('behind', 6n)
    expect(flow(await epoch())).toEqual({ outside: '100', funded: '6', sold: '30', out: '36', heldOut: '100' })
    expect(await linesOf(1)).toEqual([
      ...['licence poems modeller 10', 'licence poems partner 20'],
      ...['model poems modeller 2', 'model poems partner 4'],
    ])
    await use('later', 9n)
    expect(flow(await epoch())).toMatchObject({ funded: '9', out: '9' })
    const { epochs, owns } = await statementOf(world.ledger.warehouse, addressOf('partner'))
    expect(epochs[0]!.lines).toContainEqual(expect.objectContaining({ kind: 'licence', asset: MODEL, amount: 20n }))
    expect(owns.find(({ asset }) => asset === MODEL)!.paid).toContainEqual(
      expect.objectContaining({ kind: 'licence', amount: 20n }),
    )
    await expectAudited()
  })

  test('and not paid for is none: neither before the deposit nor behind the end of the copies', async () => {
    await sell('two', 10n, { copies: 2 })
    await buy('two', 'bob')
    await use('by bob', 1n, {}, 'partner')
    await world.send(world.records.deposit('partner', 15n))
    await buy('two', 'partner')
    await buy('two', 'partner')
    await buy('two')
    await epoch()
    await buy('two')
    await epoch()
    // The partner had 15 all along, 1 of which was taken for the use.
    expect(await statuses()).toEqual(['unfunded', 'settled', 'unfunded', 'settled', 'taken'])
    await expectAudited()
  })

  test('is its buyer’s alone, for its uses and its price list alone', async () => {
    await world.send(
      await world.records.priceList(
        'prices',
        [
          { unit: 'calls', pricePerMillion: 1_000_000n },
          { unit: 'calls', use: 'commercial', pricePerMillion: 1_000_000n },
        ],
        {
          body: { model: MODEL },
        },
      ),
    )
    await sell('by the list', 1n, { priceList: 'prices' })
    await buy('by the list')
    const units = { priceList: 'prices', units: [{ unit: 'calls', quantity: 5n }] }
    await use('by the list', 5n, units)
    await use('without it', 70n)
    await use('commercial', 5n, { ...units, commercial: true })
    await world.send(world.records.deposit('partner', 500n))
    await use('by another', 5n, units, 'partner')
    expect(flow(await epoch())).toMatchObject({ funded: '5', outside: '80', sold: '1' })
    await expectAudited()
  })

  test('for a time begins with its purchase, and ends within an epoch', async () => {
    await sell('five ticks', 1n, { durationMs: 5n * world.tickMs })
    await buy('five ticks')
    await use('first', 1n)
    world.nowMs += 3n * world.tickMs - 1n
    // One millisecond before the end, and at it.
    world.tickMs = 1_000n
    await use('last', 10n)
    world.tickMs = 1n
    await use('over', 100n)
    world.tickMs = 1_000n
    expect(flow(await epoch())).toMatchObject({ funded: '11', outside: '100' })
    await buy('five ticks')
    await use('again', 1_000n)
    expect(flow(await epoch())).toMatchObject({ funded: '1000', sold: '1' })
    await expectAudited()
  })

  test('of a time that begins later covers nothing before it, in its epoch and in the next', async () => {
    const fromMs = world.nowMs + 10n * world.tickMs
    await sell('from then on', 1n, { fromMs, untilMs: 0n })
    await buy('from then on')
    await use('too early', 1n)
    world.nowMs = fromMs
    await use('in time', 10n)
    expect(flow(await epoch())).toMatchObject({ funded: '10', outside: '1' })
    await use('later', 100n)
    expect(flow(await epoch())).toMatchObject({ funded: '100' })
    await expectAudited()
  })

  test('in retrospect releases what is held, at its place; what nobody paid for releases nothing', async () => {
    await use('first', 100n)
    await epoch()
    await use('second', 20n)
    await sell('too dear', 1_000_000n, { coversFromEpoch: 1 })
    await sell('reaching back', 7n, { coversFromEpoch: 1 })
    await buy('too dear')
    await world.send(await world.records.transfer(MODEL, 'partner', 'bob', 666_667))
    await buy('reaching back')
    await use('third', 3n)
    expect(flow(await epoch())).toEqual({
      ...{ funded: '3', outside: '20', released: '120', sold: '7', heldIn: '100', out: '130' },
    })
    expect(await statuses()).toEqual(['unfunded', 'settled'])
    // 7 and 123 by thirds: bob owns what the partner gave away before.
    expect(await linesOf(2)).toEqual([
      ...['licence poems modeller 2', 'licence poems bob 5', 'model poems modeller 41', 'model poems bob 82'],
    ])
    expect(await balanceAfter(2)).toBe(`${DEPOSITED - 130n}`)
    await expectAudited()
  })

  test('of a model does not cover the agent that worked in it: one is bought before the use, one in retrospect behind it', async () => {
    await sell('the model', 1n)
    await sell('the agent', 2n, { coversFromEpoch: 1 }, AGENT, 'alice')
    await buy('the model')
    await use('both', 50n, { agent: AGENT })
    const between = await epoch()
    expect(flow(between)).toEqual({ outside: '50', sold: '1', out: '1', heldOut: '50' })
    await buy('the agent')
    await use('once more', 4n, { agent: AGENT })
    expect(flow(await epoch())).toEqual({ released: '50', funded: '4', sold: '2', heldIn: '50', out: '56' })
    await expectAudited()
  })

  test('and the other way round within one epoch', async () => {
    await sell('the model', 1n, { coversFromEpoch: 1 })
    await sell('the agent', 2n, {}, AGENT, 'alice')
    await buy('the agent')
    await use('both', 50n, { agent: AGENT })
    await buy('the model')
    expect(flow(await epoch())).toEqual({ outside: '50', released: '50', sold: '3', out: '53' })
    await expectAudited()
  })

  test('cannot be revoked: it has no name, and the grants of its seller are others', async () => {
    await sell('poems for all', 30n)
    await buy('poems for all')
    const positions = []
    for (const grant of ['poems for all', 'offer poems for all', 'accept poems for all'])
      positions.push(...(await world.send(await world.records.revocation(grant, MODEL))))
    await use('behind', 6n)
    expect(flow(await epoch())).toMatchObject({ funded: '6' })
    for (const position of positions) expect(await world.outcomeOf(position)).toBe('LICENCE_UNKNOWN')
    await expectAudited()
  })

  test('to train lets its buyer derive an asset from the next epoch on, for the royalty that it names', async () => {
    const { records } = world
    await sell('to train', 5n, { uses: ['train'], royaltyParts: 70_000 })
    await buy('to train', 'payer')
    const child = (name: string, parts: number, by: Name = 'payer') =>
      records.asset(
        name,
        'model',
        { [by]: 1_000_000 },
        { body: { parents: [{ asset: MODEL, parts, signature: new Uint8Array(65) }] } },
      )
    const [tooEarly] = await world.send(await child('early', 70_000))
    await epoch()
    const [derived, cheaper, others] = await world.send(
      await child('derived', 70_000),
      await child('cheaper', 69_999),
      await child('others', 70_000, 'bob'),
    )
    await epoch()
    const outcomes = await Promise.all([tooEarly, derived, cheaper, others].map((each) => world.outcomeOf(each!)))
    expect(outcomes).toEqual(['SIGNATURE_INVALID', 'accepted', 'SIGNATURE_INVALID', 'SIGNATURE_INVALID'])
    await expectAudited()
  })

  test('lapses when its seller owns nothing of the asset any more, by a transfer or by a sale before it', async () => {
    const { records } = world
    await sell('given away', 5n)
    await sell('sold before', 5n, {}, MODEL, 'partner')
    await world.send(
      await records.offer('all of it', MODEL, 'partner', 666_667, 8n),
      await records.transfer(MODEL, 'modeller', 'alice', 333_333),
      world.records.deposit('bob', 100n),
    )
    await buy('given away')
    await buy('sold before')
    await buy('all of it', 'bob')
    await buy('sold before')
    await epoch()
    expect(await statuses()).toEqual(['lapsed', 'settled', 'settled', 'lapsed'])
    expect(await linesOf(1)).toEqual(['licence poems alice 2', 'licence poems partner 3', 'sale poems partner 8'])
    await buy('given away')
    await epoch()
    expect((await statuses()).at(-1)).toBe('lapsed')
    await expectAudited()
  })

  test('is offered in any token, and leaves no part locked', async () => {
    const { records } = world
    await world.send(await records.licenceOffer('other', MODEL, 'partner', 5n, {}, { body: { token: OTHER } }))
    await world.send(world.records.deposit('payer', 5n, { body: { token: OTHER } }))
    await buy('other')
    const [given] = await world.send(await records.transfer(MODEL, 'partner', 'bob', 666_667))
    const manifest = await epoch()
    expect(await world.outcomeOf(given!)).toBe('accepted')
    expect(manifest.conservation.find(({ token }) => token === OTHER_TOKEN)).toMatchObject({ sold: '5', out: '5' })
    await expectAudited()
  })
})

const OTHER = Uint8Array.from(Buffer.from(OTHER_TOKEN.slice(2), 'hex'))

describe('an offer of a licence is refused', () => {
  test('for what a grant is refused for, and when it has ended', async () => {
    const { records } = world
    const sent: { position: PartitionOffset; expected: string }[] = []
    const send = async (expected: string, record: Promise<OutgoingRecord>) => {
      const [position] = await world.send(await record)
      sent.push({ position: position!, expected })
    }
    const offer = (id: string, terms = {}, asset = MODEL, seller: Name = 'modeller') =>
      records.licenceOffer(id, asset, seller, 5n, terms)
    await send('ASSET_UNKNOWN', offer('a', {}, 'nothing'))
    await send('ASSET_UNKNOWN', offer('b', {}, 'gateway', 'host'))
    await send('REGISTRANT_NOT_OWNER', offer('c', {}, MODEL, 'bob'))
    await send('LICENCE_USES_INVALID', offer('d', { uses: ['retrieve'] }))
    await send('LICENCE_USES_INVALID', offer('e', { uses: ['infer'] }, 'digits', 'operator'))
    await send('LICENCE_WINDOW_INVALID', offer('f', { fromMs: 1n }))
    await send('LICENCE_WINDOW_INVALID', offer('g', { coversFromEpoch: 2 }))
    await send('PRICE_LIST_UNKNOWN', offer('h', { priceList: 'none' }))
    await send('SIGNATURE_INVALID', records.licenceOffer('i', MODEL, 'modeller', 5n, {}, { by: 'bob' }))
    await send('accepted', offer('j'))
    await send('OFFER_EXISTS', records.licenceOffer('j', AGENT, 'alice', 5n, {}, { id: 'again' }))
    await send('BUYER_IS_SELLER', records.acceptance('j', 'modeller'))
    await send('accepted', records.offerWithdrawn('j', 'modeller'))
    await send('OFFER_WITHDRAWN', records.acceptance('j', 'payer'))
    await epoch()
    for (const { position, expected } of sent) expect(await world.outcomeOf(position)).toBe(expected)
    await expectAudited()
  })
})

describe('promise 1: settled once, whatever dies', () => {
  test('price, licence and what it covers are written together or not at all', async () => {
    await sell('one', 7n, { copies: 1, coversFromEpoch: 1 })
    await use('before', 40n)
    await buy('one')
    await buy('one')
    await use('behind', 2n)
    world.endInterval()
    await world.step('close')
    const { ledger } = world
    const faults = await failEachStatement(ledger.warehouse, (warehouse) =>
      world.step('attribute', { ledger: { ...ledger, warehouse } }),
    )
    expect(faults).toBeGreaterThan(5)
    for (const step of ['settle', 'publish'] as const) await world.step(step)
    expect(flow(await world.manifest(1))).toEqual({ outside: '40', released: '40', funded: '2', sold: '7', out: '49' })
    expect(await statuses()).toEqual(['settled', 'taken'])
    await expectAudited()
  })
})

describe('the client', () => {
  test('offers a licence and accepts it, so that the ledger accepts both', async () => {
    const common = { ledgerId: world.ledger.ledgerId, source: SOURCES.operator }
    const offered = await offerLicence({
      ...{ ...common, signer: signerOf('modeller'), asset: MODEL, token: TOKEN, price: 5n },
      ...{ uses: ['infer', 'commercial'], durationMs: 3_600_000n, copies: 3, expires: new Date('2999-01-01') },
    })
    const accepted = await acceptOffer({
      ...{ ...common, signer: signerOf('payer'), offer: offered.offer, terms: offered.digest },
    })
    const positions = await world.send(offered.record, accepted.record)
    await use('behind', 2n, { commercial: true })
    expect(flow(await epoch())).toMatchObject({ funded: '2', sold: '5' })
    for (const position of positions) expect(await world.outcomeOf(position)).toBe('accepted')
    await expectAudited()
  })
})

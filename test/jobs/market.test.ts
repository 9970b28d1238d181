import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { acceptOffer, offerShare, withdrawOffer } from '../../client/src/market.ts'
import { assetPage } from '../../jobs/market/asset-page.ts'
import { offersOf } from '../../jobs/market/offers.ts'
import { statementOf } from '../../jobs/statement/statement.ts'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex } from '../../schemas/ids.ts'
import { accountOf, addressOf, type Name, signerOf, TOKEN } from '../support/ledger/cast.ts'
import { failEachStatement } from '../support/ledger/failing-database.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
})
afterEach(() => world.close())

const NAMES = ['modeller', 'partner', 'host', 'treasury', 'alice', 'bob', 'payer', 'stranger'] as const

function nameOf(address: unknown): Name | undefined {
  return NAMES.find((name) => addressOf(name) === address)
}

/** Lines of the model, and of what was sold. */
async function linesOf(epoch: number): Promise<string[]> {
  const rows = await world.ledger.warehouse.all(
    `SELECT kind, asset, account, amount FROM settlement_line WHERE epoch = $epoch AND kind IN ('model', 'sale')
     ORDER BY kind, asset, amount DESC`,
    { epoch },
  )
  return rows.map(({ kind, asset, account, amount }) => `${kind} ${asset} ${nameOf(account)} ${amount}`)
}

async function ownersOf(asset: string): Promise<Record<string, number>> {
  const { owners } = await assetPage(world.ledger.warehouse, asset)
  return Object.fromEntries(owners.map(({ account, parts }) => [nameOf(account), parts]))
}

async function statuses(): Promise<string[]> {
  const rows = await world.ledger.warehouse.all('SELECT status FROM sale ORDER BY epoch, ordinal')
  return rows.map(({ status }) => status as string)
}

async function balanceOf(epoch: number, name: Name): Promise<string> {
  const { balances } = await world.state(epoch)
  return balances.find((each) => each.payer === addressOf(name) && each.token === TOKEN)?.amount ?? '0'
}

async function expectAudited(): Promise<void> {
  expect((await world.audit()).firstDifference).toBeUndefined()
}

describe('a share is sold', () => {
  test('from the place of the acceptance on its income is the buyer’s, and the price the seller’s', async () => {
    const { records } = world
    await world.send(
      records.deposit('payer', 1_000n),
      records.deposit('alice', 70n),
      await records.offer('all-of-it', 'reader', 'partner', 666_667, 60n),
      records.inference('before', 100n),
      await records.acceptance('all-of-it', 'alice'),
      records.inference('after', 200n),
    )
    const manifest = await world.runEpoch()
    // 90 of 300 are the model's: 30 for the first use, 60 for the second.
    expect(await linesOf(1)).toEqual([
      'model reader alice 40',
      'model reader modeller 30',
      'model reader partner 20',
      'sale reader partner 60',
    ])
    expect(await balanceOf(1, 'alice')).toBe('10')
    expect(manifest.conservation[0]).toMatchObject({ funded: '300', sold: '60', out: '210' })
    expect(await ownersOf('reader')).toEqual({ alice: 666_667, modeller: 333_333 })
    const { epochs, owns } = await statementOf(world.ledger.warehouse, addressOf('partner'))
    expect(epochs[0]!.lines).toContainEqual(expect.objectContaining({ kind: 'sale', asset: 'reader', amount: 60n }))
    expect(owns[0]).toMatchObject({ parts: 0, paid: [{ kind: 'model', amount: 20n }] })
    await expectAudited()
  })

  test('of fees and prices the one that comes first is paid, and the other is not', async () => {
    const { records } = world
    await world.send(
      records.deposit('payer', 10n),
      records.deposit('partner', 10n),
      await records.offer('first', 'gateway', 'host', 1, 7n),
      records.inference('use-1', 5n),
      await records.acceptance('first', 'payer'),
      await records.offer('second', 'gateway', 'host', 2, 7n),
      await records.acceptance('second', 'partner'),
      records.inference('use-2', 5n, { payer: 'partner' }),
    )
    const manifest = await world.runEpoch()
    expect(await statuses()).toEqual(['unfunded', 'settled'])
    expect(manifest.conservation[0]).toMatchObject({ funded: '5', unfunded: '5', sold: '7' })
    expect([await balanceOf(1, 'payer'), await balanceOf(1, 'partner')]).toEqual(['5', '3'])
    expect(await ownersOf('gateway')).toEqual({ host: 999_998, partner: 2 })
    await expectAudited()
  })

  test('once: whoever comes second keeps the money, in the same epoch and later', async () => {
    const { records } = world
    await world.send(
      records.deposit('alice', 10n),
      records.deposit('bob', 10n),
      await records.offer('one', 'gateway', 'host', 10, 7n),
      await records.acceptance('one', 'stranger'),
      await records.acceptance('one', 'alice'),
      await records.acceptance('one', 'bob'),
    )
    await world.runEpoch()
    await world.send(await records.acceptance('one', 'bob'))
    await world.runEpoch()
    expect(await statuses()).toEqual(['unfunded', 'settled', 'taken', 'taken'])
    expect([await balanceOf(2, 'alice'), await balanceOf(2, 'bob')]).toEqual(['3', '10'])
    const [offer] = await offersOf(world.ledger.warehouse, 'gateway')
    expect(offer).toMatchObject({ state: 'sold', sold: { to: addressOf('alice'), epoch: 1 } })
    expect(offer!.failed.map(({ buyer, epoch, status }) => [nameOf(buyer), epoch, status])).toEqual([
      ['stranger', 1, 'unfunded'],
      ['bob', 1, 'taken'],
      ['bob', 2, 'taken'],
    ])
    await expectAudited()
  })

  test('and sold on by who bought it, from the next epoch on', async () => {
    const { records } = world
    await world.send(
      records.deposit('alice', 10n),
      records.deposit('bob', 20n),
      await records.offer('first', 'gateway', 'host', 1_000_000, 10n),
      await records.acceptance('first', 'alice'),
    )
    const resale = () => records.offer('resale', 'gateway', 'alice', 1_000_000, 20n)
    const [tooEarly] = await world.send(await resale())
    await world.runEpoch()
    const [transferred] = await world.send(await records.transfer('gateway', 'host', 'bob', 1))
    const [inTime] = await world.send(await resale())
    await world.send(await records.acceptance('resale', 'bob'))
    await world.runEpoch()
    expect(await world.outcomeOf(tooEarly!)).toBe('SHARES_NOT_OWNED')
    expect(await world.outcomeOf(transferred!)).toBe('SHARES_NOT_OWNED')
    expect(await world.outcomeOf(inTime!)).toBe('accepted')
    expect(await ownersOf('gateway')).toEqual({ bob: 1_000_000 })
    expect(await linesOf(2)).toEqual(['sale gateway alice 20'])
    await expectAudited()
  })
})

describe('what is offered is locked', () => {
  test('until the end of the epoch in which it is withdrawn; who accepted before still gets it', async () => {
    const { records } = world
    const sent: { position: PartitionOffset; expected: string }[] = []
    const send = async (expected: string, record: Promise<OutgoingRecord>) => {
      const [position] = await world.send(await record)
      sent.push({ position: position!, expected })
    }
    await world.send(records.deposit('alice', 10n))
    await send('accepted', records.offer('kept', 'gateway', 'host', 600_000, 5n))
    await send('accepted', records.offer('sold', 'gateway', 'host', 400_000, 5n))
    await send('SHARES_NOT_OWNED', records.transfer('gateway', 'host', 'bob', 1))
    await send('accepted', records.acceptance('sold', 'alice'))
    await send('accepted', records.offerWithdrawn('kept', 'host'))
    await send('accepted', records.offerWithdrawn('sold', 'host'))
    await send('OFFER_WITHDRAWN', records.acceptance('kept', 'alice'))
    await send('SHARES_NOT_OWNED', records.transfer('gateway', 'host', 'bob', 2))
    await world.runEpoch()
    await send('accepted', records.transfer('gateway', 'host', 'bob', 600_000))
    await world.runEpoch()
    for (const { position, expected } of sent) expect(await world.outcomeOf(position)).toBe(expected)
    expect(await ownersOf('gateway')).toEqual({ alice: 400_000, bob: 600_000 })
    await expectAudited()
  })

  test('until it expires: at its last millisecond it can be accepted, and behind that epoch it is free', async () => {
    const { records } = world
    // The acceptance below is appended two ticks later.
    const expiresMs = world.nowMs + 2n * world.tickMs
    const body = { expiresMs }
    await world.send(records.deposit('alice', 10n))
    world.nowMs -= world.tickMs
    await world.send(await records.offer('short', 'gateway', 'host', 1_000_000, 99n, { body }))
    const [last] = await world.send(await records.acceptance('short', 'alice'))
    const [late] = await world.send(await records.acceptance('short', 'alice'))
    const [locked] = await world.send(await records.transfer('gateway', 'host', 'bob', 1))
    await world.runEpoch()
    const [free] = await world.send(await records.transfer('gateway', 'host', 'bob', 1))
    const [gone] = await world.send(await records.offerWithdrawn('short', 'host'))
    await world.runEpoch()
    const outcomes = await Promise.all([last, late, locked, free, gone].map((each) => world.outcomeOf(each!)))
    expect(outcomes).toEqual(['accepted', 'OFFER_EXPIRED', 'SHARES_NOT_OWNED', 'accepted', 'OFFER_EXPIRED'])
    expect((await offersOf(world.ledger.warehouse, undefined))[0]).toMatchObject({ state: 'expired' })
    await expectAudited()
  })

  test('so that there are never more owners than there may be', async () => {
    const { records } = world
    const owners = Array.from({ length: 998 }, (_, n) => n.toString(16).padStart(40, '0'))
      .map((hex) => ({ account: fromHex(`0x${hex}`), parts: 1 }))
      .concat({ account: accountOf('host'), parts: 999_002 })
      .sort((a, b) => Buffer.compare(a.account, b.account))
    await world.send(
      await records.asset('crowded', 'dataset', { host: 1_000_000 }, { body: { owners } }),
      records.deposit('alice', 10n),
    )
    const [one] = await world.send(await records.offer('one', 'crowded', 'host', 1, 1n))
    const [second] = await world.send(await records.offer('second', 'crowded', 'host', 1, 1n))
    const [given] = await world.send(await records.transfer('crowded', 'host', 'bob', 1))
    await world.send(await records.acceptance('one', 'alice'))
    await world.runEpoch()
    const outcomes = await Promise.all([one, second, given].map((each) => world.outcomeOf(each!)))
    expect(outcomes).toEqual(['accepted', 'OWNERS_TOO_MANY', 'OWNERS_TOO_MANY'])
    expect((await assetPage(world.ledger.warehouse, 'crowded')).owners).toHaveLength(1_000)
    await expectAudited()
  })
})

describe('promise 1: settled once, whatever dies', () => {
  async function sell(): Promise<void> {
    const { records } = world
    await world.send(
      records.deposit('alice', 10n),
      await records.offer('one', 'gateway', 'host', 250_000, 7n),
      await records.acceptance('one', 'alice'),
    )
    world.endInterval()
    await world.step('close')
  }

  test('the next epoch is not closed before it is known who owns what was sold', async () => {
    await sell()
    await world.send(await world.records.transfer('gateway', 'alice', 'bob', 250_000))
    world.endInterval()
    expect(await world.step('close')).toMatchObject({ did: 'nothing', epoch: 2 })
    expect((await world.step('attribute')).did).toBe('done')
    expect((await world.step('close')).did).toBe('done')
    for (const step of ['settle', 'publish', 'attribute', 'settle', 'publish'] as const) await world.step(step)
    expect(await ownersOf('gateway')).toEqual({ bob: 250_000, host: 750_000 })
    await expectAudited()
  })

  test('price and share are written together or not at all', async () => {
    await sell()
    const { ledger } = world
    const faults = await failEachStatement(ledger.warehouse, (warehouse) =>
      world.step('attribute', { ledger: { ...ledger, warehouse } }),
    )
    expect(faults).toBeGreaterThan(5)
    for (const step of ['settle', 'publish'] as const) await world.step(step)
    expect([await statuses(), await balanceOf(1, 'alice')]).toEqual([['settled'], '3'])
    await expectAudited()
  })
})

describe('the client', () => {
  test('offers, withdraws and accepts, so that the ledger accepts it', async () => {
    const { ledgerId } = world.ledger
    const common = { ledgerId, source: SOURCES.operator }
    const share = { asset: 'gateway', parts: 1, token: TOKEN, price: 5n, expires: new Date('2999-01-01') }
    const offered = await offerShare({ ...common, ...share, signer: signerOf('host') })
    const second = await offerShare({ ...common, ...share, signer: signerOf('host'), buyer: addressOf('bob') })
    const accepted = await acceptOffer({
      ...{ ...common, signer: signerOf('alice') },
      ...{ offer: offered.offer, terms: offered.digest },
    })
    const withdrawn = await withdrawOffer({ ...common, signer: signerOf('host'), offer: second.offer })
    const positions = await world.send(offered.record, second.record, accepted.record, withdrawn.record)
    await world.runEpoch()
    for (const position of positions) expect(await world.outcomeOf(position)).toBe('accepted')
    const offers = await offersOf(world.ledger.warehouse, undefined)
    expect(offers.map(({ offer, terms }) => [offer, terms])).toEqual([
      [second.offer, second.digest],
      [offered.offer, offered.digest],
    ])
  })

  test('says what a contract has to answer for, as seller and as buyer', async () => {
    const common = { ledgerId: world.ledger.ledgerId, source: SOURCES.operator }
    const { records } = world
    const { offer, record, digest } = await offerShare({
      ...{ ...common, contract: addressOf('host'), asset: 'gateway', parts: 1, token: TOKEN, price: 5n },
      expires: new Date('2999-01-01'),
    })
    const accepted = await acceptOffer({ ...common, contract: addressOf('stranger'), offer, terms: digest })
    await world.send(
      records.deposit('stranger', 5n),
      record,
      accepted.record,
      records.signatureCheck('host', fromHex(digest)),
      records.signatureCheck('stranger', fromHex(accepted.digest)),
    )
    await world.runEpoch()
    expect(await ownersOf('gateway')).toEqual({ host: 999_999, stranger: 1 })
    await expectAudited()
  })
})

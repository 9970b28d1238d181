import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { SignedQuote } from '../../jobs/pricing/quote.ts'
import { type QuoteRequest, quoteFor, signedQuote } from '../../jobs/pricing/quote.ts'
import { explain } from '../../jobs/statement/explain.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, type Name, OTHER_TOKEN, signerOf, TOKEN } from '../support/ledger/cast.ts'
import { hashOf, SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const MODEL = 'sold-reader'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
  await world.send(
    await world.records.asset(MODEL, 'model', { modeller: 1_000_000 }),
    world.records.deposit('payer', 1_000_000n),
  )
})
afterEach(() => world.close())

/** Of a model for which nobody has signed anything yet. */
const voucher = (cumulative: bigint, sequence: bigint, payer: Name = 'payer', body = {}) =>
  world.records.voucher(payer, { cumulative, sequence }, { body: { model: MODEL, ...body } })
const use = (id: string, fee: bigint, cited: bigint, body = {}) =>
  world.records.inference(id, fee, { body: { model: MODEL, voucher: cited, ...body } })

async function statuses(...ids: string[]): Promise<string[]> {
  return (await explain(world.ledger.warehouse, ids, 1)).map(({ status }) => status)
}

async function channel(epoch: number) {
  const { channels } = await world.state(epoch)
  const own = channels.filter(({ model }) => model === MODEL)
  expect(own.length).toBeLessThanOrEqual(1)
  return own[0] && [own[0].cumulative, own[0].sequence, own[0].spent]
}

const audited = async () => expect((await world.audit()).firstDifference).toBeUndefined()

describe('promise 4: nobody is charged what they did not sign for', () => {
  test('without a voucher, above it, or by one that is not there, a use is reported', async () => {
    await world.send(use('none', 5n, 0n), use('nobody signed', 5n, 1n))
    await world.runEpoch()
    expect(await statuses('none', 'nobody signed')).toEqual(['reported', 'reported'])
    await world.send(await voucher(10n, 2n))
    await world.send(use('cites none', 1n, 0n), use('cites a later one', 1n, 3n), use('too much', 11n, 2n))
    await world.send(use('most', 9n, 1n), use('the rest and more', 2n, 2n), use('the rest', 1n, 2n))
    const manifest = await world.runEpoch()
    expect(await statuses('cites none', 'cites a later one', 'too much')).toEqual(['reported', 'reported', 'reported'])
    expect(await statuses('most', 'the rest and more', 'the rest')).toEqual(['funded', 'reported', 'funded'])
    expect(manifest.conservation).toMatchObject([{ funded: '10', unfunded: '0', reported: '15' }])
    expect(await channel(2)).toEqual(['10', '2', '10'])
    await audited()
  })

  test('a voucher counts for all uses of its epoch, also earlier ones; for none before it', async () => {
    await world.send(use('first', 4n, 1n), await voucher(100n, 1n))
    await world.runEpoch()
    await world.send(use('next', 4n, 1n), use('early', 4n, 2n))
    await world.runEpoch()
    await world.send(await voucher(100n, 2n))
    await world.runEpoch()
    expect(await statuses('first', 'next', 'early')).toEqual(['funded', 'funded', 'reported'])
    await audited()
  })

  test('replayed, stale and out of order, vouchers never raise what was promised, nor take it back', async () => {
    const second = await voucher(50n, 2n)
    await world.send(second, await voucher(20n, 1n), { ...second, partition: 0 })
    await world.send(use('a', 30n, 2n))
    await world.runEpoch()
    expect(await channel(1)).toEqual(['50', '2', '30'])
    const again = await world.records.voucher(
      'payer',
      { cumulative: 50n, sequence: 2n },
      { id: 'under another id', source: SOURCES.operator, body: { model: MODEL } },
    )
    const [position] = await world.send(again)
    await world.send(await voucher(5n, 3n), use('b', 20n, 3n), use('c', 1n, 3n))
    const { counts } = await world.runEpoch()
    expect(await world.outcomeOf(position!)).toBe('VOUCHER_EXISTS')
    expect(counts.reasons).toEqual({ VOUCHER_EXISTS: 1 })
    expect(await channel(2)).toEqual(['50', '3', '50'])
    expect(await statuses('a', 'b', 'c')).toEqual(['funded', 'funded', 'reported'])
    await audited()
  })

  test('a channel is of one payer, one model and one token', async () => {
    const other = { token: fromHex(OTHER_TOKEN) }
    await world.send(
      world.records.deposit('payer', 100n, { body: other }),
      world.records.deposit('stranger', 100n),
      await voucher(100n, 1n),
      use('own', 10n, 1n),
      use('in another token', 10n, 1n, other),
      use('by another payer', 10n, 1n, { payer: fromHex(addressOf('stranger')) }),
      use('of another model', 10n, 2n, { model: 'reader' }),
    )
    await world.runEpoch()
    const ids = ['own', 'in another token', 'by another payer', 'of another model']
    expect(await statuses(...ids)).toEqual(['funded', 'reported', 'reported', 'reported'])
    await audited()
  })

  test('what is signed for and not there is unfunded, spends nothing, and can be sent anew', async () => {
    await world.send(await voucher(5_000_000n, 1n), use('dear', 2_000_000n, 1n), use('free', 0n, 1n))
    await world.runEpoch()
    expect(await statuses('dear', 'free')).toEqual(['unfunded', 'unfunded'])
    expect(await channel(1)).toEqual(['5000000', '1', '0'])
    await world.send(world.records.deposit('payer', 1_000_000n), use('dear again', 2_000_000n, 1n))
    await world.runEpoch()
    expect(await statuses('dear', 'dear again')).toEqual(['unfunded', 'funded'])
    await audited()
  })

  test('whoever holds the operator’s key, and every source, takes nothing above the vouchers', async () => {
    await world.send(
      await voucher(7n, 1n),
      await world.records.source('urn:thief', ['InferenceRecorded', 'VoucherPresented']),
    )
    const stolen = Array.from({ length: 5 }, (_, index) => `stolen-${index}`)
    for (const id of stolen)
      await world.send(world.records.inference(id, 3n, { source: 'urn:thief', body: { model: MODEL, voucher: 1n } }))
    // A quote is the operator's word, and no payer's.
    const body = { model: MODEL, voucher: 1n }
    await world.send(await world.records.quoted('quoted', 900n, {}, { source: 'urn:thief', body }))
    await world.send(
      await world.records.voucher(
        'payer',
        { cumulative: 900n, sequence: 2n },
        { by: 'operator', body: { model: MODEL } },
      ),
    )
    const manifest = await world.runEpoch()
    expect(manifest.conservation).toMatchObject([{ funded: '6', reported: '909' }])
    expect((await world.state(1)).balances).toEqual([{ payer: addressOf('payer'), token: TOKEN, amount: '999994' }])
  })

  test('a thousand uses and forty vouchers of a channel leave one entry for the next epoch', async () => {
    for (let sequence = 40n; sequence >= 1n; sequence--) await world.send(await voucher(sequence * 100n, sequence))
    await world.send(...Array.from({ length: 1_000 }, (_, index) => use(`use-${index}`, 4n, 40n)))
    await world.runEpoch()
    expect(await channel(1)).toEqual(['4000', '40', '4000'])
  })
})

test('before there is a policy, what is signed for is unfunded and the rest is reported', async () => {
  const bare = await SmallLedger.open()
  const { records } = bare
  await bare.send(
    await records.source(SOURCES.operator, ['AssetRegistered']),
    await records.source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded']),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.asset('reader', 'model', { modeller: 1_000_000 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    ...(await records.vouchers()),
    records.deposit('payer', 10n),
    records.inference('signed', 5n),
    records.inference('unsigned', 2n, { body: { voucher: 0n } }),
  )
  bare.endInterval()
  const manifest = await bare.publishNext({ cutNow: true })
  expect(manifest.conservation).toMatchObject([{ funded: '0', unfunded: '5', reported: '2' }])
  expect((await bare.audit()).firstDifference).toBeUndefined()
  bare.close()
})

describe('a price list', () => {
  const tokens = (quantity: bigint) => [{ unit: 'tokens', quantity }]
  const list = (rules: Parameters<typeof world.records.priceList>[1]) =>
    world.records.priceList('prices', rules, { body: { model: MODEL } })
  const priced = (id: string, fee: bigint, quantity: bigint, body = {}) =>
    use(id, fee, 0n, { priceList: 'prices', units: tokens(quantity), ...body })

  /** @returns outcomes of the records, in their order, once their epoch is closed */
  async function outcomes(...records: readonly NewRecord[]) {
    const positions = await world.send(...records)
    await world.runEpoch()
    return Promise.all(positions.map((position) => world.outcomeOf(position)))
  }

  test('has volume tiers by what the payer used in earlier epochs, whatever the order within one', async () => {
    await world.send(await list([{ pricePerMillion: 3_000_000n }, { fromQuantity: 100n, pricePerMillion: 2_000_000n }]))
    const stranger = { payer: fromHex(addressOf('stranger')) }
    const quoted = await world.records.quoted(
      'quoted',
      1n,
      {},
      { body: { model: MODEL, priceList: 'prices', units: tokens(40n) } },
    )
    expect(await outcomes(priced('a', 180n, 60n), quoted, priced('b', 3n, 1n))).toEqual(Array(3).fill('accepted'))
    // 101 by now, quoted ones too; somebody else has used none.
    expect(await outcomes(priced('c', 2n, 1n), priced('d', 3n, 1n), priced('e', 3n, 1n, stranger))).toEqual([
      'accepted',
      'PRICE_MISMATCH',
      'accepted',
    ])
    await audited()
  })

  test('counts within its windows, to the millisecond', async () => {
    const at = world.nowMs + 5n * world.tickMs
    await world.send(
      await list([
        { untilMs: at, pricePerMillion: 1_000_000n },
        { fromMs: at, untilMs: at + world.tickMs, pricePerMillion: 2_000_000n },
      ]),
    )
    // Records are a tick apart: two before `at`, one at each of the next two instants.
    world.nowMs = at - 3n * world.tickMs
    const sent = [
      priced('before', 1n, 1n),
      priced('before, at the later price', 2n, 1n),
      priced('at', 2n, 1n),
      priced('behind the end', 2n, 1n),
    ]
    expect(await outcomes(...sent)).toEqual(['accepted', 'PRICE_MISMATCH', 'accepted', 'PRICE_MISSING'])
    await audited()
  })

  test('rounds up unit by unit, and never overflows', async () => {
    const dear = (1n << 96n) - 1n
    await world.send(
      await list([
        { unit: 'a', pricePerMillion: 1n },
        { unit: 'b', pricePerMillion: 1n },
        { unit: 'c', pricePerMillion: dear },
      ]),
    )
    const units = (a: bigint, b: bigint) => [
      { unit: 'a', quantity: a },
      { unit: 'b', quantity: b },
    ]
    const largest = (1n << 53n) - 1n
    expect(
      await outcomes(
        priced('both up', 2n, 0n, { units: units(1n, 1n) }),
        priced('together', 1n, 0n, { units: units(1n, 1n) }),
        priced('none', 0n, 0n, { units: units(0n, 0n) }),
        priced('exact', 1n, 0n, { units: units(1_000_000n, 0n) }),
        priced('large', (largest + 999_999n) / 1_000_000n, 0n, { units: units(largest, 0n) }),
        priced('too dear for any fee', (1n << 96n) - 1n, 0n, { units: [{ unit: 'c', quantity: largest }] }),
      ),
    ).toEqual(['accepted', 'PRICE_MISMATCH', 'accepted', 'accepted', 'accepted', 'PRICE_MISMATCH'])
    await audited()
  })
})

describe('a quote', () => {
  const request = (change: Partial<QuoteRequest> = {}): QuoteRequest => ({
    ...{ model: MODEL, units: { tokens: 10n, calls: 1n }, nowMs: world.nowMs, validMs: 600_000n },
    ...{ quoteId: hashOf('a quote').subarray(0, 16), ...change },
  })
  const cite = (id: string, quote: SignedQuote, body = {}) =>
    use(id, quote.fee, 1n, {
      ...{ commercial: quote.commercial, priceList: quote.priceList, units: [...quote.units] },
      ...{ quoteId: quote.quoteId, quoteExpiresMs: quote.expiresMs, quoteSignature: quote.signature, ...body },
    })

  beforeEach(async () => {
    const rules = [
      { unit: 'calls', pricePerMillion: 5_000_000n },
      { unit: 'tokens', pricePerMillion: 2_000_000n },
      { unit: 'tokens', fromQuantity: 10n, pricePerMillion: 1_000_000n },
    ]
    await world.send(
      await world.records.priceList('prices', rules, { body: { model: MODEL } }),
      await voucher(1_000n, 1n),
    )
    await world.runEpoch()
  })

  test('made and signed for a payer is taken up once, at its price, until it expires', async () => {
    const quote = await signedQuote(world.ledger, signerOf('operator'), request({ payer: addressOf('payer') }))
    expect(quote).toMatchObject({ fee: 25n, priceList: 'prices', token: TOKEN, payer: addressOf('payer') })
    const [other, own, again] = await world.send(
      cite('other', quote, { payer: fromHex(addressOf('stranger')) }),
      cite('own', quote),
      cite('again', quote),
    )
    await world.runEpoch()
    const [late] = await world.send(cite('late', { ...quote, quoteId: hashOf('another').subarray(0, 16) }))
    await world.runEpoch()
    expect(await Promise.all([other, own, again, late].map((each) => world.outcomeOf(each!)))).toEqual([
      'QUOTE_INVALID',
      'accepted',
      'QUOTE_USED',
      'QUOTE_EXPIRED',
    ])
    expect(await statuses('own')).toEqual(['funded'])
    await audited()
  })

  test('knows the volume tiers of the payer; for anyone it is the price of somebody new', async () => {
    const quote = await signedQuote(world.ledger, signerOf('operator'), request())
    await world.send(cite('first', quote))
    await world.runEpoch()
    const next = request({ nowMs: world.nowMs })
    expect(await quoteFor(world.ledger, { ...next, payer: addressOf('payer') })).toMatchObject({ fee: 15n })
    expect(await quoteFor(world.ledger, { ...next, payer: addressOf('stranger') })).toMatchObject({ fee: 25n })
    expect(await quoteFor(world.ledger, next)).toMatchObject({ fee: 25n })
  })

  test('of what nobody sells, or of nothing, is refused with a reason', async () => {
    const refused: readonly [code: string, change: Partial<QuoteRequest>][] = [
      ['NO_PRICE_LIST', { model: 'reader' }],
      ['MODEL_UNKNOWN', { model: 'nobody' }],
      ['MODEL_UNKNOWN', { model: 'gateway' }],
      ['NO_PRICE_LIST', { priceList: 'other' }],
      ['NO_PRICE_LIST', { token: OTHER_TOKEN }],
      ['NO_PRICE', { units: { seconds: 1n } }],
      ['NO_PRICE', { commercial: true }],
      ['QUOTE_REQUEST', { units: {} }],
      ['QUOTE_REQUEST', { units: { tokens: 1n << 53n } }],
      ['QUOTE_REQUEST', { validMs: 0n }],
    ]
    for (const [code, change] of refused)
      await expect(quoteFor(world.ledger, request(change))).rejects.toMatchObject({ code })
  })
})

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { explain } from '../../jobs/statement/explain.ts'
import { payingOf } from '../../jobs/statement/paying.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

/** Everything is the model's: what is taken is what its owners are paid. */
const POLICY = { dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0 }
const FEATURES = featuresOf(randomOf(1), SHAPE, 0)
const PAYER = addressOf('payer')

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

async function found(policy = {}): Promise<void> {
  await world.found({ ...POLICY, ...policy })
  await world.send(world.records.deposit('payer', 10_000n))
}

/** What is left of the payer's deposits, and what its channel says was taken. */
async function purseOf(epoch: number, model = 'reader') {
  const { balances, channels } = await world.state(epoch)
  const amount = balances.find(({ payer, token }) => payer === PAYER && token === TOKEN)?.amount
  const spent = channels.find((each) => each.payer === PAYER && each.token === TOKEN && each.model === model)?.spent
  return { balance: BigInt(amount ?? 0), spent: BigInt(spent ?? 0) }
}

const paid = async (epoch: number) =>
  (await world.earned(epoch, addressOf('modeller'))) + (await world.earned(epoch, addressOf('partner')))

const auditFinds = async () => (await world.audit()).firstDifference

describe('a correction in the epoch of the use', () => {
  test('is settled: the lower fee is taken, of what is void nothing', async () => {
    await found()
    const { records } = world
    await world.send(
      ...[records.inference('right', 1_000n), records.inference('dear', 500n), records.inference('never', 200n)],
      ...[records.correction('dear', 300n), records.correction('never', 'void')],
    )
    const { epoch, conservation } = await world.runEpoch()
    expect(conservation[0]).toMatchObject({ funded: '1300', unfunded: '0', reported: '0', out: '1300' })
    expect(await paid(epoch)).toBe(1_300n)
    expect(await purseOf(epoch)).toEqual({ balance: 8_700n, spent: 1_300n })
    expect(await auditFinds()).toBeUndefined()
  })

  test('each replaces the one before, wherever it stands among the uses', async () => {
    await found()
    const { records } = world
    await world.send(records.inference('dear', 500n), records.correction('dear', 400n), records.correction('dear', 0n))
    await world.send(records.inference('next', 1n))
    const { epoch, conservation } = await world.runEpoch()
    // A fee of 0 is one that nobody pays; the use was one all the same.
    expect(conservation[0]).toMatchObject({ funded: '1', unfunded: '0' })
    expect(await purseOf(epoch)).toEqual({ balance: 9_999n, spent: 1n })
    const [explained] = await explain(world.ledger.warehouse, ['dear'], 1)
    expect(explained).toMatchObject({ fee: 500n, counts: 0n, status: 'unfunded' })
    expect(explained!.corrections.map(({ fee }) => fee)).toEqual([400n, 0n])
    expect(await auditFinds()).toBeUndefined()
  })

  test('leaves more for others: the balance and the voucher are as large as if the lower fee had been recorded', async () => {
    await world.found({ ...POLICY })
    const { records } = world
    await world.send(records.deposit('payer', 1_000n))
    await world.send(
      records.inference('dear', 1_000n),
      records.inference('other', 700n),
      records.correction('dear', 300n),
    )
    const { epoch, conservation } = await world.runEpoch()
    expect(conservation[0]).toMatchObject({ funded: '1000', unfunded: '0' })
    expect(await purseOf(epoch)).toEqual({ balance: 0n, spent: 1_000n })
    expect(await auditFinds()).toBeUndefined()
  })

  test('void: features and ratings of it are accepted and count for nothing', async () => {
    await found({ dataParts: 500_000, modelParts: 500_000, minEvents: 1 })
    const { records } = world
    await world.send(
      ...[records.inference('never', 200n), records.inferenceFeatures('never', FEATURES)],
      records.correction('never', 'void'),
    )
    const { epoch, counts, periods } = await world.runEpoch()
    expect(counts.rejected).toBe(0)
    expect(periods).toEqual([])
    expect(await purseOf(epoch)).toEqual({ balance: 10_000n, spent: 0n })
    expect(await explain(world.ledger.warehouse, ['never'], 1)).toMatchObject([
      { status: 'void', fee: 200n, counts: 0n, parts: [], corrections: [{ kind: 'void', reason: 'metered twice' }] },
    ])
    expect(await auditFinds()).toBeUndefined()
  })
})

describe('a correction in a later epoch', () => {
  test('of what was settled is on record, and moves nothing by itself', async () => {
    await found()
    const { records } = world
    await world.send(records.inference('dear', 500n))
    const first = await world.runEpoch()
    await world.send(records.correction('dear', 300n), records.correction('dear', 'void'))
    const second = await world.runEpoch()
    expect(second.counts).toMatchObject({ accepted: 2, rejected: 0 })
    expect(second.payout.root).toBe(first.payout.root)
    expect(await purseOf(second.epoch)).toEqual({ balance: 9_500n, spent: 500n })
    const [explained] = await explain(world.ledger.warehouse, ['dear'], 1)
    expect(explained).toMatchObject({ status: 'funded', statusEpoch: 1, fee: 500n, counts: 500n })
    expect(explained!.corrections).toMatchObject([
      { kind: 'fee', fee: 300n, epoch: 2 },
      { kind: 'void', fee: 0n, epoch: 2 },
    ])
    expect(await auditFinds()).toBeUndefined()
  })

  test('features that come after it count with the fee that was taken', async () => {
    await found({ dataParts: 500_000, modelParts: 500_000, minEvents: 1, featureWaitEpochs: 2 })
    const { records } = world
    await world.send(records.inference('dear', 500n))
    await world.runEpoch()
    await world.send(records.correction('dear', 'void'), records.inferenceFeatures('dear', FEATURES))
    const { periods } = await world.runEpoch()
    expect(periods).toMatchObject([{ fees: '500', pool: '250' }])
    expect(await auditFinds()).toBeUndefined()
  })

  describe('of a fee that is held', () => {
    const MODEL = 'poems'
    const use = (id: string, fee: bigint) => world.records.inference(id, fee, { body: { model: MODEL } })

    beforeEach(async () => {
      const { records } = world
      await found({ outsideWaitEpochs: 2 })
      await world.send(
        await records.asset(MODEL, 'model', { modeller: 1_000_000 }, { body: { access: 'licensed' } }),
        ...(await records.vouchers(MODEL)),
        ...[use('stays', 1_000n), use('falls', 200n), use('goes', 30n), use('is free', 4n)],
      )
      const { conservation } = await world.runEpoch()
      expect(conservation[0]).toMatchObject({ outside: '1234', heldOut: '1234' })
    })

    const correctAll = async () => {
      const { records } = world
      await world.send(records.correction('falls', 150n), records.correction('goes', 'void'))
      await world.send(records.correction('is free', 0n), records.correction('falls', 120n))
    }

    test('gives back at once what it takes off, and no more later', async () => {
      await correctAll()
      const { conservation } = await world.runEpoch()
      expect(conservation[0]).toMatchObject({ refunded: '114', heldIn: '1234', heldOut: '1120' })
      expect(await purseOf(2, MODEL)).toEqual({ balance: 8_880n, spent: 1_120n })
      expect((await world.state(2)).outside).toMatchObject([{ epoch: 1, fees: '1120', until: 3 }])
      await world.send(world.records.deposit('stranger', 1n))
      const third = await world.runEpoch()
      expect(third.conservation[0]).toMatchObject({ refunded: '1120', heldOut: '0' })
      expect(await purseOf(3, MODEL)).toEqual({ balance: 10_000n, spent: 0n })
      const statuses = (await explain(world.ledger.warehouse, ['stays', 'falls', 'goes', 'is free'], 1)).map(
        ({ status, statusEpoch, counts }) => ({ status, statusEpoch, counts }),
      )
      expect(statuses).toEqual([
        { status: 'refunded', statusEpoch: 3, counts: 0n },
        { status: 'refunded', statusEpoch: 3, counts: 0n },
        { status: 'corrected', statusEpoch: 2, counts: 0n },
        { status: 'corrected', statusEpoch: 2, counts: 0n },
      ])
      expect((await payingOf(world.ledger.warehouse, PAYER))?.uses).toMatchObject([{ refunded: 1_234n, outside: 0n }])
      expect(await auditFinds()).toBeUndefined()
    })

    test('in the epoch that releases it: the lower fee is released, and nothing of what is void', async () => {
      await correctAll()
      await world.send(await world.records.licence('back', MODEL, { coversFromEpoch: 1 }))
      const { conservation } = await world.runEpoch()
      expect(conservation[0]).toMatchObject({ released: '1120', refunded: '114', out: '1120', heldOut: '0' })
      expect(await paid(2)).toBe(1_120n)
      expect(await auditFinds()).toBeUndefined()
    })

    test('after its release moves nothing', async () => {
      await world.send(await world.records.licence('back', MODEL, { coversFromEpoch: 1 }))
      await world.runEpoch()
      await correctAll()
      const { conservation } = await world.runEpoch()
      expect(conservation[0]).toMatchObject({ refunded: '0', released: '0', out: '0' })
      expect(await auditFinds()).toBeUndefined()
    })
  })
})

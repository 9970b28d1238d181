import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { statementOf } from '../../jobs/statement/statement.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { ContributingLedger, contentsOf, KINDS } from '../support/ledger/contributing-ledger.ts'
import { contributionOf, uses } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let ledger: ContributingLedger
let world: SmallLedger
beforeEach(async () => {
  ledger = await ContributingLedger.found()
  world = ledger.world
})
afterEach(() => ledger.auditAndClose())

const contribute = (name: Name, id: string) => ledger.contribute(name, id)
const send = (records: readonly NewRecord[]) => world.send(...records)
const withdraw = async (name: Name, id: string, indexes: number[] = []) =>
  world.send(await world.records.withdrawal(name, id, indexes))

describe('withdrawn contributions', () => {
  test('earn nothing from the epoch on in which the withdrawal is accepted; what was settled stays', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    const first = await ledger.useAndSettle('alice', 'bob')
    expect(first.paid.alice).toBeGreaterThan(0n)
    expect(first.paid.bob).toBe(first.paid.alice)
    await withdraw('bob', 'of bob')
    const second = await ledger.useAndSettle('alice', 'bob')
    expect(second.paid.bob).toBe(0n)
    expect(second.paid.alice).toBeGreaterThan(0n)
    const { totals, helped } = await statementOf(world.ledger.warehouse, addressOf('bob'))
    expect(totals.map(({ cumulative }) => cumulative)).toEqual([first.paid.bob])
    expect(helped).toEqual([])
  })

  test('stay in the curvature and among the items; only those that are named are withdrawn', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    const { period: before } = await ledger.useAndSettle()
    await withdraw('bob', 'of bob', [0, 2])
    const { paid, period } = await ledger.useAndSettle('alice', 'bob')
    expect(period).toMatchObject({ items: 8, duplicates: 0, lambda: before.lambda })
    expect(paid.bob).toBeGreaterThan(0n)
    expect(paid.bob).toBeLessThan(paid.alice!)
  })

  test('withdrawing again changes nothing', async () => {
    await send(await contribute('alice', 'of alice'))
    await send(await contribute('bob', 'of bob'))
    await withdraw('bob', 'of bob', [1])
    const once = await ledger.useAndSettle('alice', 'bob')
    await withdraw('bob', 'of bob', [1])
    await withdraw('bob', 'of bob', [1])
    const { counts } = await world.runEpoch()
    expect(counts).toMatchObject({ accepted: 2, rejected: 0 })
    const again = await ledger.useAndSettle('alice', 'bob')
    expect(again.period.sumPositive).toBe(once.period.sumPositive)
    expect(again.paid.bob).toBeGreaterThan(0n)
  })

  test('a withdrawn item still represents: its copy earns nothing', async () => {
    const content = (index: number) => `content ${index}`
    await send(await ledger.contribute('alice', 'original', { fingerprints: content }))
    await send(await ledger.contribute('copier', 'copy', { fingerprints: content }))
    await withdraw('alice', 'original')
    const { paid, period } = await ledger.useAndSettle('alice', 'copier')
    expect(paid).toEqual({ alice: 0n, copier: 0n })
    expect(period).toMatchObject({ items: 4, duplicates: 4 })
  })

  test('features that come later are those of withdrawn items too, under whatever epoch', async () => {
    const features = await contribute('bob', 'of bob')
    await send(await contribute('alice', 'of alice'))
    await withdraw('bob', 'of bob')
    await ledger.useAndSettle()
    await send(features)
    const { paid, period } = await ledger.useAndSettle('alice', 'bob')
    expect(period).toMatchObject({ items: 8 })
    expect(paid.bob).toBe(0n)
    expect(paid.alice).toBeGreaterThan(0n)
  })
})

describe('shedding bad samples by withdrawal', () => {
  const KINDS_OF_BOB = [0, 1, 0, 1]
  /** What bob is paid when the labels of his last items are wrong: those are kept, withdrawn, or were never contributed. */
  async function paidToBob(
    seed: number,
    bad: 'kept' | 'withdrawn' | 'never contributed',
    demand: 'one kind of uses' | 'any uses',
  ): Promise<bigint> {
    const ledger = await SmallLedger.open()
    try {
      await ledger.found({ minEvents: 1 })
      await ledger.send(ledger.records.deposit('payer', 1_000_000n))
      const random = randomOf(seed)
      const ofAlice = KINDS.map((kind) => featuresOf(random, SHAPE, kind))
      const good = KINDS_OF_BOB.map((kind) => featuresOf(random, SHAPE, kind))
      const wrong = KINDS_OF_BOB.slice(0, 3).map((kind) => featuresOf(random, SHAPE, kind, 1 - kind))
      const ofBob = bad === 'never contributed' ? good : [...good, ...wrong]
      for (const [name, contents] of [
        ['alice', ofAlice],
        ['bob', ofBob],
      ] as const) {
        const { batch, features } = await contributionOf(ledger.records, name, `of ${name}`, contents, {
          fingerprints: (index) => `${name}/${index}`,
        })
        await ledger.send(batch, ...features)
      }
      if (bad === 'withdrawn') await ledger.send(await ledger.records.withdrawal('bob', 'of bob', [4, 5, 6]))
      const ids = Array.from({ length: 6 }, (_, index) => `use ${index}`)
      const used = demand === 'any uses' ? ids : ids.slice(0, 1)
      await ledger.send(...uses(ledger.records, randomOf(seed + 1), used, 10_000n))
      const { epoch } = await ledger.runEpoch()
      expect((await ledger.audit()).firstDifference).toBeUndefined()
      return await ledger.earned(epoch, addressOf('bob'), 'data')
    } finally {
      ledger.close()
    }
  }

  // What is kept and what was withdrawn are two groups in the cap of each use (docs/attribution.md step 4): uses of one kind weigh
  // the same whatever their cap.
  test.each([102])(
    'seed %i: gains nothing where uses are of one kind; not to have contributed them would',
    async (seed) => {
      const kept = await paidToBob(seed, 'kept', 'one kind of uses')
      expect(kept).toBeGreaterThan(0n)
      expect(await paidToBob(seed, 'withdrawn', 'one kind of uses')).toBeLessThanOrEqual(kept)
      expect(await paidToBob(seed, 'never contributed', 'one kind of uses')).toBeGreaterThan(kept)
    },
  )

  test.each([12, 102])(
    'seed %i: among any uses, at most a quarter of what not to have contributed them would gain',
    async (seed) => {
      const kept = await paidToBob(seed, 'kept', 'any uses')
      const withdrawn = await paidToBob(seed, 'withdrawn', 'any uses')
      const never = await paidToBob(seed, 'never contributed', 'any uses')
      expect(never).toBeGreaterThan(kept)
      expect((withdrawn - kept) * 4n).toBeLessThanOrEqual(never - kept)
    },
  )

  test('they count as long as the model is used: of its successor, trained without them, they lower nothing', async () => {
    const { records } = world
    const bad = KINDS.map((kind) => featuresOf(randomOf(20 + kind), SHAPE, kind, 1 - kind))
    const { batch, features } = await contributionOf(records, 'bob', 'bad of bob', bad, {
      fingerprints: (index) => `bad/${index}`,
    })
    await send([batch, ...features])
    await send(await contribute('bob', 'of bob'))
    await send(await contribute('alice', 'of alice'))
    await withdraw('bob', 'bad of bob')
    const { paid } = await ledger.useAndSettle('alice', 'bob')
    expect(paid.bob).toBeLessThan(paid.alice!)
    // The successor's extractor has features of what it was trained on, and of nothing else.
    const SECOND = { model: 'second-reader', featureMap: 'map-2' }
    const again = (id: string) =>
      contentsOf(7).map((each, index) =>
        records.itemFeatures(id, index, each, `${id}/${index}`, { body: { featureMap: SECOND.featureMap } }),
      )
    await send([
      await records.retirement('reader', { by: 'partner' }),
      await records.asset(SECOND.model, 'model', { modeller: 1_000_000 }),
      await records.featureMap(SECOND),
      ...(await records.vouchers(SECOND.model)),
      ...[...again('of bob'), ...again('of alice')],
    ])
    const ids = KINDS.map((_, index) => `use of the successor ${index}`)
    const random = randomOf(5)
    await send(
      ids.flatMap((id, index) => [
        records.inference(id, 1_000n, { body: { model: SECOND.model } }),
        records.inferenceFeatures(id, featuresOf(random, SHAPE, KINDS[index]!), {
          body: { featureMap: SECOND.featureMap },
        }),
      ]),
    )
    const { epoch, periods } = await world.runEpoch()
    expect(periods).toMatchObject([{ model: SECOND.model, state: 'paid', items: 8 }])
    const earned = async (name: Name) => world.earned(epoch, addressOf(name), 'data')
    expect(await earned('bob')).toBeGreaterThan(0n)
    expect(await earned('bob')).toBe(await earned('alice'))
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})

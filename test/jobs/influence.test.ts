import { afterEach, describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { contribution, contributionOf, uses } from '../support/ledger/contributions.ts'
import { type Features, featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const open: SmallLedger[] = []
afterEach(() => {
  for (const world of open.splice(0)) world.close()
})

interface Scored {
  readonly world: SmallLedger
  readonly manifest: Manifest
  /** Pay of the data kind by name. */
  readonly pay: Readonly<Record<string, bigint>>
  /** s by name. */
  readonly s: Readonly<Record<string, bigint>>
}

/** One epoch: what `fill` sends, then uses that are paid for, and every step; the audit agrees. */
async function score(fill: (world: SmallLedger) => Promise<void>, paid: (world: SmallLedger) => void | Promise<void>) {
  const world = await SmallLedger.open()
  open.push(world)
  await world.found({ minEvents: 1 })
  await fill(world)
  await world.send(world.records.deposit('payer', 1_000_000n), world.records.deposit('partner', 1_000_000n))
  await paid(world)
  const manifest = await world.runEpoch()
  expect((await world.audit()).firstDifference).toBeUndefined()
  const rows = await world.ledger.warehouse.all<{ account: string; s: bigint; pay: bigint }>('SELECT * FROM score')
  const byName = (value: (row: (typeof rows)[number]) => bigint) =>
    Object.fromEntries(
      (['alice', 'bob', 'carol', 'copier'] as Name[]).flatMap((name) => {
        const row = rows.find(({ account }) => account === addressOf(name))
        return row === undefined ? [] : [[name, value(row)]]
      }),
    )
  return { world, manifest, pay: byName((row) => row.pay), s: byName((row) => row.s) } satisfies Scored
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `use-${index}`)
const tenUses = async (world: SmallLedger) => {
  await world.send(...uses(world.records, randomOf(99), ids(10), 1_001n))
}

/** Everybody's contents are the same in every world of a test; only `change` makes a difference. */
async function everybody(world: SmallLedger, wrong: (index: number) => boolean = () => false): Promise<void> {
  for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) {
    const { batch, features } = await contribution(world.records, randomOf(index), name, 6, {
      wrong: (item) => name === 'bob' && wrong(item),
    })
    await world.send(batch, ...features)
  }
}

describe('what a contribution earns', () => {
  test('wrong labels lower a score, and only wrong ones earn nothing', async () => {
    const right = await score((world) => everybody(world), tenUses)
    const one = await score((world) => everybody(world, (item) => item === 0), tenUses)
    const all = await score((world) => everybody(world, () => true), tenUses)
    expect(right.pay.bob).toBeGreaterThan(0n)
    expect(one.pay.bob!).toBeLessThan(right.pay.bob!)
    expect(one.pay.alice!).toBeGreaterThan(right.pay.alice!)
    expect(all.s.bob).toBeLessThan(0n)
    expect(all.pay.bob).toBe(0n)
    for (const { pay } of [right, one, all]) expect(pay.alice).toBeGreaterThan(0n)
  })

  test('a copier takes nothing from anybody: everybody else is paid as if the copies were not there', async () => {
    const contents = Array.from({ length: 4 }, (_, index) => featuresOf(randomOf(40 + index), SHAPE, index % 2))
    const send = async (world: SmallLedger, name: Name) => {
      const own = await contributionOf(world.records, name, `batch-${name}`, contents, {
        fingerprints: (index) => `content ${index}`,
      })
      await world.send(own.batch, ...own.features)
    }
    const alone = await score(async (world) => {
      await send(world, 'alice')
      const { batch, features } = await contribution(world.records, randomOf(7), 'bob', 5)
      await world.send(batch, ...features)
    }, tenUses)
    const copied = await score(async (world) => {
      await send(world, 'alice')
      const { batch, features } = await contribution(world.records, randomOf(7), 'bob', 5)
      await world.send(batch, ...features)
      await send(world, 'copier')
    }, tenUses)
    expect(copied.manifest.periods[0]).toMatchObject({ items: 9, duplicates: 4, state: 'paid' })
    expect(copied.pay.copier).toBe(0n)
    expect([copied.pay.alice, copied.pay.bob]).toEqual([alone.pay.alice, alone.pay.bob])
    expect([copied.s.alice, copied.s.bob]).toEqual([alone.s.alice, alone.s.bob])
    expect(copied.manifest.periods[0]!.vHash).toBe(alone.manifest.periods[0]!.vHash)
    const row = await copied.world.ledger.warehouse.one('SELECT * FROM score WHERE account = $account', {
      account: addressOf('copier'),
    })
    expect(row).toMatchObject({ items: 0, duplicates: 4, s: 0n, pay: 0n })
  })

  test('an account’s own copies change nothing for it either', async () => {
    const contents = Array.from({ length: 4 }, (_, index) => featuresOf(randomOf(60 + index), SHAPE, index % 2))
    const fill = (copies: number) => async (world: SmallLedger) => {
      const twice = Array.from({ length: copies }, () => contents).flat()
      const own = await contributionOf(world.records, 'alice', 'batch-alice', twice, {
        fingerprints: (index) => `content ${index % 4}`,
      })
      const { batch, features } = await contribution(world.records, randomOf(8), 'bob', 5)
      await world.send(own.batch, ...own.features, batch, ...features)
    }
    const [once, thrice] = [await score(fill(1), tenUses), await score(fill(3), tenUses)]
    expect(thrice.pay).toEqual(once.pay)
    expect(thrice.s).toEqual(once.s)
  })

  test('an item without leverage, or one that says nothing, is no reason to fail', async () => {
    const nothing: Features = { ...featuresOf(randomOf(1), SHAPE, 0), vector: new Int8Array(3) }
    const mute: Features = { ...featuresOf(randomOf(2), SHAPE, 1), multiplier: 0 }
    const { pay, manifest } = await score(async (world) => {
      await everybody(world)
      const own = await contributionOf(world.records, 'copier', 'nothing', [nothing, mute])
      await world.send(own.batch, ...own.features)
    }, tenUses)
    expect(pay.copier).toBe(0n)
    expect(manifest.periods[0]).toMatchObject({ items: 20, duplicates: 0, state: 'paid' })
  })
})

describe('what a paid use counts', () => {
  const sameUse = (world: SmallLedger, id: string, payer: Name) => {
    const [use] = uses(world.records, randomOf(0), [id], 1_000n, { payer })
    return [use!, world.records.inferenceFeatures(id, featuresOf(randomOf(5), SHAPE, 0))]
  }

  test('a payer who owns a share of the model or the machine counts 0', async () => {
    const { manifest } = await score(
      (world) => everybody(world),
      async (world) => {
        for (const id of ['a', 'b', 'c', 'd']) await world.send(...sameUse(world, id, 'payer'))
        for (const id of ['e', 'f', 'g']) await world.send(...sameUse(world, id, 'partner'))
      },
    )
    // Equal uses: (Σm)² / Σm² is how many of them count.
    expect(manifest.periods[0]).toMatchObject({ events: 7, fees: '7000', effectiveEvents: '4', state: 'paid' })
  })

  test('when only owners pay, nothing counts and the pool is held', async () => {
    const { manifest, pay } = await score(
      (world) => everybody(world),
      async (world) => world.send(...sameUse(world, 'a', 'partner')).then(() => undefined),
    )
    expect(manifest.periods[0]).toMatchObject({ events: 1, effectiveEvents: '0', state: 'held', pool: '500' })
    expect(pay).toEqual({ alice: 0n, bob: 0n, carol: 0n })
  })

  test('features that come an epoch later move no fee into the pool of contributors', async () => {
    const { world, manifest } = await score(
      (each) => everybody(each),
      async (each) => {
        await each.send(each.records.inference('late', 1_000n))
      },
    )
    expect(manifest.periods).toEqual([])
    expect((await world.state(1)).unattributed).toEqual([expect.objectContaining({ amount: '500' })])
    const [position] = await world.send(world.records.inferenceFeatures('late', featuresOf(randomOf(5), SHAPE, 0)))
    const second = await world.runEpoch()
    expect(await world.outcomeOf(position!)).toBe('accepted')
    expect(second.periods).toEqual([])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})

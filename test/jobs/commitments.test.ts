import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { COMMIT_EPOCHS_MAX } from '../../schemas/limits.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { ContributingLedger } from '../support/ledger/contributing-ledger.ts'
import { type Contributed, contributionOf, uses } from '../support/ledger/contributions.ts'
import { type Features, featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { hashOf, SOURCES } from '../support/ledger/records.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'

let ledger: ContributingLedger
let world: SmallLedger
beforeEach(async () => {
  ledger = await ContributingLedger.found()
  world = ledger.world
})
afterEach(() => ledger.auditAndClose())

const SALT = hashOf('salt')
const KINDS = [0, 1]
const FEATURES: readonly Features[] = KINDS.map((kind) => featuresOf(randomOf(7 + kind), SHAPE, kind))
const content = (index: number) => `content ${index}`

const commit = async (name: Name, id: string, salt = SALT) =>
  world.send(world.records.commitment(name, id, FEATURES.length, salt))

/** Two contents that are the same for everybody. */
async function contribute(name: Name, id: string, commitmentSalt?: Uint8Array): Promise<void> {
  const options = { fingerprints: content, ...(commitmentSalt === undefined ? {} : { commitmentSalt }) }
  const own: Contributed = await contributionOf(world.records, name, id, FEATURES, options)
  await world.send(own.batch, ...own.features)
}

/** Settles an epoch with some uses. @returns whose contributions are items */
async function itemsOf(...names: readonly Name[]): Promise<Partial<Record<Name, number>>> {
  const use = `use ${world.nowMs}`
  await world.send(...uses(world.records, randomOf(5), [`${use} a`, `${use} b`], 1_000n))
  const { epoch } = await world.runEpoch()
  const found: Partial<Record<Name, number>> = {}
  for (const name of names) {
    const row = await world.ledger.warehouse.one<{ items: number }>(
      'SELECT items FROM score WHERE epoch = $epoch AND account = $account',
      { epoch, account: addressOf(name) },
    )
    found[name] = row?.items ?? 0
  }
  return found
}

/** A test of more than ten epochs. */
const LONG_MS = 180_000

describe('commitments', () => {
  test('a batch revealed in time comes before the copy that was contributed in between', async () => {
    await commit('alice', 'original')
    await contribute('copier', 'copy')
    await contribute('alice', 'original', SALT)
    expect(await itemsOf('alice', 'copier')).toEqual({ alice: 2, copier: 0 })
  })

  test(
    'a late reveal takes the place of what was paid meanwhile, from then on; what was settled stays',
    async () => {
      await commit('alice', 'original')
      await contribute('copier', 'copy')
      expect(await itemsOf('copier')).toEqual({ copier: 2 })
      const paid = await world.earned(1, addressOf('copier'))
      expect(paid).toBeGreaterThan(0n)
      await contribute('alice', 'original', SALT)
      expect(await itemsOf('alice', 'copier')).toEqual({ alice: 2, copier: 0 })
      expect(await world.earned(1, addressOf('copier'))).toBe(paid)
      expect(await world.earned(2, addressOf('copier'))).toBe(0n)
    },
    LONG_MS,
  )

  test.each([
    ['in the last epoch in time', COMMIT_EPOCHS_MAX, { alice: 2, copier: 0 }],
    ['an epoch too late', COMMIT_EPOCHS_MAX + 1, { alice: 0, copier: 2 }],
  ])(
    'revealed %s',
    async (_, epochs, items) => {
      await commit('alice', 'original')
      await contribute('copier', 'copy')
      for (let epoch = 0; epoch < epochs; epoch++) {
        await world.send(world.records.deposit('payer', 1n))
        await world.runEpoch()
      }
      await contribute('alice', 'original', SALT)
      expect(await itemsOf('alice', 'copier')).toEqual(items)
    },
    LONG_MS,
  )

  test(
    'committed to again in time, the first commitment of those that are in time counts',
    async () => {
      await commit('alice', 'original')
      for (let epoch = 0; epoch < 2; epoch++) {
        await world.send(world.records.deposit('payer', 1n))
        await world.runEpoch()
      }
      await commit('alice', 'original')
      await contribute('copier', 'copy')
      await commit('alice', 'original')
      for (let epoch = 0; epoch < COMMIT_EPOCHS_MAX - 1; epoch++) {
        await world.send(world.records.deposit('payer', 1n))
        await world.runEpoch()
      }
      await contribute('alice', 'original', SALT)
      expect(await itemsOf('alice', 'copier')).toEqual({ alice: 2, copier: 0 })
    },
    LONG_MS,
  )

  test('whoever else knows, sends or copies the commitment gains nothing by it', async () => {
    await commit('alice', 'original')
    const [sent] = await world.send(
      world.records.commitment('alice', 'original', FEATURES.length, SALT, { id: 'again', source: SOURCES.portal }),
    )
    await contribute('copier', 'original too', SALT) // the salt alone is worth nothing: the account is another
    await contribute('alice', 'original', SALT)
    expect(await itemsOf('alice', 'copier')).toEqual({ alice: 2, copier: 0 })
    expect(await world.outcomeOf(sent!)).toBe('accepted')
  })

  test.each([
    ['of another salt', () => commit('alice', 'original', hashOf('another salt'))],
    ['of other items', () => commit('alice', 'another batch')],
    ['by another account', () => commit('bob', 'original')],
  ])('a commitment %s gives no priority, and the batch is accepted all the same', async (_, send) => {
    await send()
    await contribute('copier', 'copy')
    await contribute('alice', 'original', SALT)
    expect(await itemsOf('alice', 'copier')).toEqual({ alice: 0, copier: 2 })
  })

  test('a commitment that comes behind its batch does not move it back', async () => {
    await contribute('alice', 'original', SALT)
    await contribute('copier', 'copy')
    await commit('alice', 'original')
    expect(await itemsOf('alice', 'copier')).toEqual({ alice: 2, copier: 0 })
  })

  test('two batches that reveal one commitment: the first of them is the original', async () => {
    await commit('alice', 'original')
    await contribute('copier', 'copy')
    await contribute('alice', 'original', SALT)
    const items = FEATURES.map((_, index) => ({
      contentHash: hashOf(`original/${index}`),
      labelHash: hashOf(`original/${index}/label`),
    }))
    const body = { items, commitmentSalt: SALT }
    await world.send(await world.records.batch('alice', 'original again', FEATURES.length, { body }))
    await world.send(
      ...FEATURES.map((each, index) => world.records.itemFeatures('original again', index, each, content(index))),
    )
    expect(await itemsOf('alice', 'copier')).toEqual({ alice: 2, copier: 0 })
    const { warehouse } = world.ledger
    const values = await warehouse.all<{ batch_id: string }>(
      'SELECT DISTINCT b.batch_id FROM item_value JOIN contribution_batch AS b USING (batch)',
    )
    expect(values).toEqual([{ batch_id: 'original' }])
  })
})

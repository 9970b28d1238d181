import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { loadItems } from '../../jobs/attribution/features/load-period.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import { contribution, contributionOf, uses } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
  await world.send(world.records.deposit('payer', 1_000_000n))
})
afterEach(() => world.close())

const useTwice = (epoch: number) =>
  world.send(...uses(world.records, randomOf(epoch), [`use-${epoch}-a`, `use-${epoch}-b`], 1_000n))

/** What is stored, and the same from nothing. */
async function curvatures(epoch: number) {
  const { warehouse } = world.ledger
  const maps = await warehouse.all<{ feature_map: string; k: unknown }>('SELECT feature_map, k FROM curvature')
  const shape = { rank: SHAPE.rank, classes: SHAPE.classes, checkpointCount: SHAPE.checkpoints }
  const { items } = await loadItems(warehouse, shape, maps[0]!.feature_map, epoch)
  const fresh = await plainKernels.curvature(items.rows, 'softmax', 0, items.rows.count)
  const stored = fromBlob(maps[0]!.k)
  return {
    maps: maps.length,
    items: items.rows.count,
    stored: new BigInt64Array(stored.buffer.slice(stored.byteOffset, stored.byteOffset + stored.byteLength)),
    fresh,
  }
}

test('the stored curvature follows what is added, and what an earlier copy whose features come later replaces', async () => {
  const contents = Array.from({ length: 3 }, (_, index) => featuresOf(randomOf(40 + index), SHAPE, index % 2))
  // Another extraction of the same content: only its fingerprint is the same.
  const others = Array.from({ length: 3 }, (_, index) => featuresOf(randomOf(80 + index), SHAPE, index % 2))
  const content = (index: number) => `content ${index}`
  const first = await contributionOf(world.records, 'alice', 'first', contents, { fingerprints: content })
  const copy = await contributionOf(world.records, 'copier', 'copy', others, { fingerprints: content })
  await world.send(first.batch)
  await world.send(copy.batch, ...copy.features)
  await useTwice(1)
  await world.runEpoch()
  const before = await curvatures(1)
  expect(before).toMatchObject({ maps: 1, items: 3 })
  expect(before.stored).toEqual(before.fresh)

  const more = await contribution(world.records, randomOf(7), 'bob', 5)
  await world.send(...first.features, more.batch, ...more.features)
  await useTwice(2)
  await world.runEpoch()
  const after = await curvatures(2)
  expect(after).toMatchObject({ maps: 1, items: 8 })
  expect(after.stored).toEqual(after.fresh)
  expect(after.stored).not.toEqual(before.stored)
  expect((await world.audit()).firstDifference).toBeUndefined()
})

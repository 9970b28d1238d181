import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { statementOf } from '../../jobs/statement/statement.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import type { NearContribution } from '../../schemas/events.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { ContributingLedger } from '../support/ledger/contributing-ledger.ts'
import { contributionOf, uses } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'

let ledger: ContributingLedger
let world: SmallLedger
beforeEach(async () => {
  ledger = await ContributingLedger.found()
  world = ledger.world
})
afterEach(() => ledger.auditAndClose())

const near = (batchId: string, index = 0): NearContribution => ({
  batchSource: SOURCES.portal,
  batchId,
  index,
  similarity: 997_421,
})

/** A batch of one item, whose features come with it or are returned for later. */
async function contribute(
  name: Name,
  id: string,
  options: { readonly near?: NearContribution[]; readonly content?: string; readonly featuresLater?: boolean } = {},
): Promise<NewRecord> {
  const content = options.content ?? id
  const { batch, features } = await contributionOf(world.records, name, id, [featuresOf(randomOf(7), SHAPE, 0)], {
    fingerprints: () => content,
    near: () => options.near ?? [],
  })
  await world.send(batch)
  if (options.featuresLater !== true) await world.send(...features)
  return features[0]!
}

async function useAndSettle() {
  const name = `use ${world.nowMs}`
  await world.send(...uses(world.records, randomOf(5), [`${name} a`, `${name} b`], 1_000n))
  const manifest = await world.runEpoch()
  const rows = await world.ledger.warehouse.all<{ account: string; items: number; duplicates: number; pay: bigint }>(
    'SELECT account, items, duplicates, pay FROM score WHERE epoch = $epoch',
    { epoch: manifest.epoch },
  )
  return (name: Name) => {
    const { items, duplicates, pay } = rows.find(({ account }) => account === addressOf(name))!
    return { items, duplicates, isPaid: pay > 0n }
  }
}

const ITEM = { items: 1, duplicates: 0, isPaid: true }
const DUPLICATE = { items: 0, duplicates: 1, isPaid: false }

describe('near duplicates', () => {
  test('a near copy earns nothing, whether its own features say so or those of the original', async () => {
    await contribute('alice', 'original')
    await contribute('copier', 'copy', { near: [near('original')] })
    await contribute('bob', 'another original', { near: [near('another copy')] })
    await contribute('carol', 'another copy')
    const of = await useAndSettle()
    expect([of('alice'), of('copier'), of('bob'), of('carol')]).toEqual([ITEM, DUPLICATE, ITEM, DUPLICATE])
  })

  test('a member never represents: what is near only to it is an item', async () => {
    await contribute('alice', 'first')
    await contribute('bob', 'second', { near: [near('first')] })
    await contribute('carol', 'third', { near: [near('second')] })
    const of = await useAndSettle()
    expect([of('alice'), of('bob'), of('carol')]).toEqual([ITEM, DUPLICATE, ITEM])
  })

  test('equal contents share what is known of one of them: a copy of a near copy earns nothing', async () => {
    await contribute('alice', 'original')
    await contribute('bob', 'near copy', { content: 'shifted', near: [near('original')] })
    await contribute('copier', 'copy of the near copy', { content: 'shifted' })
    await contribute('carol', 'quiet', { content: 'turned' })
    await contribute('partner', 'copy that says it', { content: 'turned', near: [near('original')] })
    const of = await useAndSettle()
    expect([of('alice'), of('bob'), of('copier')]).toEqual([ITEM, DUPLICATE, DUPLICATE])
    expect([of('carol'), of('partner')]).toEqual([DUPLICATE, DUPLICATE])
  })

  test('evidence waits for features: then the item that was paid meanwhile is one no more, and what is settled stays', async () => {
    const features = await contribute('alice', 'original', { featuresLater: true })
    await contribute('copier', 'copy', { near: [near('original')] })
    const meanwhile = await useAndSettle()
    expect(meanwhile('copier')).toEqual(ITEM)
    const paid = await world.earned(1, addressOf('copier'))
    await world.send(features)
    const of = await useAndSettle()
    expect([of('alice'), of('copier')]).toEqual([ITEM, DUPLICATE])
    expect(await world.earned(1, addressOf('copier'))).toBe(paid)
  })

  test('the statement counts what is near something before it, whoever said so, and shows the evidence', async () => {
    await contribute('alice', 'original')
    await contribute('copier', 'copy', { near: [near('original')] })
    await contribute('bob', 'another original', { near: [near('another copy')] })
    await contribute('carol', 'another copy')
    await useAndSettle()
    const of = async (name: Name) => {
      const { duplicates, near: found, evidence } = await statementOf(world.ledger.warehouse, addressOf(name))
      return { duplicates, near: found, evidence }
    }
    const because = { index: 0, similarity: 997_421, measure: 'image/pooled-cosine@1' }
    const original = { duplicates: 0, near: 0, evidence: [] }
    expect(await of('alice')).toEqual(original)
    expect(await of('bob')).toEqual(original)
    expect(await of('copier')).toEqual({
      ...{ duplicates: 1, near: 1 },
      evidence: [{ ...because, batchId: 'copy', of: { batchId: 'original', index: 0 } }],
    })
    expect(await of('carol')).toEqual({
      ...{ duplicates: 1, near: 1 },
      evidence: [{ ...because, batchId: 'another copy', of: { batchId: 'another original', index: 0 } }],
    })
  })
})

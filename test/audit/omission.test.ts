import { beforeAll, describe, expect, test } from '@jest/globals'
import { verifyOmission } from '../../audit/index.ts'
import type { EpochFiles } from './support/bundle-writer.ts'
import { omissionOf, uploadOf } from './support/omission-of.ts'
import { publishWorld } from './support/published-world.ts'
import { checkpointOf } from './support/receipt-of.ts'
import { addressOf, type WorldRecord } from './support/world.ts'

type Omission = Awaited<ReturnType<typeof omissionOf>>

const LEAF = 4
const other = `0x${'11'.repeat(32)}` as const
let epochs: EpochFiles[]
let records: readonly WorldRecord[]
beforeAll(async () => {
  const published = await publishWorld()
  epochs = published.epochs
  records = published.world.epochs[0]!
})

/** Evidence whose manifest is changed and signed again, as an operator would. */
async function changed(change: (files: EpochFiles, evidence: Omission) => unknown): Promise<Omission> {
  const evidence = await omissionOf(epochs[0]!, records, LEAF)
  const files = structuredClone(epochs[0]!)
  change(files, evidence)
  return { ...evidence, manifest: files.manifest, checkpoint: await checkpointOf(files) }
}

describe('evidence of an omission', () => {
  test('holds when another record stands where the operator promised one', async () => {
    const found = await verifyOmission(await omissionOf(epochs[0]!, records, LEAF))
    expect(found).toMatchObject({ ok: true, vouched: 'operator', operator: addressOf.operator, epoch: 1 })
    expect(found.steps.map(({ name }) => name)).toEqual([
      'upload',
      'manifest',
      'place',
      'omission',
      'checkpoint',
      'log key',
    ])
  })

  test.each(['holes', 'gaps'] as const)('holds by the manifest alone when the place is in its %s', async (ranges) => {
    const evidence = await changed(({ manifest }, { leaf: { entry } }) => {
      const { topic, partition, offset } = entry
      manifest[ranges].push({ topic, partition, from: offset, to: String(BigInt(offset) + 1n) })
    })
    expect(await verifyOmission({ ...evidence, leaf: null })).toMatchObject({ ok: true, vouched: 'operator' })
  })

  test('without a checkpoint nobody vouches for its manifest, which the chain then has to', async () => {
    const evidence = await omissionOf(epochs[0]!, records, LEAF)
    expect(await verifyOmission({ ...evidence, checkpoint: null })).toMatchObject({
      ok: true,
      vouched: 'nobody',
      chain: 'not checked',
    })
  })
})

describe('frames nobody', () => {
  test('a record that is there', async () => {
    const evidence = await omissionOf(epochs[0]!, records, LEAF)
    const upload = await uploadOf(epochs[0]!, [records[LEAF]!])
    expect((await verifyOmission({ ...evidence, upload })).steps.at(-1)).toMatchObject({ name: 'omission', ok: false })
    const absent = { ...evidence, upload, leaf: null }
    expect((await verifyOmission(absent)).steps.at(-1)).toMatchObject({ name: 'omission', ok: false })
  })

  test.each<[what: string, step: string, change: (evidence: Omission) => unknown]>([
    [
      'a promise that the operator did not sign',
      'upload',
      ({ upload }) => Object.assign(upload.items[0]!, { content: other }),
    ],
    ['an item that is not there', 'upload', (evidence) => Object.assign(evidence, { item: 1 })],
    [
      'a genesis with another operator',
      'upload',
      ({ upload }) => Object.assign(upload.genesis, { operator: addressOf.bob }),
    ],
    ['another place of the leaf', 'omission', ({ leaf }) => Object.assign(leaf.entry, { offset: '5' })],
    ['another content of the leaf', 'omission', ({ leaf }) => Object.assign(leaf.entry, { content: other })],
    ['another index of the leaf', 'omission', ({ leaf }) => Object.assign(leaf, { index: LEAF + 1 })],
    ['an index behind the tree', 'omission', ({ leaf }) => Object.assign(leaf, { index: 1_000_000 })],
    ['another incarnation of the leaf', 'omission', ({ leaf }) => Object.assign(leaf.entry, { incarnation: 1 })],
    ['a manifest that nobody signed', 'checkpoint', ({ manifest }) => Object.assign(manifest, { engine: 'forged' })],
  ])('%s is refused at the step %s', async (_, step, change) => {
    const evidence = await omissionOf(epochs[0]!, records, LEAF)
    change(evidence)
    expect((await verifyOmission(evidence)).steps.at(-1)).toMatchObject({ name: step, ok: false })
  })

  test.each<[what: string, step: string, change: (files: EpochFiles) => unknown]>([
    ['another ledger', 'manifest', ({ manifest }) => Object.assign(manifest, { ledger: other })],
    ['another chain', 'manifest', ({ manifest }) => Object.assign(manifest.payout, { chainId: 5 })],
    ['another contract', 'manifest', ({ manifest }) => Object.assign(manifest.payout, { distributor: addressOf.bob })],
    [
      'a cut that ends before the place',
      'place',
      ({ manifest }) => manifest.cut.partitions.map((part) => Object.assign(part, { to: '0' })),
    ],
    [
      'a cut that begins behind it',
      'place',
      ({ manifest }) => manifest.cut.partitions.map((part) => Object.assign(part, { from: '900', to: '901' })),
    ],
    [
      'a cut without the partition',
      'place',
      ({ manifest }) => manifest.cut.partitions.map((part) => Object.assign(part, { partition: 9 })),
    ],
    [
      'a later incarnation of the topic',
      'place',
      ({ manifest }) => manifest.cut.partitions.map((part) => Object.assign(part, { incarnation: 1 })),
    ],
    [
      'a tree that had the leaf before',
      'omission',
      ({ manifest }) => Object.assign(manifest.tree, { previousSize: String(LEAF + 1) }),
    ],
  ])('a manifest of %s is refused at the step %s, whoever signed it', async (_, step, change) => {
    const evidence = await changed(change)
    expect((await verifyOmission(evidence)).steps.at(-1)).toMatchObject({ name: step, ok: false })
  })

  test('a log key that the operator did not endorse', async () => {
    const evidence = await omissionOf(epochs[0]!, records, LEAF)
    const bare = { ...evidence, checkpoint: { ...evidence.checkpoint, endorsement: null } }
    expect(await verifyOmission(bare)).toMatchObject({ ok: true, vouched: 'unknown key' })
  })

  test('what is no evidence is refused with a typed error', async () => {
    const refused = { code: 'INVALID_OMISSION' }
    await expect(verifyOmission({ format: 'tallystick-omission/1' })).rejects.toMatchObject(refused)
    const evidence = await omissionOf(epochs[0]!, records, LEAF)
    await expect(verifyOmission({ ...evidence, more: 1 })).rejects.toMatchObject(refused)
  })
})

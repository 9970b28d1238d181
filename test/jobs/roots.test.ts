import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { MerkleTree } from 'merkletreejs'
import { keccak256 } from 'viem'
import type { Manifest } from '../../anchor/manifest.ts'
import { manifestHash } from '../../anchor/manifest.ts'
import { payoutTreeOf } from '../../jobs/publish/payout-tree.ts'
import { toHex } from '../../schemas/ids.ts'
import { GENESIS } from '../support/ledger/cast.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { type ParquetRow, readParquet } from '../support/ledger/read-parquet.ts'
import { ShuffledSource } from '../support/ledger/shuffled-source.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const fees = [1_001n, 1_003n]

/** Two epochs with everything in them: records of seven kinds, a copy, a wrong label, duplicates, rejections. */
async function fill(world: SmallLedger, seed: number): Promise<void> {
  const random = randomOf(seed)
  const { records } = world
  await world.found()
  for (const name of ['alice', 'bob', 'carol'] as const) {
    const { batch, features } = await contribution(records, random, name, 5, { wrong: (index) => index === 4 })
    await world.send(batch, ...features, batch)
  }
  for (const [epoch, fee] of fees.entries()) {
    const ids = Array.from({ length: 6 }, (_, index) => `use-${epoch}-${index}`)
    await world.send(records.deposit('payer', 20_000n), ...uses(records, random, ids, fee))
    await world.send(records.inference('odd', 7n), records.deposit('payer', -1n))
    world.log.hide('tally.inferences', epoch)
    world.endInterval()
  }
}

/** Closes both epochs by the clock; the log is complete by now. */
async function publishBoth(world: SmallLedger): Promise<Manifest[]> {
  return [await world.publishNext(), await world.publishNext()]
}

const rootsOf = (manifests: readonly Manifest[]) =>
  manifests.map((manifest) => [manifest.tree.root, manifest.payout.root, manifestHash(manifest)])

let world: SmallLedger
let manifests: Manifest[]
beforeAll(async () => {
  world = await SmallLedger.open()
  await fill(world, 1)
  manifests = await publishBoth(world)
})
afterAll(() => world.close())

describe('promise 3: bit for bit', () => {
  test.each([
    [11, 1],
    [12, 3],
    [13, 50],
  ])(
    'seed %i: partitions read in another order, %i records a batch: the same roots, the same bundles',
    async (seed, batch) => {
      const twin = await world.twin((log) => new ShuffledSource(log, randomOf(seed), batch))
      try {
        expect(rootsOf(await publishBoth(twin))).toEqual(rootsOf(manifests))
        for (const epoch of [1, 2]) {
          const bytes = (ledger: SmallLedger, file: string) => readFileSync(join(ledger.bundle(epoch), file)).toString()
          // files.json holds the SHA-256 of every other file.
          expect(bytes(twin, 'files.json')).toBe(bytes(world, 'files.json'))
        }
      } finally {
        twin.close()
      }
    },
  )

  test('other records give other roots', async () => {
    const other = await SmallLedger.open()
    try {
      await fill(other, 2)
      const roots = rootsOf(await publishBoth(other)).flat()
      expect(new Set([...roots, ...rootsOf(manifests).flat()]).size).toBe(12)
    } finally {
      other.close()
    }
  })

  test('in another ledger the same records are worth nothing: no signature was made for it', async () => {
    const other = await world.twin((log) => log, { name: 'another ledger' })
    try {
      // Without a policy of its operator this ledger does not know how long an epoch is.
      await expect(other.publishNext()).rejects.toThrow('no policy')
      const { counts } = await other.publishNext({ cutNow: true })
      expect(counts.accepted).toBe(0)
      // Five sources and the policy are not its operator's; then nobody is registered who could send anything else.
      const { AMOUNT_NEGATIVE = 0, SIGNATURE_INVALID = 0, SOURCE_UNKNOWN = 0, ...others } = counts.reasons
      expect({ SIGNATURE_INVALID, others }).toEqual({ SIGNATURE_INVALID: 6, others: {} })
      expect(SOURCE_UNKNOWN).toBe(counts.rejected - SIGNATURE_INVALID - AMOUNT_NEGATIVE)
    } finally {
      other.close()
    }
  })
})

/** `entry` of docs/formats.md#leaf, from a row of records.parquet. */
function entryOf(row: ParquetRow): Buffer {
  const topic = Buffer.from(row.topic as string)
  const field = (bytes: Buffer | null) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes === null ? 0xffffffff : bytes.length)
    return Buffer.concat([length, bytes ?? Buffer.alloc(0)])
  }
  const content = sha256(
    field(row.record_key as Buffer | null),
    row.headers as Buffer,
    field(row.record_value as Buffer | null),
  )
  const head = Buffer.alloc(7)
  head.writeUInt8(1, 0)
  head.writeUInt32BE(row.incarnation as number, 1)
  head.writeUInt16BE(topic.length, 5)
  const tail = Buffer.alloc(23)
  tail.writeUInt32BE(row.partition_id as number, 0)
  tail.writeBigUInt64BE(row.record_offset as bigint, 4)
  tail.writeBigUInt64BE(row.effective_ms as bigint, 12)
  tail.writeUInt8(row.outcome as number, 20)
  tail.writeUInt16BE(row.reason as number, 21)
  return Buffer.concat([head, topic, tail, content])
}

/** RFC 6962 §2.1. */
function mth(entries: readonly Buffer[]): Buffer {
  if (entries.length === 0) return sha256()
  if (entries.length === 1) return sha256(Buffer.of(0), entries[0]!)
  const k = 2 ** Math.floor(Math.log2(entries.length - 1))
  return sha256(Buffer.of(1), mth(entries.slice(0, k)), mth(entries.slice(k)))
}

describe('the ledger root', () => {
  test('is RFC 6962’s and merkletreejs’s over the records of the bundles, with code of neither side', async () => {
    const entries: Buffer[] = []
    for (const manifest of manifests) {
      entries.push(...(await readParquet(world.bundle(manifest.epoch), 'restricted/records.parquet')).map(entryOf))
      expect(manifest.tree).toMatchObject({ size: String(entries.length), root: toHex(mth(entries)) })
      const leaves = entries.map((entry) => sha256(Buffer.of(0), entry))
      const tree = new MerkleTree(leaves, (pair: Buffer) => sha256(Buffer.of(1), pair))
      expect(toHex(tree.getRoot())).toBe(manifest.tree.root)
    }
  })

  test('leaves.parquet holds the leaf of every record, in order', async () => {
    const records = await readParquet(world.bundle(2), 'restricted/records.parquet')
    const leaves = await readParquet(world.bundle(2), 'public/leaves.parquet')
    const first = BigInt(manifests[1]!.tree.previousSize)
    expect(leaves).toEqual(
      records.map((row, index) => ({
        leaf_index: first + BigInt(index),
        leaf_hash: sha256(Buffer.of(0), entryOf(row)),
      })),
    )
  })

  test('hidden offsets are holes of the manifest, as long as they can be', () => {
    expect(manifests.map(({ holes }) => holes.map(({ topic, partition }) => [topic, partition]))).toEqual([
      [['tally.inferences', 0]],
      [['tally.inferences', 1]],
    ])
    for (const { holes } of manifests) for (const { from, to } of holes) expect(BigInt(to) - BigInt(from)).toBe(1n)
  })
})

describe('the payout root', () => {
  const types = ['uint256', 'address', 'address', 'address', 'uint256']
  const keccak = (bytes: Buffer) => Buffer.from(keccak256(bytes).slice(2), 'hex')

  test.each([1, 2])(
    'epoch %i: is OpenZeppelin’s over accounts.parquet, and every proof verifies there and in merkletreejs',
    async (epoch) => {
      const rows = await readParquet(world.bundle(epoch), 'public/accounts.parquet')
      const values = rows.map((row) => [GENESIS.chainId, GENESIS.distributor, row.account, row.token, row.cumulative])
      const standard = StandardMerkleTree.of(values, types)
      const { payout } = manifests[epoch - 1]!
      expect(payout).toMatchObject({ root: standard.root, leaves: rows.length })
      const tree = await payoutTreeOf(world.ledger, epoch)
      for (const value of values) {
        const proof = tree.proofOf(value[2] as never, value[3] as never)
        expect(StandardMerkleTree.verify(payout.root, types, value, [...proof])).toBe(true)
        const nodes = proof.map((node) => Buffer.from(node.slice(2), 'hex'))
        const leaf = Buffer.from(standard.leafHash(value).slice(2), 'hex')
        const root = Buffer.from(payout.root.slice(2), 'hex')
        expect(MerkleTree.verify(nodes, leaf, root, keccak, { sortPairs: true })).toBe(true)
        const raised = [...value.slice(0, 4), String(BigInt(value[4] as string) + 1n)]
        expect(StandardMerkleTree.verify(payout.root, types, raised, [...proof])).toBe(false)
      }
    },
  )
})

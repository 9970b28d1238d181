import { describe, expect, test } from '@jest/globals'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { MerkleTree } from 'merkletreejs'
import { bytesToHex, type Hex } from '../../anchor/bytes.ts'
import { sha256 } from '../../anchor/hash.ts'
import { createBatchHasher } from '../../anchor/payout/batch/batch-hasher.mjs'
import { keccakModule } from '../../anchor/payout/batch/keccak-module.ts'
import { plainHasher } from '../../anchor/payout/batch/plain-hasher.ts'
import { buildPayoutTreeOnThreads } from '../../anchor/payout/build-on-threads.ts'
import { keccak256 } from '../../anchor/payout/keccak256.ts'
import { encodeLeafPrefix, PAYOUT_LEAF_TYPES, payoutLeafHash } from '../../anchor/payout/payout-leaf-hash.ts'
import { PAYOUT_ROW_BYTES, type Payout, packPayouts } from '../../anchor/payout/payout-rows.ts'
import { buildPayoutTree, type PayoutTree } from '../../anchor/payout/payout-tree.ts'
import { sortedPositions } from '../../anchor/payout/sorted-positions.ts'
import { verifyPayout } from '../../anchor/payout/verify-payout.ts'
import { runs } from '../support/random-runs.ts'
import { codeOf } from './vectors.ts'

const chainId = 31_337n
const distributor: Hex = `0x${'d1'.repeat(20)}`

/** Distinct accounts, a few tokens, amounts of every size. */
function payoutsOf(count: number, salt = ''): Payout[] {
  return Array.from({ length: count }, (_, n) => {
    const digest = sha256(new TextEncoder().encode(`${salt} payout ${n}`))
    const token: Hex = `0x${String(n % 3).repeat(40)}`
    const cumulative = BigInt(bytesToHex(digest)) >> BigInt((n * 7) % 256)
    return { account: bytesToHex(digest.subarray(0, 20)), token, cumulative }
  })
}

const valuesOf = ({ account, token, cumulative }: Payout) => [
  `${chainId}`,
  distributor,
  account,
  token,
  `${cumulative}`,
]
const openZeppelin = (payouts: readonly Payout[]) =>
  StandardMerkleTree.of(payouts.map(valuesOf), [...PAYOUT_LEAF_TYPES])

/** Everything a tree holds, to be compared byte for byte. */
const bytesOf = ({ root, parts: { rows, slots, treeIndexes, byKey } }: PayoutTree) => ({
  root,
  // Slot 0 is no node.
  nodes: digestOf(slots.subarray(32)),
  rows: digestOf(rows),
  treeIndexes: digestOf(treeIndexes),
  byKey: digestOf(byKey),
})
const digestOf = (array: Uint8Array | Uint32Array) =>
  bytesToHex(sha256(new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice()))

describe('payout tree at every small size', () => {
  const payouts = payoutsOf(200)
  const hashPair = (pair: Buffer) => Buffer.from(keccak256(pair))

  test('1 to 200 leaves: OpenZeppelin’s tree, node by node', () => {
    for (let size = 1; size <= payouts.length; size++) {
      const some = payouts.slice(0, size)
      const [dump, expected] = [buildPayoutTree({ chainId, distributor, payouts: some }), openZeppelin(some)].map(
        (tree) => tree.dump(),
      )
      expect(dump!.tree.join()).toBe(expected!.tree.join())
      expect(JSON.stringify(dump!.values)).toBe(JSON.stringify(expected!.values))
    }
  })

  test('1 to 200 leaves: every proof verifies here and in merkletreejs, and some of each size in OpenZeppelin’s', () => {
    for (let size = 1; size <= payouts.length; size++) {
      const tree = buildPayoutTree({ chainId, distributor, payouts: payouts.slice(0, size) })
      for (const [position, payout] of payouts.slice(0, size).entries()) {
        const proof = tree.proofOf(payout.account, payout.token)
        verifyPayout({ root: tree.root, leaf: { chainId, distributor, ...payout }, proof })
        const leaf = payoutLeafHash({ chainId, distributor, ...payout })
        expect(MerkleTree.verify(proof, leaf, tree.root, hashPair, { sortPairs: true })).toBe(true)
        // A library of its own hashing: slow. Over all sizes it sees each position.
        if ((position * 31) % size < 5) {
          expect(StandardMerkleTree.verify(tree.root, [...PAYOUT_LEAF_TYPES], valuesOf(payout), proof)).toBe(true)
        }
      }
    }
  })
})

/** Where none is given the library is asked; it takes ten seconds for the last: `openZeppelin(payoutsOf(65_537, 'large')).root`. */
const ROOTS: [size: number, root: Hex | undefined][] = [
  [10_007, undefined],
  [65_537, '0x37695a01120a81786f21c44ac0f0c624f7e3510b00758ed42d07409b033a2d93'],
]

describe('large payout trees', () => {
  test.each(ROOTS)('%i leaves: OpenZeppelin’s root, on 1, 2 and 4 threads the same bytes', async (size, root) => {
    const payouts = payoutsOf(size, 'large')
    const tree = buildPayoutTree({ chainId, distributor, payouts })
    expect(tree.root).toBe(root ?? openZeppelin(payouts).root)
    for (const threads of [1, 2, 4]) {
      const other = await buildPayoutTreeOnThreads({ chainId, distributor, payouts }, { threads, threadsFrom: 1 })
      expect(bytesOf(other)).toEqual(bytesOf(tree))
    }
    for (const payout of [payouts[0]!, payouts[size - 1]!, payouts[size >> 1]!]) {
      const proof = tree.proofOf(payout.account, payout.token)
      expect(StandardMerkleTree.verify(tree.root, [...PAYOUT_LEAF_TYPES], valuesOf(payout), proof)).toBe(true)
    }
  })

  test('threads give the bytes of one thread at sizes from none to a few pieces', async () => {
    for (const size of [0, 1, 2, 3, 4, 5, 511, 512, 513, 4_096, 4_097]) {
      const payouts = payoutsOf(size, 'threads')
      const input = { chainId, distributor, payouts }
      const other = await buildPayoutTreeOnThreads(input, { threads: 2, threadsFrom: 0 })
      expect(bytesOf(other)).toEqual(bytesOf(buildPayoutTree(input)))
    }
  })

  test('what is wrong with the input is said with threads too, and none is left behind', async () => {
    const payouts = payoutsOf(600, 'wrong')
    const twice = [...payouts, { ...payouts[5]!, cumulative: 1n }]
    const build = (some: readonly Payout[]) =>
      buildPayoutTreeOnThreads({ chainId, distributor, payouts: some }, { threads: 2, threadsFrom: 1 })
    await expect(build(twice)).rejects.toMatchObject({ code: 'DUPLICATE_PAYOUT' })
    await expect(build([{ ...payouts[0]!, cumulative: 1n << 256n }])).rejects.toMatchObject({ code: 'PAYOUT_RANGE' })
    const rows = packPayouts(payouts).subarray(1)
    expect(codeOf(() => buildPayoutTree({ chainId, distributor, rows }))).toBe('PAYOUT_ROWS')
  })

  test('packed rows and payouts give one tree', () => {
    const payouts = payoutsOf(77, 'packed')
    const rows = Uint8Array.from(packPayouts(payouts))
    expect(bytesOf(buildPayoutTree({ chainId, distributor, rows }))).toEqual(
      bytesOf(buildPayoutTree({ chainId, distributor, payouts })),
    )
  })
})

describe('any order of the payouts', () => {
  test('gives one root, and each payout the same proof', () => {
    const input = fc.tuple(fc.integer({ min: 1, max: 700 }), fc.nat(), fc.integer({ min: 1, max: 40 }))
    fc.assert(
      fc.property(input, ([size, salt, shift]) => {
        const payouts = payoutsOf(size, `order ${salt}`)
        const turned = [...payouts.slice(shift % size), ...payouts.slice(0, shift % size)].reverse()
        const byAccount = payouts.toSorted((a, b) => (a.account < b.account ? -1 : 1))
        const [tree, ...others] = [payouts, turned, byAccount].map((some) =>
          buildPayoutTree({ chainId, distributor, payouts: some }),
        )
        for (const other of others) {
          expect(other.root).toBe(tree!.root)
          for (const { account, token } of payouts.slice(0, 5)) {
            expect(other.proofOf(account, token)).toEqual(tree!.proofOf(account, token))
          }
        }
      }),
      runs(40),
    )
  })

  test('rows that begin alike are sorted as their bytes are', () => {
    const rowBytes = 12
    const input = fc.record({
      count: fc.integer({ min: 0, max: 3_000 }),
      // Of so many values a byte: few make many equal beginnings, and equal rows.
      values: fc.constantFrom(1, 2, 3, 256),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(input, ({ count, values, seed }) => {
        const rows = new Uint8Array(count * rowBytes)
        for (let at = 0, state = seed | 1; at < rows.length; at++) {
          state = Math.imul(state, 1_664_525) + 1_013_904_223
          rows[at] = (state >>> 24) % values
        }
        const texts = Array.from({ length: count }, (_, row) =>
          Buffer.from(rows.subarray(row * rowBytes, row * rowBytes + 8)).toString('hex'),
        )
        const expected = texts
          .map((_, row) => row)
          .sort((a, b) => (texts[a] === texts[b] ? a - b : texts[a]! < texts[b]! ? -1 : 1))
        expect([...sortedPositions(rows, rowBytes, 8, count)]).toEqual(expected)
      }),
      runs(60),
    )
  })
})

describe('keccak.wasm', () => {
  const prefix = encodeLeafPrefix({ chainId, distributor })
  const batched = createBatchHasher(keccakModule()!, prefix)
  const plain = plainHasher(prefix)

  test('hashes leaves and nodes as hash-wasm does, odd numbers and more than a block too', () => {
    const input = fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 1_023, 1_024, 1_025, 2_049), fc.nat())
    fc.assert(
      fc.property(input, ([count, salt]) => {
        const rows = bytesFrom(`rows ${salt}`, count * PAYOUT_ROW_BYTES)
        const [leaves, leavesPlain] = [new Uint8Array(count * 32), new Uint8Array(count * 32)]
        batched.leaves(rows, 0, count, leaves, 0)
        plain.leaves(rows, 0, count, leavesPlain, 0)
        expect(bytesToHex(leaves)).toBe(bytesToHex(leavesPlain))
        const [nodes, nodesPlain] = [new Uint8Array(count * 32), new Uint8Array(count * 32)]
        const children = bytesFrom(`children ${salt}`, count * 64)
        batched.nodes(children, 0, count, nodes, 0)
        plain.nodes(children, 0, count, nodesPlain, 0)
        expect(bytesToHex(nodes)).toBe(bytesToHex(nodesPlain))
      }),
      runs(20),
    )
  })

  test.each([0, 7, 8, 15, 16, 23, 24, 31])('orders children that differ in byte %i alone, either way', (byte) => {
    const [low, high] = [new Uint8Array(32).fill(0x80), new Uint8Array(32).fill(0x80)]
    low[byte] = 0x7f
    const children = Buffer.concat([low, high, high, low, low, low])
    const nodes = new Uint8Array(3 * 32)
    batched.nodes(children, 0, 3, nodes, 0)
    const ordered = bytesToHex(keccak256(Buffer.concat([low, high])))
    expect(bytesToHex(nodes.subarray(0, 32))).toBe(ordered)
    expect(bytesToHex(nodes.subarray(32, 64))).toBe(ordered)
    expect(bytesToHex(nodes.subarray(64))).toBe(bytesToHex(keccak256(Buffer.concat([low, low]))))
  })

  test('where it cannot run hash-wasm makes the same tree', () => {
    for (const size of [1, 2, 3, 100, 1_025]) {
      const input = { chainId, distributor, payouts: payoutsOf(size, 'plain') }
      expect(bytesOf(buildPayoutTree(input, plainHasher))).toEqual(bytesOf(buildPayoutTree(input)))
    }
  })
})

function bytesFrom(salt: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 32) {
    const digest = sha256(new TextEncoder().encode(`${salt} ${at}`))
    bytes.set(digest.subarray(0, Math.min(32, length - at)), at)
  }
  return bytes
}

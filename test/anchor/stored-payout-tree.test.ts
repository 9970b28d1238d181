import { describe, expect, test } from '@jest/globals'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { bytesToHex, type Hex } from '../../anchor/bytes.ts'
import { sha256 } from '../../anchor/hash.ts'
import { dumpPayoutTree } from '../../anchor/payout/dump-payout-tree.ts'
import type { Payout } from '../../anchor/payout/payout-rows.ts'
import { buildPayoutTree, type PayoutTree } from '../../anchor/payout/payout-tree.ts'
import { type ReadAt, readStoredPayout, storedPayoutTree } from '../../anchor/payout/stored-payout-tree.ts'
import { runs } from '../support/random-runs.ts'

const chainId = 31_337n
const distributor: Hex = `0x${'d1'.repeat(20)}`
const LEAVES = 300

/** Distinct accounts, of which every third is paid in two tokens. */
function payoutsOf(count: number, salt = ''): Payout[] {
  return Array.from({ length: count }, (_, n) => {
    const digest = sha256(new TextEncoder().encode(`${salt} stored ${n - (n % 3 === 1 ? 1 : 0)}`))
    const token: Hex = `0x${String(n % 3).repeat(40)}`
    return { account: bytesToHex(digest.subarray(0, 20)), token, cumulative: BigInt(n + 1) }
  })
}

const treeOf = (payouts: readonly Payout[]) => buildPayoutTree({ chainId, distributor, payouts })
const fileOf = (tree: PayoutTree) => Buffer.concat([...storedPayoutTree(tree)])
const from =
  (file: Uint8Array): ReadAt =>
  async (at, length) =>
    file.subarray(at, at + length)
/** What reading gives: the payout, or the code of the error. */
async function outcomeOf(work: Promise<{ cumulative: bigint; proof: Hex[] }>) {
  try {
    return await work
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

describe('a stored payout tree', () => {
  const payouts = payoutsOf(LEAVES)
  const tree = treeOf(payouts)
  const { root } = tree
  const file = fileOf(tree)
  const find = (read: ReadAt, { account, token }: Pick<Payout, 'account' | 'token'>, change = {}) =>
    outcomeOf(readStoredPayout({ read, root, chainId, distributor, account, token, ...change }))

  test('gives every payout with the proof of the tree', async () => {
    for (const size of [1, 2, 3, 63, 64, 65, 128, 129, LEAVES]) {
      const some = payouts.slice(0, size)
      const small = treeOf(some)
      const read = from(fileOf(small))
      for (const payout of some) {
        const { account, token, cumulative } = payout
        expect(await find(read, payout, { root: small.root })).toEqual({
          cumulative,
          proof: small.proofOf(account, token),
        })
      }
    }
  })

  test('is the same bytes whatever the order of the payouts', () => {
    expect(fileOf(treeOf(payouts.toReversed()))).toEqual(file)
    expect(file.length).toBe(84 + LEAVES * 76 + (2 * LEAVES - 1) * 32)
  })

  test('of many leaves takes few small reads', async () => {
    const many = payoutsOf(20_000, 'many')
    const large = treeOf(many)
    const stored = fileOf(large)
    const reads: number[] = []
    const read: ReadAt = async (at, length) => {
      reads.push(length)
      return stored.subarray(at, at + length)
    }
    const { account, token, cumulative } = many[12_345]!
    expect(await find(read, { account, token }, { root: large.root })).toMatchObject({ cumulative })
    expect(reads.length).toBeLessThanOrEqual(2 * 15)
    expect(Math.max(...reads)).toBeLessThan(5_000)
  })

  test('says of what it does not hold that it is not there', async () => {
    const absent = { account: distributor, token: payouts[0]!.token }
    expect(await find(from(file), absent)).toBe('PAYOUT_NOT_FOUND')
    expect(await find(from(file), { ...payouts[0]!, token: distributor })).toBe('PAYOUT_NOT_FOUND')
    const none = treeOf([])
    expect(await find(from(fileOf(none)), payouts[0]!, { root: none.root })).toBe('PAYOUT_NOT_FOUND')
  })

  test.each([
    ['empty', new Uint8Array()],
    ['of another kind', new Uint8Array(5_000).fill(0x41)],
    ['of another chain', fileOf(buildPayoutTree({ chainId: 1n, distributor, payouts }))],
    ['of another distributor', fileOf(buildPayoutTree({ chainId, distributor: `0x${'d2'.repeat(20)}`, payouts }))],
    ['of another epoch', fileOf(treeOf(payouts.map((each) => ({ ...each, cumulative: each.cumulative + 1n }))))],
    ['of another ledger’s accounts', fileOf(treeOf([...payouts, ...payoutsOf(9, 'stranger')]))],
  ])('a file that is %s is refused', async (_, other) => {
    expect(await find(from(other), payouts[7]!)).toBe('PAYOUT_TREE_FILE')
  })

  test('wherever it ends early, nothing wrong comes out of it', async () => {
    const input = fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: LEAVES - 1 }))
    await fc.assert(
      fc.asyncProperty(input, async ([end, pick]) => {
        const { account, token, cumulative } = payouts[pick]!
        const outcome = await find(from(file.subarray(0, end)), payouts[pick]!)
        // A proof that lies in what is left is a proof all the same.
        if (typeof outcome === 'string') expect(outcome).toBe('PAYOUT_TREE_FILE')
        else expect(outcome).toEqual({ cumulative, proof: tree.proofOf(account, token) })
      }),
      runs(300),
    )
  })

  test('one flipped bit anywhere: the right proof or an error, never another', async () => {
    const input = fc.tuple(fc.nat({ max: file.length * 8 - 1 }), fc.nat({ max: LEAVES - 1 }))
    let refused = 0
    await fc.assert(
      fc.asyncProperty(input, async ([bit, pick]) => {
        const damaged = Uint8Array.from(file)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        const { account, token, cumulative } = payouts[pick]!
        const outcome = await find(from(damaged), payouts[pick]!)
        if (typeof outcome !== 'string') {
          expect(outcome).toEqual({ cumulative, proof: tree.proofOf(account, token) })
          return
        }
        refused++
        expect(['PAYOUT_TREE_FILE', 'PAYOUT_NOT_FOUND']).toContain(outcome)
      }),
      runs(1_500),
    )
    expect(refused).toBeGreaterThan(0)
  })

  test('every bit of what a proof is read from counts: header, entry, and the nodes on its way', async () => {
    const { account, token } = payouts[42]!
    const used: [at: number, length: number][] = []
    const read: ReadAt = async (at, length) => {
      used.push([at, length])
      return file.subarray(at, at + length)
    }
    await readStoredPayout({ read, root, chainId, distributor, account, token })
    const nodes = used.filter(([, length]) => length === 32)
    expect(nodes.length).toBeGreaterThanOrEqual(8)
    const entry = file.indexOf(Buffer.from(account.slice(2) + token.slice(2), 'hex'))
    for (const [at, length] of [[0, 84], [entry, 76], ...nodes] as [number, number][]) {
      for (let bit = at * 8; bit < (at + length) * 8; bit++) {
        const damaged = Uint8Array.from(file)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        const outcome = await find(from(damaged), payouts[42]!)
        if (!['PAYOUT_TREE_FILE', 'PAYOUT_NOT_FOUND'].includes(outcome as string))
          throw new Error(`bit ${bit}: ${outcome}`)
      }
    }
  })

  test('random bytes in place of any part never crash it', async () => {
    const part = fc.tuple(
      fc.nat({ max: file.length - 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.nat({ max: LEAVES - 1 }),
    )
    await fc.assert(
      fc.asyncProperty(part, async ([at, bytes, pick]) => {
        const damaged = Uint8Array.from(file)
        damaged.set(bytes.subarray(0, file.length - at), at)
        const { account, token, cumulative } = payouts[pick]!
        const outcome = await find(from(damaged), payouts[pick]!)
        if (typeof outcome === 'string') expect(['PAYOUT_TREE_FILE', 'PAYOUT_NOT_FOUND']).toContain(outcome)
        else expect(outcome).toEqual({ cumulative, proof: tree.proofOf(account, token) })
      }),
      runs(500),
    )
  })
})

describe('the dump of a payout tree', () => {
  test.each([1, 2, 3, 700, 1_024, 1_025])('of %i leaves is what StandardMerkleTree.load takes', (size) => {
    const tree = treeOf(payoutsOf(size, 'dump'))
    const text = [...dumpPayoutTree(tree)].join('')
    expect(text).toBe(JSON.stringify(tree.dump()))
    const loaded = StandardMerkleTree.load(JSON.parse(text))
    expect(loaded.root).toBe(tree.root)
    if (size <= 3) loaded.validate()
  })

  test('of a tree without leaves has none', () => {
    expect(JSON.parse([...dumpPayoutTree(treeOf([]))].join(''))).toEqual(treeOf([]).dump())
  })
})

import { describe, expect, test } from '@jest/globals'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { encodeAbiParameters, keccak256 as viemKeccak256 } from 'viem'
import { bytesToHex, type Hex, hexToBytes } from '../../anchor/bytes.ts'
import { sha256 } from '../../anchor/hash.ts'
import { keccak256 } from '../../anchor/payout/keccak256.ts'
import { PAYOUT_LEAF_TYPES, payoutLeafHash } from '../../anchor/payout/payout-leaf-hash.ts'
import type { Payout } from '../../anchor/payout/payout-rows.ts'
import { buildPayoutTree, EMPTY_PAYOUT_ROOT } from '../../anchor/payout/payout-tree.ts'
import { storedPayoutTree } from '../../anchor/payout/stored-payout-tree.ts'
import { verifyPayout } from '../../anchor/payout/verify-payout.ts'
import { runs } from '../support/random-runs.ts'
import { codeOf, readVectors } from './vectors.ts'

const vectors = readVectors<{
  chainId: string
  distributor: Hex
  payouts: { account: Hex; token: Hex; cumulative: string; leafHash: Hex }[]
  roots: { size: number; root: Hex; proofs?: Hex[][]; file?: Hex }[]
}>('payout-tree.json')
const chainId = BigInt(vectors.chainId)
const { distributor } = vectors
const golden: Payout[] = vectors.payouts.map(({ account, token, cumulative }) => {
  return { account, token, cumulative: BigInt(cumulative) }
})
const build = (payouts: readonly Payout[]) => buildPayoutTree({ chainId, distributor, payouts })
const valuesOf = ({ account, token, cumulative }: Payout) => [
  `${chainId}`,
  distributor,
  account,
  token,
  `${cumulative}`,
]
const openZeppelin = (payouts: readonly Payout[]) =>
  StandardMerkleTree.of(payouts.map(valuesOf), [...PAYOUT_LEAF_TYPES])

/** Distinct accounts, a few tokens, amounts of every size. */
function payoutsOf(count: number, salt = ''): Payout[] {
  return Array.from({ length: count }, (_, n) => {
    const digest = sha256(new TextEncoder().encode(`${salt} payout ${n}`))
    const amount = BigInt(bytesToHex(digest))
    const token: Hex = `0x${String(n % 3).repeat(40)}`
    return { account: bytesToHex(digest.subarray(0, 20)), token, cumulative: amount >> BigInt((n * 7) % 256) }
  })
}

describe('payout tree, golden vectors', () => {
  test.each(vectors.payouts)('leaf of $account, $cumulative', ({ account, token, cumulative, leafHash }) => {
    const leaf = { chainId, distributor, account, token, cumulative: BigInt(cumulative) }
    expect(payoutLeafHash(leaf)).toBe(leafHash)
    const types = PAYOUT_LEAF_TYPES.map((type) => ({ type }))
    const encoded = encodeAbiParameters(types, [chainId, distributor, account, token, BigInt(cumulative)])
    expect(viemKeccak256(viemKeccak256(encoded))).toBe(leafHash)
  })

  test.each(vectors.roots)('root, proofs and file of $size leaves', ({ size, root, proofs, file }) => {
    const payouts = golden.slice(0, size)
    const tree = build(payouts)
    expect(tree.root).toBe(root)
    expect(openZeppelin(payouts).root).toBe(root)
    if (proofs !== undefined) expect(payouts.map((p) => tree.proofOf(p.account, p.token))).toEqual(proofs)
    if (file !== undefined) expect(bytesToHex(Buffer.concat([...storedPayoutTree(tree)]))).toBe(file)
  })

  test('keccak is Ethereum’s, 256 bits wide', () => {
    expect(bytesToHex(keccak256(new Uint8Array()))).toBe(
      '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    )
  })
})

describe('payout tree is OpenZeppelin’s', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 200])('the dump of %d leaves loads', (size) => {
    const tree = build(payoutsOf(size))
    const loaded = StandardMerkleTree.load(JSON.parse(JSON.stringify(tree.dump())))
    loaded.validate()
    expect(loaded.root).toBe(tree.root)
  })

  test('the root does not depend on the order or the case of the input', () => {
    const payouts = payoutsOf(50)
    const shouted = payouts.map((p) => ({ ...p, account: `0x${p.account.slice(2).toUpperCase()}` as Hex })).toReversed()
    expect(build(shouted).root).toBe(build(payouts).root)
    expect(build(shouted).dump().values[0]!.value[2]).toBe(payouts.at(-1)!.account)
  })
})

describe('payout tree, edges', () => {
  const payouts = payoutsOf(20)
  const tree = build(payouts)
  const own = payouts[7]!
  const leaf = { chainId, distributor, ...own }
  const proof = tree.proofOf(own.account, own.token)

  test('an epoch may pay nobody: a root of zeros, to which nothing leads', () => {
    const empty = build([])
    expect(empty.root).toBe(EMPTY_PAYOUT_ROOT)
    expect(hexToBytes(empty.root, 32, 'root')).toEqual(new Uint8Array(32))
    expect(empty.size).toBe(0)
    expect(empty.dump().tree).toEqual([])
    expect(codeOf(() => empty.proofOf(own.account, own.token))).toBe('PAYOUT_NOT_FOUND')
    expect(codeOf(() => verifyPayout({ root: empty.root, leaf, proof: [] }))).toBe('PAYOUT_PROOF')
  })

  test('an account may have several tokens, but each once', () => {
    const other: Hex = `0x${'ee'.repeat(20)}`
    const two = build([...payouts, { ...own, token: other }])
    expect(two.cumulativeOf(own.account, other)).toBe(own.cumulative)
    const again = { ...own, account: own.account.toUpperCase().replace('X', 'x') as Hex, cumulative: 1n }
    expect(codeOf(() => build([...payouts, again]))).toBe('DUPLICATE_PAYOUT')
  })

  test.each([
    ['2^256', { cumulative: 2n ** 256n }, 'PAYOUT_RANGE'],
    ['less than nothing', { cumulative: -1n }, 'PAYOUT_RANGE'],
    ['an account of 19 bytes', { account: `0x${'ab'.repeat(19)}` as Hex }, 'HEX_FORMAT'],
    ['a token that is not hexadecimal', { token: `0x${'zz'.repeat(20)}` as Hex }, 'HEX_FORMAT'],
    ['an account without 0x', { account: 'ab'.repeat(21) as Hex }, 'HEX_FORMAT'],
  ])('%s is refused', (_, change, code) => {
    expect(codeOf(() => build([{ ...own, ...change }]))).toBe(code)
  })

  test('2^256 − 1 is paid in full', () => {
    const most = { ...own, cumulative: 2n ** 256n - 1n }
    expect(build([most]).cumulativeOf(own.account, own.token)).toBe(most.cumulative)
    expect(build([most]).root).toBe(openZeppelin([most]).root)
  })

  test('asking for one that is not there says so', () => {
    expect(codeOf(() => tree.proofOf(own.account, distributor))).toBe('PAYOUT_NOT_FOUND')
    expect(codeOf(() => tree.cumulativeOf(distributor, own.token))).toBe('PAYOUT_NOT_FOUND')
    expect(payouts.map((p) => tree.cumulativeOf(p.account, p.token))).toEqual(payouts.map((p) => p.cumulative))
  })

  test.each([
    ['more money', { leaf: { ...leaf, cumulative: leaf.cumulative + 1n } }, 'PAYOUT_PROOF'],
    ['another account', { leaf: { ...leaf, account: payouts[8]!.account } }, 'PAYOUT_PROOF'],
    ['another token', { leaf: { ...leaf, token: distributor } }, 'PAYOUT_PROOF'],
    ['another chain', { leaf: { ...leaf, chainId: 1n } }, 'PAYOUT_PROOF'],
    ['another distributor', { leaf: { ...leaf, distributor: own.account } }, 'PAYOUT_PROOF'],
    ['a node missing', { proof: proof.slice(1) }, 'PAYOUT_PROOF'],
    ['a node left over', { proof: [...proof, proof[0]!] }, 'PAYOUT_PROOF'],
    ['a node of 31 bytes', { proof: [proof[0]!.slice(0, -2) as Hex, ...proof.slice(1)] }, 'HEX_FORMAT'],
    ['a root of 31 bytes', { root: tree.root.slice(0, -2) as Hex }, 'HEX_FORMAT'],
    ['65 nodes', { proof: Array.from({ length: 65 }, () => proof[0]!) }, 'PAYOUT_PROOF_LENGTH'],
  ])('a proof with %s is refused', (_, change, code) => {
    verifyPayout({ root: tree.root, leaf, proof })
    expect(codeOf(() => verifyPayout({ root: tree.root, leaf, proof, ...change }))).toBe(code)
  })

  test('one flipped bit in a proof or the root fails', () => {
    const input = fc.tuple(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.nat())
    fc.assert(
      fc.property(input, ([size, pick, bit]) => {
        const some = payoutsOf(size, `flip ${pick}`)
        const paid = some[pick % size]!
        const built = build(some)
        const hashes = [built.root, ...built.proofOf(paid.account, paid.token)].map((hash) =>
          hexToBytes(hash, 32, 'node'),
        )
        const at = bit % (hashes.length * 256)
        hashes[Math.floor(at / 256)]![Math.floor((at % 256) / 8)]! ^= 1 << (at % 8)
        const [root, ...nodes] = hashes.map(bytesToHex) as [Hex, ...Hex[]]
        const claim = { root, leaf: { chainId, distributor, ...paid }, proof: nodes }
        expect(codeOf(() => verifyPayout(claim))).toBe('PAYOUT_PROOF')
      }),
      runs(150),
    )
  })
})

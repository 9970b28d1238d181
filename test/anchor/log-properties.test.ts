import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MerkleTree } from 'merkletreejs'
import { sha256, wasmSha256 } from '../../anchor/hash.ts'
import { consistencyProof } from '../../anchor/log/consistency-proof.ts'
import { appendLeaves, emptyFrontier, frontierRoot } from '../../anchor/log/frontier.ts'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { rootHash } from '../../anchor/log/root-hash.ts'
import { verifyConsistency } from '../../anchor/log/verify-consistency.ts'
import { verifyInclusion } from '../../anchor/log/verify-inclusion.ts'
import { runs } from '../support/random-runs.ts'
import { codeOf, hex } from './vectors.ts'

const entry = fc.uint8Array({ maxLength: 100 })

/** MTH of RFC 6962 §2.1, as the RFC writes it. */
function mth(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return sha256(new Uint8Array())
  if (entries.length === 1) return sha256(Uint8Array.of(0, ...entries[0]!))
  const k = 2 ** Math.floor(Math.log2(entries.length - 1))
  return sha256(Uint8Array.of(1, ...mth(entries.slice(0, k)), ...mth(entries.slice(k))))
}

/** Every copy of `nodes` in which one bit is flipped, chosen by `bit` among all bits. */
function flipBit(nodes: readonly Uint8Array[], bit: number): Uint8Array[] {
  const copies = nodes.map((node) => node.slice())
  const at = bit % (nodes.length * 256)
  copies[Math.floor(at / 256)]![Math.floor((at % 256) / 8)]! ^= 1 << (at % 8)
  return copies
}

describe('properties of the ledger tree', () => {
  test('the root is RFC 6962’s, merkletreejs’s with the two prefixes, and the frontier’s however leaves arrive', () => {
    const input = fc.tuple(fc.array(entry, { maxLength: 130 }), fc.nat(130))
    fc.assert(
      fc.property(input, ([entries, cut]) => {
        const leaves = entries.map(leafHash)
        const root = hex(rootHash(leaves))
        expect(root).toBe(hex(mth(entries)))
        const partly = appendLeaves(emptyFrontier(), leaves.slice(0, cut))
        expect(hex(frontierRoot(appendLeaves(partly, leaves.slice(cut))))).toBe(root)
        if (entries.length === 0) return
        const hashPair = (pair: Buffer) => Buffer.from(sha256(Uint8Array.of(1, ...pair)))
        const tree = new MerkleTree(
          leaves.map((leaf) => Buffer.from(leaf)),
          hashPair,
        )
        expect(hex(tree.getRoot())).toBe(root)
      }),
      runs(100),
    )
  })

  test('every leaf of every size up to 40 has a proof that verifies, at its own index only', () => {
    const leaves = Array.from({ length: 40 }, (_, n) => leafHash(Uint8Array.of(n)))
    for (let treeSize = 1; treeSize <= 40; treeSize++) {
      const root = rootHash(leaves.slice(0, treeSize))
      for (let index = 0; index < treeSize; index++) {
        const proof = inclusionProof(leaves, index, treeSize)
        verifyInclusion({ leafHash: leaves[index]!, index, treeSize, proof, rootHash: root })
        const elsewhere = { leafHash: leaves[index]!, index: (index + 1) % treeSize, treeSize, proof, rootHash: root }
        if (treeSize > 1) expect(() => verifyInclusion(elsewhere)).toThrow()
      }
    }
  })

  test('every pair of sizes up to 40 has a consistency proof that verifies', () => {
    const leaves = Array.from({ length: 40 }, (_, n) => leafHash(Uint8Array.of(n)))
    const roots = Array.from({ length: 41 }, (_, size) => rootHash(leaves.slice(0, size)))
    for (let newSize = 0; newSize <= 40; newSize++) {
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const proof = consistencyProof(leaves, oldSize, newSize)
        verifyConsistency({ oldSize, newSize, proof, oldRoot: roots[oldSize]!, newRoot: roots[newSize]! })
      }
    }
  })

  test('one flipped bit in an inclusion proof, its leaf or its root fails', () => {
    const input = fc.tuple(fc.array(entry, { minLength: 2, maxLength: 80 }), fc.nat(), fc.nat())
    fc.assert(
      fc.property(input, ([entries, pick, bit]) => {
        const leaves = entries.map(leafHash)
        const index = pick % leaves.length
        const proof = inclusionProof(leaves, index)
        const flipped = flipBit([leaves[index]!, rootHash(leaves), ...proof], bit)
        const [leaf, root, ...nodes] = flipped as [Uint8Array, Uint8Array, ...Uint8Array[]]
        const claim = { leafHash: leaf, index, treeSize: leaves.length, proof: nodes, rootHash: root }
        expect(codeOf(() => verifyInclusion(claim))).toBe('ROOT_MISMATCH')
      }),
      runs(300),
    )
  })

  test('one flipped bit in a consistency proof or its roots fails; so does a rewritten old leaf', () => {
    const input = fc.tuple(fc.array(entry, { minLength: 2, maxLength: 80 }), fc.nat(), fc.nat())
    fc.assert(
      fc.property(input, ([entries, pick, bit]) => {
        const leaves = entries.map(leafHash)
        const newSize = leaves.length
        const oldSize = 1 + (pick % (newSize - 1))
        const oldRoot = rootHash(leaves.slice(0, oldSize))
        const proof = consistencyProof(leaves, oldSize)
        const flipped = flipBit([oldRoot, rootHash(leaves), ...proof], bit)
        const [old, root, ...nodes] = flipped as [Uint8Array, Uint8Array, ...Uint8Array[]]
        const claim = { oldSize, newSize, proof: nodes, oldRoot: old, newRoot: root }
        expect(codeOf(() => verifyConsistency(claim))).toBe('ROOT_MISMATCH')

        const rewritten = leaves.with(pick % oldSize, leafHash(Uint8Array.of(1, 2, 3, bit % 256, ...entries[0]!)))
        const forged = {
          oldSize,
          newSize,
          oldRoot,
          proof: consistencyProof(rewritten, oldSize),
          newRoot: rootHash(rewritten),
        }
        expect(codeOf(() => verifyConsistency(forged))).toBe('ROOT_MISMATCH')
      }),
      runs(300),
    )
  })

  test('the browser’s SHA-256 is Node’s', async () => {
    const wasm = await wasmSha256()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40_000 }), (bytes) => {
        expect(hex(wasm(bytes))).toBe(hex(sha256(bytes)))
      }),
      runs(100),
    )
  })
})

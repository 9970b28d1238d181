import { describe, expect, test } from '@jest/globals'
import { sha256 } from '../../anchor/hash.ts'
import { consistencyProof } from '../../anchor/log/consistency-proof.ts'
import { appendLeaves, emptyFrontier, type Frontier, frontierRoot } from '../../anchor/log/frontier.ts'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { emptyRootHash, rootHash } from '../../anchor/log/root-hash.ts'
import { verifyConsistency } from '../../anchor/log/verify-consistency.ts'
import { verifyInclusion } from '../../anchor/log/verify-inclusion.ts'
import { codeOf, hex, readVectors, unhex } from './vectors.ts'

const vectors = readVectors<{
  entries: string[]
  roots: { size: number; root: string }[]
  inclusion: { index: number; treeSize: number; proof: string[] }[]
  consistency: { oldSize: number; newSize: number; proof: string[] }[]
}>('ledger-log.json')
const leaves = vectors.entries.map((entry) => leafHash(unhex(entry)))
const rootOf = (size: number) => rootHash(leaves.slice(0, size))
const hashOf = (text: string) => sha256(new TextEncoder().encode(text))

describe('the ledger is the tree of RFC 6962', () => {
  test('published roots of Certificate Transparency', () => {
    const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const roots = [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]
    const hashes = entries.map((entry) => leafHash(unhex(entry)))
    expect(roots.map((_, n) => hex(rootHash(hashes.slice(0, n + 1))))).toEqual(roots)
  })

  test('the tree without leaves has SHA-256 of nothing as root', () => {
    expect(hex(rootHash([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hex(frontierRoot(emptyFrontier()))).toBe(hex(emptyRootHash()))
  })

  test.each(vectors.roots)('golden root of $size leaves', ({ size, root }) => {
    expect(hex(rootOf(size))).toBe(root)
    expect(hex(frontierRoot(appendLeaves(emptyFrontier(), leaves.slice(0, size))))).toBe(root)
  })

  test.each(vectors.inclusion)('golden inclusion proof of $index in $treeSize', ({ index, treeSize, proof }) => {
    const made = inclusionProof(leaves, index, treeSize)
    expect(made.map(hex)).toEqual(proof)
    verifyInclusion({ leafHash: leaves[index]!, index, treeSize, proof: made, rootHash: rootOf(treeSize) })
  })

  test.each(vectors.consistency)('golden consistency proof $oldSize → $newSize', ({ oldSize, newSize, proof }) => {
    const made = consistencyProof(leaves, oldSize, newSize)
    expect(made.map(hex)).toEqual(proof)
    verifyConsistency({ oldSize, newSize, proof: made, oldRoot: rootOf(oldSize), newRoot: rootOf(newSize) })
  })

  test('every tree extends the empty one, whose root is still checked', () => {
    const claim = { oldSize: 0, newSize: 3, proof: [], oldRoot: emptyRootHash(), newRoot: rootOf(3) }
    verifyConsistency(claim)
    verifyConsistency({ ...claim, newSize: 0, newRoot: emptyRootHash() })
    expect(consistencyProof(leaves, 0, 3)).toEqual([])
    expect(codeOf(() => verifyConsistency({ ...claim, oldRoot: rootOf(1) }))).toBe('ROOT_MISMATCH')
    expect(codeOf(() => verifyConsistency({ ...claim, newSize: 0 }))).toBe('ROOT_MISMATCH')
    expect(codeOf(() => verifyConsistency({ ...claim, proof: [leaves[0]!] }))).toBe('PROOF_LENGTH')
  })
})

describe('a proof that is not exact is refused, and the error says why', () => {
  const inclusion = {
    leafHash: leaves[4]!,
    index: 4,
    treeSize: 11,
    proof: inclusionProof(leaves, 4, 11),
    rootHash: rootOf(11),
  }
  const consistency = {
    oldSize: 6,
    newSize: 11,
    proof: consistencyProof(leaves, 6, 11),
    oldRoot: rootOf(6),
    newRoot: rootOf(11),
  }
  const short = inclusion.rootHash.subarray(1)

  test.each([
    ['node missing', { proof: inclusion.proof.slice(1) }, 'PROOF_LENGTH'],
    ['node left over', { proof: [...inclusion.proof, leaves[0]!] }, 'PROOF_LENGTH'],
    ['proof of another size', { treeSize: 17 }, 'PROOF_LENGTH'],
    ['node of 31 bytes', { proof: [short, ...inclusion.proof.slice(1)] }, 'HASH_LENGTH'],
    ['leaf of 31 bytes', { leafHash: short }, 'HASH_LENGTH'],
    ['root of 31 bytes', { rootHash: short }, 'HASH_LENGTH'],
    ['another leaf', { leafHash: leaves[5]! }, 'ROOT_MISMATCH'],
    ['another index', { index: 5 }, 'ROOT_MISMATCH'],
    ['index beyond the tree', { index: 11 }, 'TREE_RANGE'],
    ['negative index', { index: -1 }, 'TREE_RANGE'],
    ['fraction as index', { index: 4.5 }, 'TREE_RANGE'],
    ['empty tree', { treeSize: 0 }, 'TREE_RANGE'],
    ['size that skips integers', { treeSize: 2 ** 53 }, 'TREE_RANGE'],
  ])('inclusion: %s', (_, change, code) => {
    verifyInclusion(inclusion)
    expect(codeOf(() => verifyInclusion({ ...inclusion, ...change }))).toBe(code)
  })

  test.each([
    ['node missing', { proof: consistency.proof.slice(0, -1) }, 'PROOF_LENGTH'],
    ['node left over', { proof: [...consistency.proof, leaves[0]!] }, 'PROOF_LENGTH'],
    ['node of 31 bytes', { proof: [short, ...consistency.proof.slice(1)] }, 'HASH_LENGTH'],
    ['another old root', { oldRoot: rootOf(5) }, 'ROOT_MISMATCH'],
    ['another new root', { newRoot: rootOf(12) }, 'ROOT_MISMATCH'],
    ['old above new', { oldSize: 12 }, 'TREE_RANGE'],
    ['same size, other root', { newSize: 6, proof: [] }, 'ROOT_MISMATCH'],
    ['same size, a node', { newSize: 6, proof: [leaves[0]!], newRoot: rootOf(6) }, 'PROOF_LENGTH'],
  ])('consistency: %s', (_, change, code) => {
    verifyConsistency(consistency)
    expect(codeOf(() => verifyConsistency({ ...consistency, ...change }))).toBe(code)
  })

  test('an inner node does not pass as a leaf', () => {
    const pair = new Uint8Array([...leaves[0]!, ...leaves[1]!])
    const claim = { index: 0, treeSize: 2, proof: inclusionProof(leaves, 0, 4).slice(1), rootHash: rootOf(4) }
    expect(codeOf(() => verifyInclusion({ ...claim, leafHash: leafHash(pair) }))).toBe('ROOT_MISMATCH')
  })

  test('provers refuse what they cannot prove', () => {
    expect(codeOf(() => inclusionProof(leaves, 3, 3))).toBe('TREE_RANGE')
    expect(codeOf(() => inclusionProof(leaves, 0, leaves.length + 1))).toBe('TREE_RANGE')
    expect(codeOf(() => consistencyProof(leaves, 4, 3))).toBe('TREE_RANGE')
    expect(codeOf(() => rootHash([leaves[0]!, short]))).toBe('HASH_LENGTH')
  })
})

describe('trees too large to hold', () => {
  // Sizes where arithmetic on 32 bits, or a shift, gives another answer.
  const sizes = [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 2 ** 40 - 1, 2 ** 40 + 12_345, 2 ** 53 - 2]

  test.each(sizes)('a leaf appended to %d leaves is included, and the trees are consistent', (size) => {
    const before = frontierOf(size)
    const leaf = hashOf('appended')
    const after = appendLeaves(before, [leaf])
    const lefts = before.hashes.toReversed()

    verifyInclusion({ leafHash: leaf, index: size, treeSize: size + 1, proof: lefts, rootHash: frontierRoot(after) })
    verifyConsistency({
      oldSize: size,
      newSize: size + 1,
      proof: before.hashes.length === 1 ? [leaf] : [lefts[0]!, leaf, ...lefts.slice(1)],
      oldRoot: frontierRoot(before),
      newRoot: frontierRoot(after),
    })
  })

  test('a frontier of 2^53 − 1 leaves is full', () => {
    const full = appendLeaves(frontierOf(2 ** 53 - 2), [hashOf('last')])
    expect(full.hashes).toHaveLength(53)
    expect(codeOf(() => appendLeaves(full, [hashOf('one more')]))).toBe('TREE_RANGE')
  })

  function frontierOf(size: number): Frontier {
    const ones = [...size.toString(2)].filter((bit) => bit === '1')
    return { size, hashes: ones.map((_, n) => hashOf(`subtree ${n} of ${size}`)) }
  }
})

describe('frontier', () => {
  test('one that lost a hash, gained one or holds a short one is refused', () => {
    const { size, hashes } = appendLeaves(emptyFrontier(), leaves.slice(0, 11))
    expect(codeOf(() => frontierRoot({ size, hashes: hashes.slice(1) }))).toBe('TREE_RANGE')
    expect(codeOf(() => appendLeaves({ size, hashes: [...hashes, leaves[0]!] }, []))).toBe('TREE_RANGE')
    expect(codeOf(() => frontierRoot({ size: size + 1, hashes }))).toBe('TREE_RANGE')
    expect(codeOf(() => frontierRoot({ size, hashes: hashes.map((hash) => hash.subarray(1)) }))).toBe('HASH_LENGTH')
  })

  test('appending leaves the earlier frontier and the caller’s arrays alone', () => {
    const leaf = hashOf('mine')
    const before = appendLeaves(emptyFrontier(), [leaf])
    const root = hex(frontierRoot(before))
    appendLeaves(before, leaves.slice(0, 5))
    leaf.fill(0)
    expect(hex(frontierRoot(before))).toBe(root)
  })
})

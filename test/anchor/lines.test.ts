import { describe, expect, test } from '@jest/globals'
import { canonicalJson } from '../../anchor/canonical-json.ts'
import { buildLineTree } from '../../anchor/lines/line-tree.ts'
import { verifyLine } from '../../anchor/lines/verify-line.ts'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { rootHash } from '../../anchor/log/root-hash.ts'
import { verifyInclusion } from '../../anchor/log/verify-inclusion.ts'
import { codeOf, hex, readVectors } from './vectors.ts'

const vectors = readVectors<{
  lines: string[]
  roots: { size: number; root: string }[]
  proofs: { index: number; proof: string[] }[]
}>('settlement-lines.json')
const golden = vectors.lines.map((line) => new TextEncoder().encode(line))

describe('settlement lines', () => {
  test.each(vectors.roots)('golden root of $size lines', ({ size, root }) => {
    expect(hex(buildLineTree(golden.slice(0, size)).root)).toBe(root)
  })

  test.each(vectors.proofs)('golden proof of line $index', ({ index, proof }) => {
    expect(buildLineTree(golden).proofOf(index).map(hex)).toEqual(proof)
  })

  test('at sizes 0 to 64 merkletreejs makes the ledger’s tree: same root, same proofs, and each verifies', () => {
    const lines = Array.from({ length: 64 }, (_, n) => canonicalJson({ line: n, amount: `${n}00` }))
    for (let size = 0; size <= 64; size++) {
      const some = lines.slice(0, size)
      const hashes = some.map(leafHash)
      const tree = buildLineTree(some)
      expect(hex(tree.root)).toBe(hex(rootHash(hashes)))
      some.forEach((line, index) => {
        const proof = tree.proofOf(index)
        expect(proof.map(hex)).toEqual(inclusionProof(hashes, index).map(hex))
        verifyInclusion({ leafHash: hashes[index]!, index, treeSize: size, proof, rootHash: tree.root })
        verifyLine({ line, index, size, proof, root: tree.root })
      })
    }
  })

  test('lines that read the same are proven each at its own place', () => {
    const line = canonicalJson({ amount: '1' })
    const tree = buildLineTree([line, canonicalJson({ amount: '2' }), line])
    for (const index of [0, 2]) verifyLine({ line, index, size: 3, proof: tree.proofOf(index), root: tree.root })
    expect(tree.proofOf(0)).not.toEqual(tree.proofOf(2))
  })

  test('another line, another place and another size are refused', () => {
    const tree = buildLineTree(golden)
    const claim = { line: golden[5]!, index: 5, size: 13, proof: tree.proofOf(5), root: tree.root }
    verifyLine(claim)
    expect(codeOf(() => verifyLine({ ...claim, line: golden[6]! }))).toBe('ROOT_MISMATCH')
    expect(codeOf(() => verifyLine({ ...claim, index: 4 }))).toBe('ROOT_MISMATCH')
    expect(codeOf(() => verifyLine({ ...claim, size: 17 }))).toBe('PROOF_LENGTH')
    expect(codeOf(() => tree.proofOf(13))).toBe('TREE_RANGE')
    expect(codeOf(() => tree.proofOf(-1))).toBe('TREE_RANGE')
  })

  test('a tree has a limit', () => {
    expect(codeOf(() => buildLineTree(new Array(1_000_001)))).toBe('TOO_MANY_LINES')
  })
})

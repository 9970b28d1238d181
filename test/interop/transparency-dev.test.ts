import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { verifyConsistency } from '../../anchor/log/verify-consistency.ts'
import { verifyInclusion } from '../../anchor/log/verify-inclusion.ts'
import { codeOf } from '../anchor/vectors.ts'

interface Probe {
  readonly file: string
  readonly desc: string
  readonly wantErr: boolean
  /** Null or missing: no bytes. */
  readonly proof: readonly (string | null)[] | null
}
type Text = string | null

const probes = JSON.parse(readFileSync(new URL('./transparency-dev.json', import.meta.url), 'utf8')) as {
  readonly inclusion: readonly (Probe & { leafIdx: number; treeSize: number; root: Text; leafHash: Text })[]
  readonly consistency: readonly (Probe & { size1: number; size2: number; root1: Text; root2: Text })[]
}

const bytes = (text: Text) => Uint8Array.from(Buffer.from(text ?? '', 'base64'))
const nodes = ({ proof }: Probe) => (proof ?? []).map(bytes)
const TYPED = /^(TREE_RANGE|HASH_LENGTH|PROOF_LENGTH|ROOT_MISMATCH)$/

/** Roots of a few bytes, which their verifier only compares: here a root is 32 bytes, whatever the sizes. */
const SHORT_ROOTS = 'consistency/additional/sizes-are-equal-one-and-proof-is-empty.json'

function outcomeOf(check: () => void): string {
  try {
    check()
    return 'accepted'
  } catch {
    return codeOf(check)
  }
}

describe('the probes of transparency-dev/merkle, of proofs that hold and of altered ones', () => {
  test.each(probes.inclusion)('inclusion $file: $desc', (probe) => {
    const { leafIdx: index, treeSize } = probe
    const claim = { index, treeSize, leafHash: bytes(probe.leafHash), rootHash: bytes(probe.root), proof: nodes(probe) }
    expect(outcomeOf(() => verifyInclusion(claim))).toMatch(probe.wantErr ? TYPED : /^accepted$/)
  })

  test.each(probes.consistency)('consistency $file: $desc', (probe) => {
    const { size1: oldSize, size2: newSize } = probe
    const claim = { oldSize, newSize, oldRoot: bytes(probe.root1), newRoot: bytes(probe.root2), proof: nodes(probe) }
    const expected = probe.file === SHORT_ROOTS ? /^HASH_LENGTH$/ : /^accepted$/
    expect(outcomeOf(() => verifyConsistency(claim))).toMatch(probe.wantErr ? TYPED : expected)
  })
})

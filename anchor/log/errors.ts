import { TallyError } from '../../schemas/errors.ts'
import { bytesToHex } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'

/** An index or a tree size is not one that the tree can have. */
export class TreeRangeError extends TallyError {
  override readonly code = 'TREE_RANGE'
  constructor(facts: { what: string; found: number; min: number; max: number }) {
    super(`${facts.what} should be a whole number from ${facts.min} to ${facts.max}, found ${facts.found}.`, {
      facts,
      hint: 'Check that the index and the sizes belong to the same tree.',
    })
  }
}

/** A node, a leaf hash or a root is not 32 bytes long. */
export class HashLengthError extends TallyError {
  override readonly code = 'HASH_LENGTH'
  constructor(facts: { what: string; found: number }) {
    super(`${facts.what} should be ${HASH_BYTES} bytes long, found ${facts.found}.`, {
      facts,
      hint: 'The proof was cut, padded or decoded wrongly. Ask for it again.',
    })
  }
}

/** A proof has too few or too many nodes for its index and sizes. */
export class ProofLengthError extends TallyError {
  override readonly code = 'PROOF_LENGTH'
  constructor(facts: { proof: 'inclusion' | 'consistency'; expected: number; found: number }) {
    const fault = facts.found < facts.expected ? 'misses nodes' : 'has trailing nodes'
    super(`The ${facts.proof} proof ${fault}: expected ${facts.expected}, found ${facts.found}.`, {
      facts,
      hint: 'The proof belongs to another index or another tree size.',
    })
  }
}

/** The nodes of a proof do not lead to the root that was given. */
export class RootMismatchError extends TallyError {
  override readonly code = 'ROOT_MISMATCH'
  constructor(of: { root: 'root' | 'old root' | 'new root'; expected: Uint8Array; computed: Uint8Array }) {
    const facts = { root: of.root, expected: bytesToHex(of.expected), computed: bytesToHex(of.computed) }
    super(`The proof leads to another ${facts.root}: expected ${facts.expected}, computed ${facts.computed}.`, {
      facts,
      hint: 'Either the leaf, the proof or the root was altered, or they belong to different trees.',
    })
  }
}

/** Bytes are not a ledger entry, or the fields given cannot be written as one. */
export class EntryFormatError extends TallyError {
  override readonly code = 'ENTRY_FORMAT'
  constructor(facts: { field: string; found: string | number | bigint; expected: string }) {
    super(`Ledger entry: ${facts.field} should be ${facts.expected}, found ${facts.found}.`, {
      facts,
      hint: 'The layout is in docs/formats.md, section "Leaf".',
    })
  }
}

import { TallyError } from '../../schemas/errors.ts'
import type { Hex } from '../bytes.ts'

/** Two payouts name the same account and token: the tree has one leaf for each pair, so that a claim is unambiguous. */
export class DuplicatePayoutError extends TallyError {
  override readonly code = 'DUPLICATE_PAYOUT'
  constructor(facts: { account: Hex; token: Hex }) {
    super(`Account ${facts.account} has more than one payout in token ${facts.token}.`, {
      facts,
      hint: 'Sum the amounts of an account in a token before building the tree.',
    })
  }
}

/** A number of a payout leaf does not fit uint256. */
export class PayoutRangeError extends TallyError {
  override readonly code = 'PAYOUT_RANGE'
  constructor(facts: { what: string; found: bigint }) {
    super(`${facts.what} should be from 0 to 2^256 − 1, found ${facts.found}.`, {
      facts,
      hint: 'Amounts are whole numbers of the smallest unit of the token, and never negative.',
    })
  }
}

/** The tree has no leaf for this account and token. */
export class PayoutNotFoundError extends TallyError {
  override readonly code = 'PAYOUT_NOT_FOUND'
  constructor(facts: { account: Hex; token: Hex }) {
    super(`Account ${facts.account} has no payout in token ${facts.token}.`, {
      facts,
      hint: 'Check the account, the token and the epoch: an account that never earned has no leaf.',
    })
  }
}

/** A payout proof does not lead to the root. */
export class PayoutProofError extends TallyError {
  override readonly code = 'PAYOUT_PROOF'
  constructor(facts: { expected: Hex; computed: Hex; account: Hex; token: Hex; cumulative: bigint }) {
    super(
      `The payout proof of ${facts.account} for ${facts.cumulative} of token ${facts.token} leads to another root: ` +
        `expected ${facts.expected}, computed ${facts.computed}.`,
      {
        facts,
        hint: 'The amount, the proof or the root belongs to another epoch, chain or distributor, or was altered.',
      },
    )
  }
}

/** A payout proof is longer than any tree is high. */
export class PayoutProofLengthError extends TallyError {
  override readonly code = 'PAYOUT_PROOF_LENGTH'
  constructor(facts: { found: number; max: number }) {
    super(`A payout proof has at most ${facts.max} nodes, found ${facts.found}.`, {
      facts,
      hint: 'Ask for the proof again.',
    })
  }
}

/** Packed payouts have a fixed length. */
export class PayoutRowsError extends TallyError {
  override readonly code = 'PAYOUT_ROWS'
  constructor(facts: { bytes: number }) {
    super(`Rows of payouts are 72 bytes each, found ${facts.bytes} bytes.`, {
      facts,
      hint: 'A row is account (20 bytes), token (20 bytes) and cumulative amount (32 bytes, big-endian).',
    })
  }
}

/** A thread that built a payout tree ended before it was done. */
export class PayoutThreadError extends TallyError {
  override readonly code = 'PAYOUT_THREAD_FAILED'
  constructor(facts: { reason: string }, cause?: unknown) {
    super(`A thread of the payout tree failed: ${facts.reason}.`, {
      facts,
      cause,
      retriable: true,
      hint: 'Nothing was changed. If memory ran out, use fewer threads.',
    })
  }
}

/** The file of a payout tree is not the one that was asked for, or not whole. */
export class StoredPayoutTreeError extends TallyError {
  override readonly code = 'PAYOUT_TREE_FILE'
  constructor(facts: { problem: string }, cause?: unknown) {
    super(`The file of a payout tree cannot be used: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'It holds nothing that the accounts do not say: remove it, and it is made again.',
    })
  }
}

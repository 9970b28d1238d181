import { TallyError } from '../../schemas/errors.ts'

/** The RPC endpoint answered with something that no node says: nothing of it is believed. */
export class RpcMalformedError extends TallyError {
  override readonly code = 'RPC_MALFORMED'
  constructor(facts: { endpoint: string; method: string; detail: string }) {
    super(`The chain at ${facts.endpoint} answered ${facts.method} with nonsense: ${facts.detail}.`, {
      facts,
      retriable: true,
      hint: 'Nothing of it was believed. Check what stands behind the RPC URL, then do the same again.',
    })
  }
}

/** Two RPC endpoints say different things about what is final. */
export class RpcDisagreementError extends TallyError {
  override readonly code = 'RPC_DISAGREEMENT'
  constructor(facts: { what: string; endpoint: string; answer: string; checkEndpoint: string; checkAnswer: string }) {
    super(
      `Two nodes disagree on ${facts.what}: ${facts.endpoint} says ${facts.answer}, ${facts.checkEndpoint} says ${facts.checkAnswer}.`,
      {
        facts,
        hint: 'One of them lies or is on a fork. Nothing was believed. Find out which by a third one, and replace it.',
      },
    )
  }
}

/** The account cannot pay for the transaction. */
export class WalletShortError extends TallyError {
  override readonly code = 'WALLET_SHORT'
  constructor(facts: { address: string; balance_wei: bigint; needed_wei: bigint; missing_wei: bigint }) {
    super(
      `${facts.address} has ${facts.balance_wei} wei and needs ${facts.needed_wei} for this transaction: ${facts.missing_wei} are missing.`,
      {
        facts,
        retriable: true,
        hint: 'Send it what is missing, then do the same again: it continues where it stopped.',
      },
    )
  }
}

/** What the market asks for is more than the chain table allows to pay. */
export class FeeCeilingError extends TallyError {
  override readonly code = 'FEE_CEILING'
  constructor(facts: { chainId: number; needed_wei: bigint; ceiling_wei: bigint }) {
    super(
      `Chain ${facts.chainId} asks ${facts.needed_wei} wei for a unit of gas; the chain table allows ${facts.ceiling_wei}.`,
      {
        facts,
        retriable: true,
        hint: 'Wait until fees fall, then do the same again; or raise the ceiling of the chain in anchor/chain/chain-table.ts.',
      },
    )
  }
}

/** Too many nonces before ours are used by nobody. */
export class NonceGapError extends TallyError {
  override readonly code = 'NONCE_GAP'
  constructor(facts: { from: string; next: number; nonce: number; fillable: number }) {
    super(
      `Nonce ${facts.nonce} of ${facts.from} cannot be reached: the next one on the chain is ${facts.next}, and more than ${facts.fillable} in between are used by nobody.`,
      {
        facts,
        hint: 'Either something else signs very much with this key, or the node names a false count. Ask another node.',
      },
    )
  }
}

/** The node knows fewer blocks than one that was final already. */
export class ChainBehindError extends TallyError {
  override readonly code = 'CHAIN_BEHIND'
  constructor(facts: { endpoint: string; finalBlock: bigint; finalHash: string }) {
    super(`The chain at ${facts.endpoint} does not have block ${facts.finalBlock} yet, which was final before.`, {
      facts,
      retriable: true,
      hint: 'The node is behind: wait until it has caught up, then do the same again. Nothing was signed.',
    })
  }
}

const ASK_OPERATOR =
  'Nothing is signed or believed on this chain any more. docs/operations/anchoring.md says how to find out what happened; `tally anchor resume` goes on.'

/** What was taken as final changed: a reorganisation past finality, or another chain behind the same URL. */
export class FinalityBrokenError extends TallyError {
  override readonly code = 'FINALITY_BROKEN'
  constructor(facts: { chainId: number; what: string; remembered: string; found: string }) {
    super(
      `On chain ${facts.chainId}, ${facts.what} was final as ${facts.remembered}, and now is ${facts.found}: sending stops.`,
      { facts, hint: ASK_OPERATOR },
    )
  }
}

/** An earlier act found that finality was broken, and nobody cleared it. */
export class ChainHaltedError extends TallyError {
  override readonly code = 'CHAIN_HALTED'
  constructor(facts: { chainId: number; what: string; remembered: string; found: string }) {
    super(
      `Chain ${facts.chainId} is halted since ${facts.what} changed after it was final: from ${facts.remembered} to ${facts.found}.`,
      { facts, hint: ASK_OPERATOR },
    )
  }
}

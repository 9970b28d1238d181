import { TallyError } from '../../schemas/errors.ts'

/** No entry for a chain in the chain table: without its finality and minimum delay nothing starts. */
export class UnknownChainError extends TallyError {
  override readonly code = 'UNKNOWN_CHAIN'
  constructor(facts: { chainId: number; known: string }) {
    super(`Chain ${facts.chainId} has no entry in the chain table.`, {
      facts,
      hint: `Use one of the chains ${facts.known}, or add an entry with its finality tag and minimum delay.`,
    })
  }
}

/** The RPC endpoint does not answer, or answers with an HTTP error. `endpoint` is scheme and host only: paths carry keys. */
export class RpcUnreachableError extends TallyError {
  override readonly code = 'RPC_UNREACHABLE'
  constructor(facts: { endpoint: string; detail: string }) {
    super(`The chain at ${facts.endpoint} cannot be reached: ${facts.detail}.`, {
      facts,
      retriable: true,
      hint: 'Check that the node runs and the RPC URL is right, then do the same again: it continues where it stopped.',
    })
  }
}

/** The RPC endpoint answered a request with an error. */
export class RpcRefusedError extends TallyError {
  override readonly code = 'RPC_REFUSED'
  constructor(facts: { endpoint: string; detail: string }) {
    super(`The chain at ${facts.endpoint} refused a request: ${facts.detail}.`, { facts })
  }
}

/** The RPC endpoint serves another chain than the configuration names. */
export class ChainIdMismatchError extends TallyError {
  override readonly code = 'CHAIN_ID_MISMATCH'
  constructor(facts: { endpoint: string; expected: number; found: number }) {
    super(`The chain at ${facts.endpoint} has id ${facts.found}, expected ${facts.expected}.`, {
      facts,
      hint: 'Set the RPC URL and the chain id of the same chain. Nothing was sent.',
    })
  }
}

/** There is no distributor at the address, or none of this version. */
export class NoDistributorError extends TallyError {
  override readonly code = 'NO_DISTRIBUTOR'
  constructor(facts: { distributor: string; chainId: number }) {
    super(`No TallyDistributor answers at ${facts.distributor} on chain ${facts.chainId}.`, {
      facts,
      hint: 'Check the address; on a local chain, deploy again when its state was removed.',
    })
  }
}

/** Only the local development chain may be used for this. */
export class NotLocalChainError extends TallyError {
  override readonly code = 'NOT_LOCAL_CHAIN'
  constructor(facts: { chainId: number }) {
    super(`Chain ${facts.chainId} is not the local development chain.`, {
      facts,
      hint: 'On a public chain deploy the distributor with a timelock as its admin, and use a real token.',
    })
  }
}

/** The local chain's process did not start. */
export class LocalChainStartError extends TallyError {
  override readonly code = 'LOCAL_CHAIN_START'
  constructor(facts: { detail: string }, hint = 'See the detail; a port in use or a damaged state file are common.') {
    super(`The local chain did not start: ${facts.detail}`, { facts, hint })
  }
}

/** The local chain's state could not be written. */
export class LocalChainSaveError extends TallyError {
  override readonly code = 'LOCAL_CHAIN_SAVE'
  constructor(facts: { stateFile: string; detail: string }) {
    super(`The local chain's state was not saved to ${facts.stateFile}: ${facts.detail}`, {
      facts,
      retriable: true,
      hint: 'Check that the chain still runs and that its folder is writable. The file keeps the state saved before.',
    })
  }
}

/** A stored intent stands for another transaction than the one asked for now. */
export class IntentMismatchError extends TallyError {
  override readonly code = 'INTENT_MISMATCH'
  constructor(facts: { intent: string; field: string; stored: string; given: string }) {
    super(`Intent ${facts.intent} was stored with another ${facts.field}.`, {
      facts,
      hint: 'One intent is one transaction. Use another intent for another transaction.',
    })
  }
}

/** The transaction would fail now; nothing was signed. */
export class SimulationFailedError extends TallyError {
  override readonly code = 'SIMULATION_FAILED'
  constructor(facts: { intent: string; reason: string }) {
    super(`The transaction for ${facts.intent} would fail: ${facts.reason}.`, {
      facts,
      hint: 'Nothing was signed or sent. Remove the reason and do the same again.',
    })
  }
}

/** The transaction is final on the chain, and failed. */
export class TransactionRevertedError extends TallyError {
  override readonly code = 'TRANSACTION_REVERTED'
  constructor(facts: { intent: string; hash: string; blockNumber: bigint }) {
    super(`Transaction ${facts.hash} for ${facts.intent} failed in block ${facts.blockNumber}.`, {
      facts,
      hint: 'It changed nothing and this is final. Find out why; doing the same again then sends another one.',
    })
  }
}

/** Another transaction of the same account used the nonce, so this one can never be included. */
export class NonceTakenError extends TallyError {
  override readonly code = 'NONCE_TAKEN'
  constructor(facts: { intent: string; hash: string; from: string; nonce: number }) {
    super(`Nonce ${facts.nonce} of ${facts.from} was used by another transaction than ${facts.hash}.`, {
      facts,
      hint: 'Something else signs with this key. Look the hash up elsewhere; what can be done once only may then be done again.',
    })
  }
}

/** The transaction is sent but not yet covered by finality. */
export class NotFinalYetError extends TallyError {
  override readonly code = 'NOT_FINAL_YET'
  constructor(facts: { intent: string; hash?: string; waited_ms: number; detail: string }) {
    super(`${facts.intent} is not final after ${facts.waited_ms} ms: ${facts.detail}.`, {
      facts,
      retriable: true,
      hint: 'Do the same again: it continues to wait and sends nothing new.',
    })
  }
}

/** The epoch is on the chain with other content. */
export class ProposalDiffersError extends TallyError {
  override readonly code = 'PROPOSAL_DIFFERS'
  constructor(facts: { epoch: bigint; state: string; field: string; onChain: string; given: string }) {
    super(
      `Epoch ${facts.epoch} is ${facts.state} with another ${facts.field}: ${facts.onChain} on chain, ${facts.given} here.`,
      { facts, hint: 'Somebody proposed something else, or the bundle changed since. Audit both before going on.' },
    )
  }
}

/** The guardian vetoed this attempt. */
export class EpochVetoedError extends TallyError {
  override readonly code = 'EPOCH_VETOED'
  constructor(facts: { epoch: bigint; attempt: number }) {
    super(`Attempt ${facts.attempt} at epoch ${facts.epoch} was vetoed.`, {
      facts,
      hint: 'Ask the guardian why. What it found goes into the next attempt at the same epoch.',
    })
  }
}

/** The distributor's delay is shorter than the chain table allows. */
export class DelayTooShortError extends TallyError {
  override readonly code = 'DELAY_TOO_SHORT'
  constructor(facts: { chainId: number; delay_s: number; minimumDelay_s: number }) {
    super(`A delay of ${facts.delay_s} s is below chain ${facts.chainId}'s minimum of ${facts.minimumDelay_s} s.`, {
      facts,
      hint: 'Let ADMIN set a longer delay, or deploy a distributor with a longer one.',
    })
  }
}

/** Proposals at the distributor need fewer attestations than the chain table asks for. */
export class ThresholdTooLowError extends TallyError {
  override readonly code = 'THRESHOLD_TOO_LOW'
  constructor(facts: { chainId: number; threshold: number; minimumThreshold: number }) {
    super(
      `Proposals need ${facts.threshold} attestations; chain ${facts.chainId} asks for at least ${facts.minimumThreshold}.`,
      {
        facts,
        hint: 'Let ADMIN set attesters and a threshold. Without them one stolen key can propose what it likes.',
      },
    )
  }
}

/** The epoch is not on the chain. */
export class EpochNotProposedError extends TallyError {
  override readonly code = 'EPOCH_NOT_PROPOSED'
  constructor(facts: { epoch: bigint }) {
    super(`Epoch ${facts.epoch} is not proposed.`, { facts, hint: 'Propose it first.' })
  }
}

/** The epoch cannot be claimed against yet. */
export class EpochNotFinalizedError extends TallyError {
  override readonly code = 'EPOCH_NOT_FINALIZED'
  constructor(facts: { epoch: bigint; state: string }) {
    super(`Epoch ${facts.epoch} is not finalized (${facts.state}).`, { facts, hint: 'Finalize it first.' })
  }
}

/** Deposits do not cover the epoch's total of the token, so nobody can claim that token. */
export class TokenUnderfundedError extends TallyError {
  override readonly code = 'TOKEN_UNDERFUNDED'
  constructor(facts: { epoch: bigint; token: string; total_atoms: bigint; deposited_atoms: bigint }) {
    super(
      `Epoch ${facts.epoch} owes ${facts.total_atoms} of token ${facts.token}, but only ${facts.deposited_atoms} was deposited.`,
      { facts, retriable: true, hint: 'Claims of this token open once the difference is deposited.' },
    )
  }
}

/** A block above the one that the finality tag names was asked for. */
export class BeyondFinalityError extends TallyError {
  override readonly code = 'BEYOND_FINALITY'
  constructor(facts: { asked: bigint; final: bigint }) {
    super(`Block ${facts.asked} is not final; the newest final block is ${facts.final}.`, { facts, retriable: true })
  }
}

/** A transaction store was asked to go back, or to use a nonce twice. */
export class TransactionStoreError extends TallyError {
  override readonly code = 'TRANSACTION_STORE'
  constructor(facts: { intent: string; detail: string }) {
    super(`The transaction of ${facts.intent} cannot be stored: ${facts.detail}.`, { facts })
  }
}

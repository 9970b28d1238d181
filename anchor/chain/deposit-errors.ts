import { TallyError } from '../../schemas/errors.ts'

/** A node answered with logs that were not asked for, or that no chain can have. */
export class LogsInvalidError extends TallyError {
  override readonly code = 'RPC_LOGS_INVALID'
  constructor(facts: { endpoint: string; detail: string }) {
    super(`${facts.endpoint} gave logs that cannot be: ${facts.detail}.`, {
      facts,
      hint: 'Nothing was recorded. The node is confused or lies: ask another one (RPC_URL), then run it again.',
    })
  }
}

/** The chain changed while its logs were read. */
export class ChainMovedError extends TallyError {
  override readonly code = 'CHAIN_MOVED'
  constructor(facts: { block: bigint; before: string; now: string }) {
    super(`Block ${facts.block} was ${facts.before} and is ${facts.now}: the chain changed while it was read.`, {
      facts,
      retriable: true,
      hint: 'Nothing was recorded. Run it again; when it stays, the nodes behind the endpoint do not agree.',
    })
  }
}

/** A block that was final is no more: what was recorded from it may not exist. */
export class RecordedBlockGoneError extends TallyError {
  override readonly code = 'RECORDED_BLOCK_GONE'
  constructor(facts: { block: bigint; recorded: string; found: string }) {
    super(
      `Block ${facts.block} was final as ${facts.recorded} and is now ${facts.found}: the chain went back behind what was final.`,
      {
        facts,
        hint: 'Stop paying. Deposits up to that block were recorded and may be gone: see docs/operations/watching.md#finality-broken.',
      },
    )
  }
}

/** Logs and state of the contract disagree. */
export class DepositsIncompleteError extends TallyError {
  override readonly code = 'DEPOSITS_INCOMPLETE'
  constructor(facts: { token: string; block: bigint; inLogs: bigint; inContract: bigint }) {
    super(
      `At block ${facts.block} the contract was given ${facts.inContract} of ${facts.token}, and the logs show ${facts.inLogs}.`,
      {
        facts,
        retriable: true,
        hint: 'Nothing was recorded. A node whose logs lag behind catches up; else ask another one, or found the ledger with the block of the contract’s creation (--from-block).',
      },
    )
  }
}

import { TallyError } from '../../schemas/errors.ts'

export class NothingSettledError extends TallyError {
  override readonly code = 'NOTHING_SETTLED'
  constructor() {
    super('No epoch is settled yet, so there is nothing to ask.', {
      hint: '`tally run` settles what can be; `tally epoch status` says what an epoch waits for.',
    })
  }
}

export class SnapshotInvalidError extends TallyError {
  override readonly code = 'SNAPSHOT_INVALID'
  constructor(facts: { path: string }, cause?: unknown) {
    super(`${facts.path} is no listing of tables that this version wrote.`, {
      facts,
      cause,
      hint: 'Remove the folder: it is written anew from the warehouse.',
    })
  }
}

/** The query itself is wrong, or asks for what is not allowed. */
export class QueryRefusedError extends TallyError {
  override readonly code = 'QUERY_REFUSED'
  constructor(facts: { reason: string }) {
    super(facts.reason, {
      facts,
      hint: 'One SELECT over the tables and views of docs/analytics.md; `SHOW TABLES` lists them, `DESCRIBE lines` says what one has.',
    })
  }
}

/** It took more than it may: time, memory, or space for the answer. */
export class QueryStoppedError extends TallyError {
  override readonly code = 'QUERY_STOPPED'
  constructor(facts: { reason: string }) {
    super(`The query was stopped: ${facts.reason}.`, {
      facts,
      hint: 'Ask for fewer epochs or a sum, or allow more with --timeout, --memory and --rows.',
    })
  }
}

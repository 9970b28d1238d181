import { TallyError } from '../../schemas/errors.ts'

const AGAIN = 'Run this again: every step goes on where it was, and nothing is done twice.'

/** What the process at the other end of the socket said, as it said it. */
export class AnsweredError extends TallyError {
  override readonly code: string
  constructor(error: {
    readonly code: string
    readonly message: string
    readonly facts: TallyError['facts']
    readonly hint: string | null
    readonly retriable: boolean
  }) {
    super(error.message, {
      facts: error.facts,
      retriable: error.retriable,
      ...(error.hint === null ? {} : { hint: error.hint }),
    })
    this.code = error.code
  }
}

export class IngestLostError extends TallyError {
  override readonly code = 'INGEST_LOST'
  constructor(facts: { path: string; pid: number | null }, cause?: unknown) {
    const what =
      facts.pid === null
        ? 'The running ingest gave no answer: it has ended, or too many ask it at once.'
        : `The running ingest, process ${facts.pid}, ended before this was done.`
    super(what, { facts, cause, retriable: true, hint: AGAIN })
  }
}

export class IngestStoppingError extends TallyError {
  override readonly code = 'INGEST_STOPPING'
  constructor() {
    super('The running ingest is ending.', { retriable: true, hint: AGAIN })
  }
}

export class IngestBusyError extends TallyError {
  override readonly code = 'INGEST_BUSY'
  constructor(facts: { waiting: number }) {
    super(`The running ingest has ${facts.waiting} commands waiting already.`, {
      facts,
      retriable: true,
      hint: 'Run this again later; nothing was changed.',
    })
  }
}

export class NotThroughIngestError extends TallyError {
  override readonly code = 'USAGE'
  constructor(facts: { verb: string }) {
    super(`tally ${facts.verb} does not run in the process of the running ingest.`, {
      facts,
      hint: 'Run it by itself.',
    })
  }
}

export class RequestError extends TallyError {
  override readonly code = 'USAGE'
  constructor(detail: string) {
    super(`The running ingest cannot read this request: ${detail}`, {
      hint: 'Use the same version of tally for both, or stop the running one.',
    })
  }
}

export class SettingsDifferError extends TallyError {
  override readonly code = 'SETTINGS_DIFFER'
  constructor(facts: { settings: string }) {
    super(`The running ingest was started with other settings: ${facts.settings}.`, {
      facts,
      hint: 'Through it its own settings count: leave these out, or stop it and run this again.',
    })
  }
}

export class SocketForeignError extends TallyError {
  override readonly code = 'SOCKET_FOREIGN'
  constructor(facts: { path: string; owner: number; user: number }) {
    super(`${facts.path} belongs to user ${facts.owner}, this is user ${facts.user}.`, {
      facts,
      hint: 'Run tally as the user that runs the ingest.',
    })
  }
}

export class CatchUpStalledError extends TallyError {
  override readonly code = 'CATCH_UP_STALLED'
  constructor(facts: { topic: string; partition: number; stored: bigint; wanted: bigint; waited_s: number }) {
    super(
      `The running ingest does not get on: ${facts.topic}/${facts.partition} is stored up to ${facts.stored} of ${facts.wanted}, since ${facts.waited_s} s.`,
      {
        facts,
        retriable: true,
        hint: 'Look at its log and at the broker: another member of its group may have the partition.',
      },
    )
  }
}

import { TallyError } from '../../schemas/errors.ts'

export class WarehouseLockedError extends TallyError {
  override readonly code = 'WAREHOUSE_LOCKED'
  constructor(facts: { path: string; pid: number; verb: string; since: string }) {
    super(`${facts.path} is in use by process ${facts.pid} (${facts.verb}), which opened it at ${facts.since}.`, {
      facts,
      retriable: true,
      hint: 'A warehouse has one writer at a time. Wait for that process or stop it, then run this again; nothing was changed.',
    })
  }
}

export class WarehouseClosedError extends TallyError {
  override readonly code = 'WAREHOUSE_CLOSED'
  constructor(facts: { path: string }) {
    super(`${facts.path} was closed while it was in use.`, {
      facts,
      retriable: true,
      hint: 'The process that had it open is ending. Run this again; what was not finished was rolled back.',
    })
  }
}

export class WarehouseVersionError extends TallyError {
  override readonly code = 'WAREHOUSE_VERSION'
  constructor(facts: { path: string; found: number; known: number }) {
    super(`${facts.path} was written by a newer Tallystick (schema ${facts.found}, this one knows ${facts.known}).`, {
      facts,
      hint: 'Install the newer version; nothing was changed.',
    })
  }
}

export class OffsetMismatchError extends TallyError {
  override readonly code = 'OFFSET_MISMATCH'
  constructor(facts: { topic: string; partition: number; expected: bigint; found: bigint }) {
    super(
      `Partition ${facts.topic}/${facts.partition} moved: expected next offset ${facts.expected}, found ${facts.found}.`,
      {
        facts,
        hint: 'Another process is writing this warehouse. Stop one of them; nothing was written by this one.',
      },
    )
  }
}

export class CommitDoubtfulError extends TallyError {
  override readonly code = 'COMMIT_DOUBTFUL'
  constructor(facts: { path: string }, cause: unknown) {
    super(`A COMMIT to ${facts.path} failed; whether it was written is known only when the file is opened again.`, {
      facts,
      cause,
      retriable: true,
      hint: 'Look at the disk (full, read-only, failing), then start again: it goes on behind what was written.',
    })
  }
}

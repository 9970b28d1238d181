import { TallyError } from '../../../schemas/errors.ts'

/** A checkpoint was to be signed that contradicts one that was signed before. */
export class CheckpointInconsistentError extends TallyError {
  override readonly code = 'CHECKPOINT_INCONSISTENT'
  constructor(facts: { origin: string; signedSize: number; signedRoot: string; size: number; root: string }) {
    super(
      `The log had ${facts.signedSize} leaves and the root ${facts.signedRoot} when it was last signed; the tree of ${facts.size} leaves with the root ${facts.root} does not extend that.`,
      {
        facts,
        hint: 'Nothing was signed. The ledger was rewritten: if the warehouse comes from a backup, restore the log of records that belongs to it, and close again.',
      },
    )
  }
}

/** A file of the log that a signed checkpoint covers is not what the warehouse makes of it. */
export class LogFileConflictError extends TallyError {
  override readonly code = 'LOG_FILE_CONFLICT'
  constructor(facts: { path: string; signedSize: number }) {
    super(`${facts.path} belongs to the ${facts.signedSize} leaves that were signed, and the warehouse has others.`, {
      facts,
      hint: 'It was not replaced. When the file was damaged, remove it and run `tally log tiles`; else the warehouse is not the one that was signed.',
    })
  }
}

/** The folder of the log's key lacks a part, or its parts do not belong together. */
export class LogKeyError extends TallyError {
  override readonly code = 'LOG_KEY'
  constructor(facts: { path: string; problem: string }, cause?: unknown) {
    super(`The log's key in ${facts.path} cannot be used: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'Restore the whole folder: a key without its memory of what it signed could sign a second history.',
    })
  }
}

/** What lies where the operator's word on the log's key should be is something else. */
export class LogKeyEndorsementError extends TallyError {
  override readonly code = 'LOG_KEY_ENDORSEMENT'
  constructor(facts: { path: string; problem: string }, cause?: unknown) {
    super(`${facts.path} does not endorse the log's key: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'Restore the folder of the key with the file that belongs to it; another endorsement of the same number would contradict the first.',
    })
  }
}

/** The checkpoint that is served was signed by another key. */
export class LogKeyChangedError extends TallyError {
  override readonly code = 'LOG_KEY_CHANGED'
  constructor(facts: { path: string; key: string }, cause: unknown) {
    super(`${facts.path} is not signed by the log's key ${facts.key}.`, {
      facts,
      cause,
      hint: 'Restore the folder of the key that signed it. When that key is lost, tell everybody, remove the file and run again: the log goes on under the new key.',
    })
  }
}

/** Another process signs with this key. */
export class LogKeyBusyError extends TallyError {
  override readonly code = 'LOG_KEY_BUSY'
  constructor(facts: { path: string }, cause: unknown) {
    super(`Another process signs with the key in ${facts.path}.`, {
      facts,
      cause,
      retriable: true,
      hint: 'Wait for it, then run this again; nothing was signed.',
    })
  }
}

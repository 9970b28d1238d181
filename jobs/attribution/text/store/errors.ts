import { TallyError } from '../../../../schemas/errors.ts'

export class SealedShardError extends TallyError {
  override readonly code = 'TEXT_SHARD_DAMAGED'
  constructor(problem: string, facts: { file: string }, cause?: unknown) {
    super(`${facts.file}: ${problem}.`, {
      facts,
      hint: 'Remove the folder of the text store and build it again from the accepted texts: nothing else is in it.',
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

export class UnknownDocumentError extends TallyError {
  override readonly code = 'TEXT_UNKNOWN_DOCUMENT'
  constructor(facts: { document: number }) {
    super(`The text store has no document ${facts.document}.`, { facts })
  }
}

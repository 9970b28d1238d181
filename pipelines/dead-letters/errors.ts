import { TallyError } from '../../schemas/errors.ts'

export class LetterUnknownError extends TallyError {
  override readonly code = 'LETTER_UNKNOWN'
  constructor(facts: { letter: string }) {
    super(`There is no dead letter ${facts.letter}.`, { facts, hint: '`tally dlq list` shows those that there are.' })
  }
}

export class LetterErasedError extends TallyError {
  override readonly code = 'LETTER_ERASED'
  constructor(facts: { letter: string }) {
    super(`The record of dead letter ${facts.letter} was erased: there is nothing to send again.`, {
      facts,
      hint: 'docs/operations/erasure.md says what is left of an erased record.',
    })
  }
}

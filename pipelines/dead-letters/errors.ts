import { TallyError } from '../../schemas/errors.ts'

export class LetterUnknownError extends TallyError {
  override readonly code = 'LETTER_UNKNOWN'
  constructor(facts: { letter: string }) {
    super(`There is no dead letter ${facts.letter}.`, { facts, hint: '`tally dlq list` shows those that there are.' })
  }
}

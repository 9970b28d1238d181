import { TallyError } from '../../schemas/errors.ts'

/** An account has more settlement lines than one tree may hold. */
export class TooManyLinesError extends TallyError {
  override readonly code = 'TOO_MANY_LINES'
  constructor(facts: { found: number; max: number }) {
    super(`A tree of settlement lines holds at most ${facts.max} lines, found ${facts.found}.`, {
      facts,
      hint: 'Lines are sums by cause, not single uses: group them more coarsely.',
    })
  }
}

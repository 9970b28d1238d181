import { TallyError } from '../errors.ts'

export class TextTooLongError extends TallyError {
  override readonly code = 'TEXT_TOO_LONG'
  constructor(facts: { what: string; found: number; limit: number; unit: string }) {
    super(`${facts.what} has ${facts.found} ${facts.unit}; at most ${facts.limit} are taken.`, {
      facts,
      hint: 'Cut it into parts: longer works are contributed, and longer outputs scored, part by part.',
    })
  }
}

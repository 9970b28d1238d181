import { TallyError } from '../../schemas/errors.ts'

export class WidthError extends TallyError {
  override readonly code = 'WIDTH_EXCEEDED'
  constructor(facts: { what: string; items: number }) {
    super(`${facts.what} of ${facts.items} items could exceed the width in which it is exact.`, {
      facts,
      hint: 'This is a fault of Tallystick: larger periods should have been held. Nothing was changed.',
    })
  }
}

export class UnknownMethodError extends TallyError {
  override readonly code = 'UNKNOWN_METHOD'
  constructor(facts: { method: string; known: string }) {
    super(`The policy asks for method ${facts.method}, which this version does not have.`, {
      facts,
      hint: `Known: ${facts.known}.`,
    })
  }
}

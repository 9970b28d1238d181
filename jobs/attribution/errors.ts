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
    super(`This version has no method ${facts.method}.`, {
      facts,
      hint: `Known: ${facts.known}.`,
    })
  }
}

export class PeriodTooLargeError extends TallyError {
  override readonly code = 'PERIOD_TOO_LARGE'
  constructor(facts: { events: number; accounts: number; limit: number }) {
    super(`${facts.events} paid uses of ${facts.accounts} accounts are too many for a method that scores every pair.`, {
      facts,
      hint: 'influence/factored@2 takes time for their sum, not their product. Or take fewer events.',
    })
  }
}

export class FeatureKindError extends TallyError {
  override readonly code = 'FEATURE_KIND'
  constructor(facts: { method: string; kind: string; kinds: string }) {
    super(`${facts.method} takes ${facts.kinds} features, and these are ${facts.kind}.`, { facts })
  }
}

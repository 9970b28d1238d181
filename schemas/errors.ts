/** Facts a person can act on; printed with the message and kept for machines. Never secrets. */
export type ErrorFacts = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>

export interface TallyErrorOptions {
  facts?: ErrorFacts
  /** True when doing the same thing again may succeed without any change. */
  retriable?: boolean
  /** One sentence that says what to do. */
  hint?: string
  cause?: unknown
}

/** Base of every error that Tallystick raises on purpose. Callers switch on `code`, never on the text. */
export abstract class TallyError extends Error {
  abstract readonly code: string
  readonly facts: ErrorFacts
  readonly retriable: boolean
  readonly hint: string | undefined

  constructor(message: string, options: TallyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.facts = options.facts ?? {}
    this.retriable = options.retriable ?? false
    this.hint = options.hint
  }
}

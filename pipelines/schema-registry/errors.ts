import { TallyError } from '../../schemas/errors.ts'

/** Nobody answered, or only that it cannot now. Says nothing about any schema: whoever waits for one goes on waiting. */
export class RegistryUnavailableError extends TallyError {
  override readonly code = 'REGISTRY_UNAVAILABLE'
  constructor(facts: { url: string; attempts: number; why: string }, cause?: unknown) {
    super(`The schema registry at ${facts.url} does not answer: ${facts.why}.`, {
      facts,
      cause,
      retriable: true,
      hint: 'Check that it runs and can be reached from here, then run this again; nothing was lost.',
    })
  }
}

/** The registry answered, and has no such thing. */
export class SchemaNotFoundError extends TallyError {
  override readonly code = 'SCHEMA_NOT_FOUND'
  /** @param facts.error Confluent's: 40401 no such subject, 40402 no such version, 40403 no such schema */
  constructor(facts: { url: string; what: string; error: number }) {
    super(`The schema registry at ${facts.url} has no ${facts.what}.`, {
      facts,
      hint: 'The producer may write with another registry, or with an id of its own.',
    })
  }
}

/** It wants other credentials. */
export class RegistryRefusedError extends TallyError {
  override readonly code = 'REGISTRY_REFUSED'
  constructor(facts: { url: string; status: number }) {
    super(`The schema registry at ${facts.url} refuses these credentials (HTTP ${facts.status}).`, {
      facts,
      hint: 'Set SCHEMA_REGISTRY_AUTH to user:password, or to Bearer and a token.',
    })
  }
}

/** An answer that no schema registry gives: another server, a proxy's page, a redirect, a body without end. */
export class RegistryAnswerError extends TallyError {
  override readonly code = 'REGISTRY_ANSWER'
  constructor(facts: { url: string; status: number; why: string }, cause?: unknown) {
    super(`What answers at ${facts.url} is not understood as a schema registry: ${facts.why}.`, {
      facts,
      cause,
      hint: 'Check SCHEMA_REGISTRY_URL.',
    })
  }
}

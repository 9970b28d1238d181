import { TallyError } from '../schemas/errors.ts'

export class GroupSharedError extends TallyError {
  override readonly code = 'GROUP_SHARED'
  constructor(facts: { groupId: string; partitions: string }) {
    super(`Another member of consumer group ${facts.groupId} reads ${facts.partitions}.`, {
      facts,
      retriable: true,
      hint: 'Stop the other process of this group, or wait until its session has ended.',
    })
  }
}

export class ProducerTimeError extends TallyError {
  override readonly code = 'PRODUCER_TIME'
  constructor(facts: { topic: string; partition: number; offset: bigint }) {
    super(`Record ${facts.topic}/${facts.partition}@${facts.offset} carries its producer's time, not the broker's.`, {
      facts,
      hint: 'Create topics with message.timestamp.type=LogAppendTime; a time that a producer chose is never used.',
    })
  }
}

interface UnreadableBatch {
  /** Of the first record, where the batch's header could be found. */
  readonly offset: bigint | undefined
  readonly codec: string
  readonly problem: string
}

/** A compressed batch that is not what its codec makes, or that becomes too large. */
export class UnreadableBatchError extends TallyError {
  override readonly code = 'BATCH_UNREADABLE'
  readonly batch: UnreadableBatch
  constructor(facts: UnreadableBatch & { readonly topic?: string; readonly partition?: number }) {
    const place = facts.topic === undefined ? '' : ` of ${facts.topic}/${facts.partition}`
    super(`The ${facts.codec} batch${place} at offset ${facts.offset ?? 'unknown'} cannot be read: ${facts.problem}.`, {
      facts: { ...facts },
      hint: 'Nothing was skipped. To go on without the batch delete the records up to its end and accept the gap.',
    })
    this.batch = { offset: facts.offset, codec: facts.codec, problem: facts.problem }
  }
}

export class BatchTooSlowError extends TallyError {
  override readonly code = 'BATCH_TOO_SLOW'
  constructor(facts: { topic: string; partition: number; nextOffset: bigint; limit_s: number }) {
    super(`Storing records of ${facts.topic}/${facts.partition} took longer than ${facts.limit_s} s.`, {
      facts,
      retriable: true,
      hint: 'The partition was given back to the group meanwhile. See what holds up the disk or the warehouse, then start again.',
    })
  }
}

export class SourceLoginError extends TallyError {
  override readonly code = 'SOURCE_LOGIN'
  constructor(facts: { source: string }, cause: unknown) {
    super(`The broker at ${facts.source} refused the user name or password.`, {
      facts,
      cause,
      hint: 'Check kafkaSasl (KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD) and that the broker has this mechanism enabled.',
    })
  }
}

export class SourceUntrustedError extends TallyError {
  override readonly code = 'SOURCE_UNTRUSTED'
  constructor(facts: { source: string; problem: string }, cause: unknown) {
    super(`The certificate of the broker at ${facts.source} is not trusted: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'Name the certificate of its authority in kafkaSsl.ca (KAFKA_SSL_CA), and use the host name that the certificate is for.',
    })
  }
}

import { TallyError } from '../../schemas/errors.ts'

export class SegmentTopicError extends TallyError {
  override readonly code = 'SEGMENT_TOPIC'
  constructor(facts: { topic: string }) {
    super(`${JSON.stringify(facts.topic)} is no topic of Kafka, so nothing of it is sealed or read.`, {
      facts,
      hint: 'A topic has 1 to 249 letters, digits, dots, underscores and hyphens, and is neither "." nor "..".',
    })
  }
}

export class SegmentFolderError extends TallyError {
  override readonly code = 'SEGMENT_FOLDER'
  constructor(facts: { path: string; problem: string }, cause?: unknown) {
    super(`${facts.path} does not belong among the segments: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'Only sealers may write there; move it away. Names that begin with a dot are left alone.',
    })
  }
}

export class SegmentDamagedError extends TallyError {
  override readonly code = 'SEGMENT_DAMAGED'
  constructor(facts: { path: string; problem: string }, cause?: unknown) {
    super(`Segment ${facts.path} is not what was sealed: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'Nothing of it was read. Put a good copy in its place; or, while the log still has its offsets, move it away and restart the sealers, which seal them again.',
    })
  }
}

export class SegmentConflictError extends TallyError {
  override readonly code = 'SEGMENT_CONFLICT'
  constructor(facts: { topic: string; partition: number; offset: bigint; one: string; other: string }) {
    super(
      `${facts.one} and ${facts.other} tell different things of ${facts.topic}/${facts.partition}@${facts.offset}. Nothing of this partition was read.`,
      {
        facts,
        hint: 'They were not sealed from the same log: a topic was made again, or two clusters write one folder. Compare both with the log and move the wrong one away.',
      },
    )
  }
}

export class SegmentTooLargeError extends TallyError {
  override readonly code = 'SEGMENT_TOO_LARGE'
  constructor(facts: { topic: string; partition: number; offset: bigint; bytes: number; bytesMax: number }) {
    super(
      `A segment from ${facts.topic}/${facts.partition}@${facts.offset} on takes ${facts.bytes} bytes; ${facts.bytesMax} is the most.`,
      {
        facts,
        hint: 'Nothing was sealed. One record is this large: lower max.message.bytes of the topic, and ingest this one from the broker.',
      },
    )
  }
}

export class SealedLogChangedError extends TallyError {
  override readonly code = 'SEALED_LOG_CHANGED'
  constructor(facts: { topic: string; partition: number; offset: bigint; segment: string }) {
    super(
      `The log now holds another record at ${facts.topic}/${facts.partition}@${facts.offset} than ${facts.segment}. Nothing was sealed.`,
      {
        facts,
        hint: 'The topic was made again, or this is another cluster: give each log a segments folder of its own.',
      },
    )
  }
}

import { TallyError } from '../schemas/errors.ts'

export class RecordErasedError extends TallyError {
  override readonly code = 'RECORD_ERASED'
  constructor(facts: { topic: string; partition: number; offset: bigint }) {
    super(
      `The value of ${facts.topic}/${facts.partition}@${facts.offset} was erased from the log, by an order of this ledger.`,
      {
        facts,
        hint: 'No warehouse can be made again from this log. Restore the warehouse from a backup, then run `tally erase`.',
      },
    )
  }
}

export class OffsetOutOfRangeError extends TallyError {
  override readonly code = 'OFFSET_OUT_OF_RANGE'
  constructor(facts: { topic: string; partition: number; position: bigint; startOffset: bigint; endOffset: bigint }) {
    super(
      `Partition ${facts.topic}/${facts.partition} holds offsets ${facts.startOffset} to ${facts.endOffset}, but ${facts.position} is the next one to read.`,
      {
        facts,
        hint: 'Records were deleted before they were read, or the topic was made again. Nothing was skipped; `tally ingest --accept-gap` goes on behind deleted ones and shows the gap in the ledger.',
      },
    )
  }
}

export class TopicMissingError extends TallyError {
  override readonly code = 'TOPIC_MISSING'
  constructor(facts: { topic: string }) {
    super(`Topic ${facts.topic} does not exist.`, {
      facts,
      hint: '`tally topics create` makes it with the settings that it needs.',
    })
  }
}

export class SourceUnavailableError extends TallyError {
  override readonly code = 'SOURCE_UNAVAILABLE'
  constructor(facts: { source: string }, cause: unknown) {
    super(`The log at ${facts.source} cannot be reached.`, {
      facts,
      cause,
      retriable: true,
      hint: 'Check the address and that the broker runs; running the command again goes on where it stopped.',
    })
  }
}

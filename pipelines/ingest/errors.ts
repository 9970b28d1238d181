import { TallyError } from '../../schemas/errors.ts'

export class TopicRecreatedError extends TallyError {
  override readonly code = 'TOPIC_RECREATED'
  constructor(facts: { topic: string; partition: number; offset: bigint; stored: string; found: string }) {
    super(
      `Partition ${facts.topic}/${facts.partition} is not the one that was read: offset ${facts.offset} held ${facts.stored}, now ${facts.found}.`,
      {
        facts,
        hint: 'The topic was deleted and made again, or the broker lost its disk. Nothing was written. Restore the topic with its offsets (a mirror, a backup, `tally log copy`), or begin a new ledger.',
      },
    )
  }
}

export class SecondIngestError extends TallyError {
  override readonly code = 'SECOND_INGEST'
  constructor(facts: { path: string }, cause: unknown) {
    super(`Another ingest writes ${facts.path} at the same moment.`, {
      facts,
      cause,
      hint: 'One of the two is enough; nothing was written by this one. Run it again when the other has ended.',
    })
  }
}

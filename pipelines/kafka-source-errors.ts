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

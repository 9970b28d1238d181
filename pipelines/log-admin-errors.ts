import { TallyError } from '../schemas/errors.ts'

export class NotPermittedError extends TallyError {
  override readonly code = 'NOT_PERMITTED'
  constructor(facts: { doing: string; refused: string }, cause: unknown) {
    super(`The broker does not permit this client ${facts.doing} (${facts.refused}).`, {
      facts,
      cause,
      hint: 'docs/operations/kafka.md#access lists what each role needs.',
    })
  }
}

export class TopicRefusedError extends TallyError {
  override readonly code = 'TOPIC_REFUSED'
  constructor(facts: { topic: string; refused: string }, cause: unknown) {
    super(`The broker refused what topic ${facts.topic} was to become: ${facts.refused}.`, {
      facts,
      cause,
      hint: 'Nothing of this topic was changed. Check --partitions and --replication against the number of brokers.',
    })
  }
}

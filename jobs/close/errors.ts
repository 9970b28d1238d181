import { TallyError } from '../../schemas/errors.ts'

export class CorruptWarehouseError extends TallyError {
  override readonly code = 'CORRUPT_WAREHOUSE'
  constructor(facts: { rid?: bigint; what?: string }) {
    super(
      `The warehouse contradicts itself: ${facts.what ?? `record ${facts.rid} no longer decodes to what ingest saw`}.`,
      {
        facts,
        hint: 'Nothing was changed. Read the log again into a new data directory; the roots will be the same.',
      },
    )
  }
}

export class PolicyMissingError extends TallyError {
  override readonly code = 'POLICY_MISSING'
  constructor() {
    super('The operator has published no policy, so the length of an epoch is not known.', {
      hint: 'Publish a PolicyPublished event signed by the operator, or cut now with --now.',
    })
  }
}

export class PublishedCutError extends TallyError {
  override readonly code = 'PUBLISHED_CUT'
  constructor(facts: { epoch: number; what: string }) {
    super(
      `The cut of epoch ${facts.epoch} that is published on tally.epochs cannot be of this ledger: ${facts.what}.`,
      {
        facts,
        hint: 'Only the pipeline itself may write to tally.epochs. Find out who wrote it; nothing was changed.',
      },
    )
  }
}

export class CutNotPublishedError extends TallyError {
  override readonly code = 'CUT_NOT_PUBLISHED'
  constructor(facts: { epoch: number }) {
    super(`The cut of epoch ${facts.epoch} was appended to tally.epochs, but cannot be read there.`, {
      facts,
      retriable: true,
      hint: 'Check that the topic does not delete records, and that this reader may read it; then run this again.',
    })
  }
}

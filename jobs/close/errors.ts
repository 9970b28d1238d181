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

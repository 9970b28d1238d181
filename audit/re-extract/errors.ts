import { TallyError } from '../../schemas/errors.ts'

/** What is to extract is not what any feature map of a paid period commits to. */
export class ExtractorDiffersError extends TallyError {
  override readonly code = 'EXTRACTOR_DIFFERS'
  constructor(facts: { featureMap: string; differs: string }) {
    super(`The extractor is not the one that feature map ${facts.featureMap} commits to: ${facts.differs}.`, {
      facts,
      hint: 'Give the folder from which the features of this map were extracted. Nothing was compared.',
    })
  }
}

/** Values are computed from records since genesis; without them nothing can be sampled by value. */
export class ReExtractionNeedsRecordsError extends TallyError {
  override readonly code = 'RE_EXTRACTION_NEEDS_RECORDS'
  constructor(facts: { recomputedTo: number; lastEpoch: number }) {
    super(`Epochs were recomputed to ${facts.recomputedTo} of ${facts.lastEpoch}: nothing can be sampled by value.`, {
      facts,
      hint: 'Give the bundles of all epochs since 1 with their restricted part.',
    })
  }
}

/** Nothing to draw with that could not have been known before. */
export class NoRandomnessError extends TallyError {
  override readonly code = 'NO_RANDOMNESS'
  constructor() {
    super('There is no randomness to sample by.', {
      hint: 'Ask a chain (--rpc URL): the block that finalized the epoch is used. Or give 32 bytes that came later than the features.',
    })
  }
}

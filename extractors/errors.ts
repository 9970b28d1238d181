import { TallyError } from '../schemas/errors.ts'

/** Numbers that the mathematics cannot continue from: no data, a rank that is too large, or a training that diverged. */
export class NumericError extends TallyError {
  override readonly code = 'EXTRACTOR_NUMERIC'
  constructor(message: string, facts: Record<string, number>, hint: string) {
    super(message, { facts, hint })
  }
}

/** A sample so strong along one basis vector that its multiplier would not fit sixteen bits. */
export class FeatureOverflowError extends TallyError {
  override readonly code = 'FEATURE_OVERFLOW'
  constructor(facts: { multiplier: number; limit: number; unitExponent: number }) {
    super(
      `The sample is outside the range of this feature map: multiplier ${facts.multiplier} exceeds ${facts.limit}.`,
      {
        facts,
        hint: 'It is far stronger than any sample the map was made from (an image with far more ink, say). Weaken it, or publish a map made with such samples.',
      },
    )
  }
}

/** A folder is not an extractor's, or not of one that is known here. */
export class ArtefactError extends TallyError {
  override readonly code = 'EXTRACTOR_FOLDER'
  constructor(facts: { file: string; reason: string }, cause?: unknown) {
    super(`${facts.file} is not of an extractor's folder: ${facts.reason}.`, {
      facts,
      cause,
      hint: 'docs/features.md says what such a folder holds.',
    })
  }
}

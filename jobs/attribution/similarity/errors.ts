import { TallyError } from '../../../schemas/errors.ts'

export class OutOfOrderError extends TallyError {
  override readonly code = 'SIMILARITY_OUT_OF_ORDER'
  constructor(facts: { item: number; record: bigint; index: number }) {
    super(`Item ${facts.item} has an earlier priority than one that was added before it.`, {
      facts,
      hint: 'Clusters are made in the order of priority. Make them anew from all items in that order.',
    })
  }
}

export class TooManyRepresentativesError extends TallyError {
  override readonly code = 'SIMILARITY_FULL'
  constructor(facts: { measure: string; representativesMax: number }) {
    super(`${facts.measure} holds ${facts.representativesMax} representatives, as many as it may.`, {
      facts,
      hint: 'Raise representativesMax where there is memory for it (docs/similarity.md says how much one takes).',
    })
  }
}

export class ContentShapeError extends TallyError {
  override readonly code = 'SIMILARITY_CONTENT_SHAPE'
  constructor(facts: { measure: string; expected: string; found: string }) {
    super(`${facts.measure} compares ${facts.expected}, and was given ${facts.found}.`, {
      facts,
      hint: 'Range checks refuse such a content before it is compared; nothing was added.',
    })
  }
}

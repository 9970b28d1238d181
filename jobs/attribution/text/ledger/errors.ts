import { TallyError } from '../../../../schemas/errors.ts'

export class TextsErasedError extends TallyError {
  override readonly code = 'TEXTS_ERASED'
  constructor(facts: { textMap: string; epoch: number; from: number }) {
    super(`Uses of epoch ${facts.epoch} cannot be weighed again: texts of ${facts.textMap} were erased since.`, {
      facts,
      hint: `Those of epochs from ${facts.from} on can: the last order that was carried out lies there.`,
    })
  }
}

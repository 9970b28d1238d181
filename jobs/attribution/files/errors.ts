import { TallyError } from '../../../schemas/errors.ts'

export interface FeatureFileFacts {
  readonly file: string
  readonly column?: string
  /** From 1. */
  readonly row?: number
}

/** What is in a file of features cannot be taken; nothing was written. */
export class FeatureFileError extends TallyError {
  override readonly code = 'FEATURE_FILE'
  constructor(problem: string, facts: FeatureFileFacts, options: { hint?: string; cause?: unknown } = {}) {
    const { file, column, row } = facts
    const place = [file, row === undefined ? '' : `row ${row}`, column ?? ''].filter((part) => part !== '').join(', ')
    super(`${place}: ${problem}`, {
      facts: { ...facts },
      hint: options.hint ?? 'docs/features.md lists the columns and their ranges.',
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    })
  }
}

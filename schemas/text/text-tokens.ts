import { createHash } from 'node:crypto'
import { TEXT_TOKEN_BYTES, TEXT_TOKENS_MAX } from '../limits.ts'
import { TextTooLongError } from './errors.ts'
import { folded, signatureOf } from './shingles.ts'
import { tokenise, wordsOf } from './tokenizer.ts'

/** What a record says of a text, in place of its words. */
export interface TextBytes {
  /** 8 bytes a token: the first of SHA-256(salt ‖ UTF-8 of the token). */
  readonly tokens: Uint8Array
  /** Signature of `text/shingles@1`: 128 numbers, big-endian. */
  readonly shingles: Uint8Array
}

/**
 * What ContributionText and InferenceText say of a text (docs/text.md#in-a-ledger). Equal tokens under one salt have equal bytes, so
 * that everything which is counted can be counted again by whoever never reads a word.
 *
 * @param salt of the text map, 16 bytes
 * @throws TextTooLongError above 2^24 UTF-16 units, or 65,536 tokens
 */
export function textBytes(text: string, salt: Uint8Array): TextBytes {
  return { tokens: tokenBytes(text, salt), shingles: shingleBytes(text) }
}

/** The tokens of a text alone. @throws TextTooLongError */
export function tokenBytes(text: string, salt: Uint8Array): Uint8Array {
  const words = wordsOf(tokenise(text))
  if (words.length > TEXT_TOKENS_MAX)
    throw new TextTooLongError({ what: 'A text', found: words.length, limit: TEXT_TOKENS_MAX, unit: 'tokens' })
  const known = new Map<string, Uint8Array>()
  const bytes = new Uint8Array(words.length * TEXT_TOKEN_BYTES)
  for (const [at, word] of words.entries()) {
    const token = known.get(word) ?? tokenOf(word, salt)
    known.set(word, token)
    bytes.set(token, at * TEXT_TOKEN_BYTES)
  }
  return bytes
}

function tokenOf(word: string, salt: Uint8Array): Uint8Array {
  return createHash('sha256').update(salt).update(word, 'utf8').digest().subarray(0, TEXT_TOKEN_BYTES)
}

function shingleBytes(text: string): Uint8Array {
  const signature = signatureOf(folded(text))
  const bytes = Buffer.alloc(signature.length * Uint32Array.BYTES_PER_ELEMENT)
  for (const [at, entry] of signature.entries()) bytes.writeUInt32BE(entry, at * Uint32Array.BYTES_PER_ELEMENT)
  return bytes
}

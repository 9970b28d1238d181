import { mix } from './mix.ts'

const { imul } = Math
/** Characters of a shingle: a few words. */
const SHINGLE = 16
export const BINS = 128
const BIN_SHIFT = 25
const MULTIPLIER = 0x01000193
const SEED = 0x811c9dc5
/** Attempts are hashed with the bin, so that two empty bins borrow from different ones. */
const BORROW = 0x9e3779b1
const EMPTY = 0xffffffff
/** Thirty marks that another one follows: UAX #15, Stream-Safe Text Format, has the same limit. */
const MARKS = /\p{M}{30}(?=\p{M})/gu

/**
 * What stays of a text when only its letters and digits count (and the marks that belong to letters): compatibility forms, case,
 * spaces and punctuation make no other text. Where nothing stays (emoji, formulas), all but spaces does. Unicode NFKC and the plain
 * lower case, the same in every locale.
 */
export function folded(text: string): string {
  const plain = normalised(text).toLowerCase()
  const letters = plain.replace(/[^\p{L}\p{M}\p{N}]+/gu, '')
  return letters === '' ? plain.replace(/\s+/gu, '') : letters
}

/** NFKC of each piece of a text that is cut before each 31st mark in a row: sorting marks takes the square of their number. */
function normalised(text: string): string {
  const pieces: string[] = []
  let from = 0
  for (const { index, 0: marks } of text.matchAll(MARKS)) {
    pieces.push(text.slice(from, index + marks.length).normalize('NFKC'))
    from = index + marks.length
  }
  pieces.push(text.slice(from).normalize('NFKC'))
  return pieces.join('')
}

/**
 * The signature of a text's set of shingles (runs of 16 characters; a shorter text is one shingle): two texts agree in each of its
 * 128 entries with the probability of their resemblance |A ∩ B| / |A ∪ B| (Broder 1997). By one permutation (Li, Owen and Zhang
 * 2012): the shingles' hashes fall into 128 bins, of each the least counts; an empty bin borrows from a full one (Shrivastava
 * 2017). A pass over the text, whatever its length.
 *
 * @param text folded
 */
export function signatureOf(text: string): Uint32Array {
  const codes = Uint32Array.from(text, (character) => character.codePointAt(0)!)
  const bins = new Uint32Array(BINS).fill(EMPTY)
  for (let from = 0; from === 0 || from + SHINGLE <= codes.length; from++) {
    const hash = hashOf(codes, from, Math.min(codes.length, from + SHINGLE))
    const bin = hash >>> BIN_SHIFT
    const rest = mix(hash ^ SEED) >>> 1
    if (rest < bins[bin]!) bins[bin] = rest
  }
  return bins.map((value, bin) => (value === EMPTY ? borrowed(bins, bin) : value))
}

/** FNV-1a over code points, then mixed. */
function hashOf(codes: Uint32Array, from: number, to: number): number {
  let hash = SEED
  for (let at = from; at < to; at++) hash = imul(hash ^ codes[at]!, MULTIPLIER)
  return mix(hash) >>> 0
}

/** From the first full bin of a random walk that depends on the bin alone: the same in every text. */
function borrowed(bins: Uint32Array, bin: number): number {
  for (let attempt = 1; ; attempt++) {
    const from = bins[mix(imul(bin, BORROW) + attempt) >>> BIN_SHIFT]!
    if (from !== EMPTY) return from
  }
}

import { TextTooLongError } from './errors.ts'

/**
 * What decides where words end. The classes of characters are those of the Unicode version that Node.js was built with, so it
 * is part of the method's name: a change of either is a new version.
 */
export const TOKENIZER = {
  name: 'text/words@1',
  expression: "[\\p{L}\\p{M}\\p{N}]+(?:['’]\\p{L}+)*|([^\\s\\p{L}\\p{M}\\p{N}])\\1*",
  unicode: process.versions.unicode ?? 'none',
} as const

/** UTF-16 units of one text; longer works are contributed in parts. */
export const TEXT_UNITS_MAX = 1 << 24
/**
 * Marks in a row that are normalised together. Sorting them takes the square of their number, and language needs far fewer
 * (UAX #15, Stream-Safe Text Format, has the same limit): a text is cut before each 31st.
 */
const MARKS_MAX = 30

const [UNKNOWN, SPACE, LETTER, MARK, DIGIT, OTHER] = [0, 1, 2, 3, 4, 5]
const CODE_POINTS = 0x110000
const FIRST_ASTRAL = 0x10000
const APOSTROPHES = new Set([0x27, 0x2019])

/** Filled when a code point is first met. */
const classes = new Uint8Array(CODE_POINTS)

/** A text and where its tokens lie in it. */
export interface Tokenised {
  /** Normalised (NFC), lone surrogates replaced by U+FFFD: what the bounds refer to. */
  readonly text: string
  /** UTF-16 index at which each token begins. */
  readonly starts: Int32Array
  /** UTF-16 index behind each token. */
  readonly ends: Int32Array
}

/**
 * Cuts a text into words and runs of one punctuation mark, case kept: {@link TOKENIZER}. `expression` says the same; it is not
 * run as a regular expression, whose stack overflows at a token of some megabytes.
 *
 * A pass over the text, whatever stands in it. Lone surrogates become U+FFFD; U+0000 and every other control character that is no
 * space is a punctuation mark like any other.
 *
 * @throws TextTooLongError above {@link TEXT_UNITS_MAX}
 */
export function tokenise(given: string): Tokenised {
  const text = normalised(given)
  const starts: number[] = []
  const ends: number[] = []
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at)!
    const kind = classOf(code)
    const from = at
    if (kind === SPACE) at += unitsOf(code)
    else {
      at = kind === OTHER ? behindRun(text, at, code) : behindWord(text, at)
      starts.push(from)
      ends.push(at)
    }
  }
  return { text, starts: Int32Array.from(starts), ends: Int32Array.from(ends) }
}

/** The words of a text, one a token. */
export function wordsOf({ text, starts, ends }: Tokenised): string[] {
  return Array.from(starts, (from, at) => text.slice(from, ends[at]))
}

function normalised(given: string): string {
  if (given.length > TEXT_UNITS_MAX)
    throw new TextTooLongError({ what: 'A text', found: given.length, limit: TEXT_UNITS_MAX, unit: 'UTF-16 units' })
  const text = given.replace(/\p{Cs}/gu, '\ufffd')
  const pieces: string[] = []
  let from = 0
  let marks = 0
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at)!
    marks = classOf(code) === MARK ? marks + 1 : 0
    if (marks > MARKS_MAX) {
      pieces.push(text.slice(from, at).normalize('NFC'))
      from = at
      marks = 1
    }
    at += unitsOf(code)
  }
  pieces.push(text.slice(from).normalize('NFC'))
  return pieces.join('')
}

function behindRun(text: string, from: number, code: number): number {
  let at = from
  while (at < text.length && text.codePointAt(at) === code) at += unitsOf(code)
  return at
}

function behindWord(text: string, from: number): number {
  let at = behind(text, from, (kind) => kind === LETTER || kind === MARK || kind === DIGIT)
  while (at < text.length && APOSTROPHES.has(text.charCodeAt(at))) {
    const end = behind(text, at + 1, (kind) => kind === LETTER)
    if (end === at + 1) break
    at = end
  }
  return at
}

function behind(text: string, from: number, isIn: (kind: number) => boolean): number {
  let at = from
  while (at < text.length) {
    const code = text.codePointAt(at)!
    if (!isIn(classOf(code))) break
    at += unitsOf(code)
  }
  return at
}

function unitsOf(code: number): number {
  return code < FIRST_ASTRAL ? 1 : 2
}

function classOf(code: number): number {
  const known = classes[code]!
  if (known !== UNKNOWN) return known
  const character = String.fromCodePoint(code)
  const found = /\s/u.test(character)
    ? SPACE
    : /\p{L}/u.test(character)
      ? LETTER
      : /\p{M}/u.test(character)
        ? MARK
        : /\p{N}/u.test(character)
          ? DIGIT
          : OTHER
  classes[code] = found
  return found
}

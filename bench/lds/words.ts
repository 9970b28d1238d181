import { czech, english, french, italian, portuguese, spanish } from 'viem/accounts'

/** Languages with Latin letters for which viem brings a list of 2,048 words (BIP-39: wallets name keys with them). */
const LISTS = { czech, english, french, italian, portuguese, spanish }
/** Letters a to z, and 0 for what is before the first and after the last. */
const SYMBOLS = 27

/** Pairs of neighbouring letters: what a word is looked at by. */
const LETTER_PAIRS = SYMBOLS * SYMBOLS

export interface LabelledWords {
  /** One row of LETTER_PAIRS counts a word. */
  readonly rows: readonly Float64Array[]
  /** Which language's list the word is in. */
  readonly labels: Uint8Array
  readonly classes: number
}

/** 12,288 words: of which language is each? Accents are taken off, else they would tell. */
export function loadWords(): LabelledWords {
  const lists = Object.values(LISTS)
  const rows = lists.flatMap((words) => words.map(letterPairs))
  const labels = lists.flatMap((words, language) => words.map(() => language))
  return { rows, labels: Uint8Array.from(labels), classes: lists.length }
}

function letterPairs(word: string): Float64Array {
  const counts = new Float64Array(LETTER_PAIRS)
  const letters = word.normalize('NFKD').replace(/[^a-z]/g, '')
  const symbols = [0, ...Array.from(letters, (letter) => letter.charCodeAt(0) - 96), 0]
  for (let at = 1; at < symbols.length; at++) counts[symbols[at - 1]! * SYMBOLS + symbols[at]!]! += 1
  return counts
}

import { createHash } from 'node:crypto'
import { type Tokenised, wordsOf } from '../../../schemas/text/tokenizer.ts'
import { DictionaryFullError } from './errors.ts'

/** Between documents, and behind the last one. No word has it, so nothing that is found crosses a document's end. */
export const SEPARATOR = 0
/** A word of an output that no document has. */
export const UNKNOWN_WORD = -1
/** What a Map of V8 can hold. */
const WORDS_MAX = (1 << 24) - 1
/** UTF-16 units; a longer word is kept as its hash. */
const WORD_UNITS_MAX = 256

/**
 * Words and their numbers, from 1 in the order in which they came. Only ever appended to, so what was encoded stays as it is.
 * A word of more than 256 UTF-16 units stands as U+0000 and the SHA-256 of its UTF-8 in hex, which is no word's own form.
 */
export class Dictionary {
  readonly #numbers = new Map<string, number>()
  readonly #words: string[] = []

  /** @param words those of numbers 1, 2, … as {@link words} gave them */
  constructor(words: Iterable<string> = []) {
    for (const word of words) this.#add(word)
  }

  /** In the order of their numbers, long ones as their hashes. */
  get words(): readonly string[] {
    return this.#words
  }

  /**
   * The numbers of a document's tokens; words that are new get the next ones.
   *
   * @throws DictionaryFullError
   */
  encode(document: Tokenised): Int32Array {
    return Int32Array.from(wordsOf(document), (word) => {
      const kept = keptForm(word)
      return this.#numbers.get(kept) ?? this.#add(kept)
    })
  }

  /** The numbers of an output's tokens, {@link UNKNOWN_WORD} where no document has the word. */
  lookUp(output: Tokenised): Int32Array {
    return Int32Array.from(wordsOf(output), (word) => this.#numbers.get(keptForm(word)) ?? UNKNOWN_WORD)
  }

  #add(word: string): number {
    if (this.#words.length >= WORDS_MAX) throw new DictionaryFullError({ words: this.#words.length })
    // A copy: a piece of a long text would keep the whole of it in memory.
    const kept = Buffer.from(word).toString()
    this.#words.push(kept)
    this.#numbers.set(kept, this.#words.length)
    return this.#words.length
  }
}

function keptForm(word: string): string {
  if (word.length <= WORD_UNITS_MAX) return word
  return `\0${createHash('sha256').update(word, 'utf8').digest('hex')}`
}

import { createHash } from 'node:crypto'
import { type Tokenised, wordsOf } from '../../../schemas/text/tokenizer.ts'
import { DictionaryFullError } from './errors.ts'

/** Between documents, and behind the last one. No word has it, so nothing that is found crosses a document's end. */
export const SEPARATOR = 0
/** A word of an output that no document has. */
export const UNKNOWN_WORD = -1
/** A Map of V8 holds 2^24 − 1 entries; so many hold a corpus of nothing but different words, memory permitting. */
const MAPS = 32
const WORDS_MAX = 1 << 27
/** UTF-16 units; a longer word is kept as its hash. */
const WORD_UNITS_MAX = 256

/**
 * Words and their numbers, from 1 in the order in which they came. Only ever appended to, so what was encoded stays as it is.
 * A word of more than 256 UTF-16 units stands as U+0000 and the SHA-256 of its UTF-8 in hex, which is no word's own form.
 */
export class Dictionary {
  readonly #numbers = Array.from({ length: MAPS }, () => new Map<string, number>())
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
    return this.encodeWords(wordsOf(document))
  }

  /** As {@link encode}, of the words of a document. @throws DictionaryFullError */
  encodeWords(words: readonly string[]): Int32Array {
    return Int32Array.from(words, (word) => {
      const kept = keptForm(word)
      return this.#numberOf(kept) ?? this.#add(kept)
    })
  }

  /** The numbers of an output's tokens, {@link UNKNOWN_WORD} where no document has the word. */
  lookUp(output: Tokenised): Int32Array {
    return this.lookUpWords(wordsOf(output))
  }

  /** As {@link lookUp}, of the words of an output. */
  lookUpWords(words: readonly string[]): Int32Array {
    return Int32Array.from(words, (word) => this.#numberOf(keptForm(word)) ?? UNKNOWN_WORD)
  }

  #numberOf(kept: string): number | undefined {
    return this.#numbers[mapOf(kept)]!.get(kept)
  }

  #add(word: string): number {
    if (this.#words.length >= WORDS_MAX) throw new DictionaryFullError({ words: this.#words.length })
    // A copy: a piece of a long text would keep the whole of it in memory.
    const kept = Buffer.from(word).toString()
    this.#words.push(kept)
    this.#numbers[mapOf(kept)]!.set(kept, this.#words.length)
    return this.#words.length
  }
}

/** By the last characters, which differ most in words and hashes alike. */
function mapOf(kept: string): number {
  const last = kept.length - 1
  return (kept.charCodeAt(last) * 7 + (last > 0 ? kept.charCodeAt(last - 1) : 0)) % MAPS
}

function keptForm(word: string): string {
  if (word.length <= WORD_UNITS_MAX) return word
  return `\0${createHash('sha256').update(word, 'utf8').digest('hex')}`
}

import { type Seed, Xoshiro128 } from '../../extractors/random.ts'

/** Words before a word that are looked at, at most. */
const CONTEXT_MAX = 3
/** A context of n places is believed n times in n + 4; otherwise the draw goes on with one word less. */
const DOUBT = 4
const WORDS = /[\p{L}\p{M}\p{N}]+(?:['’]\p{L}+)*|([^\s\p{L}\p{M}\p{N}])\1*/gu
const WORD = /^[\p{L}\p{M}\p{N}]/u
/** Stands close to the word before it. */
const CLOSING = /^[,.;:!?)%-]$/
/** The word behind it stands close to it. */
const OPENING = /^[($-]$/

export interface Wanted {
  /** What the output goes on from; its last three words count. */
  readonly prompt: string
  /** Words and marks of the output. */
  readonly words: number
  readonly seed: Seed
}

/**
 * A language model to try things with: what followed the last three words, or the last two, one, none, is drawn from the places where they
 * stand. Training is noting these places; draws are whole numbers from a seed, so an output is the same on every machine.
 */
export class NgramModel {
  /** By length of the context, then by its words: what follows each of its places. */
  readonly #followers: readonly Map<string, string[]>[]

  private constructor(followers: readonly Map<string, string[]>[]) {
    this.#followers = followers
  }

  /** @param texts one a document, none of which goes on in the next; @throws RangeError when there is no word in them */
  static train(texts: Iterable<string>): NgramModel {
    const followers = Array.from({ length: CONTEXT_MAX + 1 }, () => new Map<string, string[]>())
    for (const text of texts) {
      const words = wordsOf(text)
      for (const [at, word] of words.entries()) {
        let context = ''
        for (let length = 0; length <= Math.min(CONTEXT_MAX, at); length++) {
          if (length > 0) context = length === 1 ? words[at - 1]! : `${words[at - length]} ${context}`
          const known = followers[length]!
          const found = known.get(context)
          if (found === undefined) known.set(context, [word])
          else found.push(word)
        }
      }
    }
    if (followers[0]!.size === 0) throw new RangeError('A language model needs a text with a word in it.')
    return new NgramModel(followers)
  }

  /** @returns the output without its prompt; it has exactly so many words and marks, each of them one that it was trained on */
  generate({ prompt, words: wanted, seed }: Wanted): string {
    const random = Xoshiro128.fromSeed(seed)
    const context = wordsOf(prompt).slice(-CONTEXT_MAX)
    const drawn: string[] = []
    while (drawn.length < wanted) {
      const word = this.#draw(context, random)
      drawn.push(word)
      context.push(word)
      if (context.length > CONTEXT_MAX) context.shift()
    }
    return written(drawn)
  }

  #draw(context: readonly string[], random: Xoshiro128): string {
    for (let length = context.length; length > 0; length--) {
      const found = this.#followers[length]!.get(keyOf(context.slice(-length)))
      if (found !== undefined && random.nextInt(found.length + DOUBT) < found.length)
        return found[random.nextInt(found.length)]!
    }
    const all = this.#followers[0]!.get('')!
    return all[random.nextInt(all.length)]!
  }
}

function wordsOf(text: string): string[] {
  return text.normalize('NFC').match(WORDS) ?? []
}

/** No word has a space in it. */
function keyOf(words: readonly string[]): string {
  return words.join(' ')
}

/** Read again, it has the same words: marks come close to words only. */
function written(words: readonly string[]): string {
  let text = ''
  for (const [at, word] of words.entries()) {
    const before = words[at - 1] ?? ''
    const isClose = WORD.test(word) ? OPENING.test(before) : CLOSING.test(word) && WORD.test(before)
    text += at === 0 || isClose ? word : ` ${word}`
  }
  return text
}

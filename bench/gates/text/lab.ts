import { loadSpeeches } from '../../../examples/speeches/corpus.ts'
import { NgramModel } from '../../../examples/speeches/language-model.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import type { Contribution, TextRule } from './rule.ts'

/** How texts are dealt: whole speeches to their authors, or passages of all of them alike to everybody. */
export const TEXT_DEALINGS = ['by author', 'alike'] as const
export type TextDealing = (typeof TEXT_DEALINGS)[number]

export interface TextLabSize {
  /** Of passages that nobody contributed, and as many drawn from a model. */
  readonly outputs: number
  /** Where they are dealt alike. */
  readonly contributors: number
}

const FULL_TEXT_LAB: TextLabSize = { outputs: 20, contributors: 20 }

/** Words of a passage: what is held out, and what is dealt alike. */
const PASSAGE_WORDS = 200
const OUTPUT_WORDS = 150
const PROMPT_WORDS = 10
/** One passage of so many is held out. */
const HELD_OUT_SHARE = 5

/** One seeded world of texts under one rule. */
export class TextLab {
  readonly rule: TextRule
  readonly dealing: TextDealing
  readonly seed: number
  /** Texts by contributor, before anybody attacks. */
  readonly texts: readonly (readonly string[])[]
  /** What was sold. */
  readonly outputs: readonly string[]
  #honest: Promise<Float64Array> | undefined

  constructor(rule: TextRule, dealing: TextDealing, seed: number, size: TextLabSize = FULL_TEXT_LAB) {
    this.rule = rule
    this.dealing = dealing
    this.seed = seed
    const passages = loadSpeeches().map((speech) => ({ ...speech, passages: cut(speech.text, PASSAGE_WORDS) }))
    const random = this.random('held out')
    const heldOut: string[] = []
    const kept = passages.map(({ author, passages }) => ({
      author,
      passages: passages.filter((passage) => {
        const isHeldOut = random.nextInt(HELD_OUT_SHARE) === 0
        if (isHeldOut) heldOut.push(passage)
        return !isHeldOut
      }),
    }))
    this.texts = dealing === 'alike' ? this.#dealAlike(kept, size) : dealByAuthor(kept)
    this.outputs = this.#sold(heldOut, size)
  }

  random(label: string): Xoshiro128 {
    return Xoshiro128.fromSeed(this.seed).fork(`${this.dealing}/${label}`)
  }

  /** Who attacks: another one with each seed. */
  get attacker(): number {
    return this.seed % this.texts.length
  }

  /** Everybody is honest: parts by contributor. */
  honest(): Promise<Float64Array> {
    this.#honest ??= this.pay(this.texts)
    return this.#honest
  }

  /** With the attacker's texts replaced by what `change` makes of them. */
  attacked(change: (texts: readonly string[]) => readonly string[]): Promise<Float64Array> {
    return this.pay(this.texts.map((texts, at) => (at === this.attacker ? change(texts) : texts)))
  }

  /** Those of later contributors count as later. */
  pay(texts: readonly (readonly string[])[], outputs: readonly string[] = this.outputs): Promise<Float64Array> {
    const contributions: Contribution[] = texts.flatMap((each, contributor) =>
      each.map((text) => ({ contributor, text })),
    )
    return this.rule.pay(contributions, outputs, texts.length)
  }

  #dealAlike(kept: readonly { readonly passages: readonly string[] }[], { contributors }: TextLabSize): string[][] {
    const shuffled = this.random('deal').shuffle(kept.flatMap(({ passages }) => passages))
    return Array.from({ length: contributors }, (_, at) => shuffled.filter((_, index) => index % contributors === at))
  }

  #sold(heldOut: readonly string[], { outputs }: TextLabSize): string[] {
    const model = NgramModel.train(this.texts.flat())
    const chosen = this.random('sold').shuffle(heldOut).slice(0, outputs)
    const drawn = chosen.map((prompt, at) =>
      model.generate({
        prompt: wordsOf(prompt).slice(0, PROMPT_WORDS).join(' '),
        words: OUTPUT_WORDS,
        seed: `${this.seed}/${this.dealing}/${at}`,
      }),
    )
    return [...chosen, ...drawn]
  }
}

function dealByAuthor(kept: readonly { readonly author: string; readonly passages: readonly string[] }[]): string[][] {
  const authors = [...new Set(kept.map(({ author }) => author))]
  return authors.map((author) =>
    kept.filter((each) => each.author === author).map(({ passages }) => passages.join(' ')),
  )
}

/** What stands between spaces. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** Into pieces of so many words; the last one may be shorter. */
export function cut(text: string, words: number): string[] {
  const all = wordsOf(text)
  return Array.from({ length: Math.ceil(all.length / words) }, (_, at) =>
    all.slice(at * words, (at + 1) * words).join(' '),
  )
}

import type { Xoshiro128 } from '../../../extractors/random.ts'
import { atMost, type Bound } from '../gate.ts'
import { cut, type TextLab, wordsOf } from './lab.ts'
import { SWAP_EVERY, swapped, vocabulary } from './own-texts.ts'
import type { TextGate } from './text-gate.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const BOUGHT = [0.05, 0.25]
/** More often than a run of words may stand anywhere and still be credited. */
const OFTEN = 11
const DATA_PART = 0.5

type Junk = (text: string, lab: TextLab, random: Xoshiro128) => string

/** Junk, texts of others, bought uses, and texts that are there to hurt others. */
export const OTHER_TEXT_GATES: readonly TextGate[] = [
  junk('junk letters', atMost(0.1), (text, _, random) =>
    wordsOf(text)
      .map(() => Array.from({ length: 1 + random.nextInt(8) }, () => LETTERS[random.nextInt(LETTERS.length)]).join(''))
      .join(' '),
  ),
  junk('junk words', atMost(0.2), (text, lab, random) => {
    const all = vocabulary(lab)
    return wordsOf(text)
      .map(() => all[random.nextInt(all.length)])
      .join(' ')
  }),
  junk('words of others, shuffled', atMost(0.3), (text, lab, random) => {
    const all = lab.texts.flat().flatMap(wordsOf)
    return wordsOf(text)
      .map(() => all[random.nextInt(all.length)])
      .join(' ')
  }),
  { name: 'copied text, what the copier gets', bound: atMost(0), measure: (lab) => copied(lab, 'copier') },
  { name: 'copied text, what is taken from its author', bound: atMost(0.01), measure: (lab) => copied(lab, 'author') },
  {
    name: 'word-swap paraphrase, what both get together',
    bound: atMost(1.25),
    measure: (lab) => paraphrased(lab, 'both'),
  },
  {
    name: 'word-swap paraphrase, what is taken from the author',
    bound: atMost(0.5),
    measure: (lab) => paraphrased(lab, 'author'),
  },
  { name: 'wash prompts', bound: atMost(0), measure: washed },
  { name: 'griefers, what is taken from an author', bound: atMost(0.6), measure: grieved },
]

/** In place of the attacker's own texts; its part over the mean of the others. */
function junk(name: string, bound: Bound, make: Junk): TextGate {
  const measure = async (lab: TextLab) => {
    const random = lab.random(name)
    const parts = await lab.attacked((texts) => texts.map((text) => make(text, lab, random)))
    const own = parts[lab.attacker]!
    const others = parts.reduce((sum, part) => sum + part, 0) - own
    return [{ setting: lab.dealing, measured: own / (others / (parts.length - 1)) }]
  }
  return { name, bound, measure }
}

/** One more contributor, later than all others. */
async function joined(lab: TextLab, texts: readonly string[]) {
  const parts = await lab.pay([...lab.texts, texts])
  const alone = (await lab.honest())[lab.attacker]!
  return { copier: parts.at(-1)! / alone, author: 1 - parts[lab.attacker]! / alone }
}

/** The attacker's texts once more, as they are and with other spaces and capitals. */
async function copied(lab: TextLab, whose: 'copier' | 'author') {
  const texts = lab.texts[lab.attacker]!
  const found = await joined(lab, [...texts, ...texts.map((text) => text.toUpperCase().replaceAll(' ', '  '))])
  return [{ setting: lab.dealing, measured: found[whose] }]
}

/** Every so manieth word is another; the copier chooses what pays it best. */
async function paraphrased(lab: TextLab, whose: 'both' | 'author') {
  const found = []
  for (const every of SWAP_EVERY) {
    const random = lab.random(`paraphrase ${every}`)
    found.push(
      await joined(
        lab,
        lab.texts[lab.attacker]!.map((text) => swapped(text, every, lab, random)),
      ),
    )
  }
  const { copier, author } = found.reduce((best, each) => (each.copier > best.copier ? each : best))
  return [{ setting: lab.dealing, measured: whose === 'author' ? author : 1 - author + copier }]
}

/** Buys passages of its own texts as outputs: (what its account gets more − fees) / fees. All fees are alike. */
async function washed(lab: TextLab) {
  const own = lab.texts[lab.attacker]!.flatMap((text) => cut(text, 150))
  const before = (await lab.honest())[lab.attacker]!
  const returns: number[] = []
  for (const share of BOUGHT) {
    const count = Math.ceil(share * lab.outputs.length)
    const bought = Array.from({ length: count }, (_, at) => own[at % own.length]!)
    const after = (await lab.pay(lab.texts, [...lab.outputs, ...bought]))[lab.attacker]!
    returns.push((DATA_PART * (after - before) - count) / count)
  }
  return [{ setting: lab.dealing, measured: Math.max(...returns) }]
}

/** One more contributor repeats every second run of five words of the attacker's texts so often that it says little. */
async function grieved(lab: TextLab) {
  const texts = lab.texts[lab.attacker]!.map((text) =>
    cut(text, 5)
      .filter((_, at) => at % 2 === 0)
      .map((phrase) => `${phrase} `.repeat(OFTEN))
      .join(''),
  )
  const { author } = await joined(lab, texts)
  return [{ setting: lab.dealing, measured: author }]
}

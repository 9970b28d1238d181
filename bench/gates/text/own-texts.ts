import type { Xoshiro128 } from '../../../extractors/random.ts'
import { atMost, type Bound, gainAtMost } from '../gate.ts'
import { cut, type TextLab, wordsOf } from './lab.ts'
import type { TextGate } from './text-gate.ts'

const COPIES = 5
const PIECES = 10
const NAMES = 5
/** Every so manieth word is another: so few are found to be near copies. */
const SWAP_FOUND = 50
/** So many are not found: the attacker takes what pays best. */
export const SWAP_EVERY = [20, 10, 5, 3] as const
/** The most frequent runs of five words, and how often each is added. */
const PHRASES = 200
const PHRASE_WORDS = 5

type Change = (texts: readonly string[], lab: TextLab) => readonly string[]

/** One contributor makes more of its own texts; what it gets over what it gets without. */
export const OWN_TEXT_GATES: readonly TextGate[] = [
  gainOf('exact copies of its own', gainAtMost(1.05), [(texts) => repeated(texts, COPIES)]),
  gainOf('near copies of its own that are found', gainAtMost(1.05), [nearCopies(SWAP_FOUND)]),
  gainOf('near copies of its own that are not', gainAtMost(1.2), SWAP_EVERY.map(nearCopies)),
  gainOf('cut into pieces', gainAtMost(1.05), [
    (texts) => texts.flatMap(pieces),
    (texts) => texts.flatMap((text) => cut(text, 50)),
  ]),
  gainOf('pieces repeated', gainAtMost(1.1), [
    (texts) => texts.map((text) => repeated([text], COPIES).join(' ')),
    (texts) => [...texts, ...texts.flatMap(pieces)],
    (texts) => texts.flatMap(pieces).map((piece) => repeated([piece], COPIES).join(' ')),
  ]),
  gainOf('boilerplate stuffed', atMost(2), [
    (texts, lab) => texts.map((text) => `${text} ${phrases(lab).join(' ')}`),
    (texts, lab) => [...texts, phrases(lab).join(' ')],
    (texts, lab) => texts.map((text) => `${text} ${vocabulary(lab).join(' ')}`),
  ]),
  { name: 'split into five names', bound: gainAtMost(1.05), measure: splitNames },
]

/** The best of several ways. */
function gainOf(name: string, bound: Bound, ways: readonly Change[]): TextGate {
  const measure = async (lab: TextLab) => {
    const before = (await lab.honest())[lab.attacker]!
    const gains: number[] = []
    for (const way of ways) gains.push((await lab.attacked((texts) => way(texts, lab)))[lab.attacker]! / before)
    return [{ setting: lab.dealing, measured: Math.max(...gains) }]
  }
  return { name, bound, measure }
}

/** All texts once more, every so manieth word another one. */
function nearCopies(every: number): Change {
  return (texts, lab) => [...texts, ...texts.map((text) => swapped(text, every, lab, lab.random('near copies')))]
}

async function splitNames(lab: TextLab) {
  const before = (await lab.honest())[lab.attacker]!
  // Pieces, so that there is something for each name.
  const own = lab.random('names').shuffle(lab.texts[lab.attacker]!.flatMap(pieces))
  const names = Array.from({ length: NAMES }, (_, name) => own.filter((_, at) => at % NAMES === name))
  const others = lab.texts.map((texts, at) => (at === lab.attacker ? [] : texts))
  const parts = await lab.pay([...others, ...names])
  const together = parts.slice(others.length).reduce((sum, part) => sum + part, 0)
  return [{ setting: lab.dealing, measured: together / before }]
}

/** Every so manieth word replaced by one of all texts. */
export function swapped(text: string, every: number, lab: TextLab, random: Xoshiro128): string {
  const all = vocabulary(lab)
  return wordsOf(text)
    .map((word, at) => (at % every === every - 1 ? all[random.nextInt(all.length)]! : word))
    .join(' ')
}

function repeated(texts: readonly string[], times: number): string[] {
  return Array.from({ length: times }, () => texts).flat()
}

function pieces(text: string): string[] {
  return cut(text, Math.max(1, Math.ceil(wordsOf(text).length / PIECES)))
}

/** Each word of all texts once. */
export function vocabulary({ texts }: TextLab): string[] {
  return [...new Set(texts.flat().flatMap(wordsOf))]
}

function phrases({ texts }: TextLab): string[] {
  const counts = new Map<string, number>()
  for (const words of texts.flat().map(wordsOf))
    for (let at = 0; at + PHRASE_WORDS <= words.length; at++) {
      const phrase = words.slice(at, at + PHRASE_WORDS).join(' ')
      counts.set(phrase, (counts.get(phrase) ?? 0) + 1)
    }
  return [...counts]
    .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
    .slice(0, PHRASES)
    .map(([phrase]) => phrase)
}

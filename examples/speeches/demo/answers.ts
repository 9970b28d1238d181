import { recordInference } from '../../../client/src/record-inference.ts'
import { inferenceText, type TextMap } from '../../../client/src/texts.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { uuidFrom } from '../../digits/demo/contributions.ts'
import { SOURCES } from '../../digits/demo/names.ts'
import type { Speech } from '../corpus.ts'
import type { NgramModel } from '../language-model.ts'
import { INFRASTRUCTURE, MODEL } from './names.ts'

const PROMPT_WORDS = 4
const ANSWER_WORDS = 60
/** Of the token's smallest unit, for each word of an answer. */
const FEE_ATOMS_A_WORD = 500n

/** Something that the model was paid to write. */
export interface Answer {
  readonly id: string
  readonly prompt: string
  readonly text: string
  readonly fee: bigint
  readonly salt: Uint8Array
  /** What the gateway reports of it: prompt and answer as hashes, the price, and what was answered as hashes of words. */
  readonly records: readonly OutgoingRecord[]
}

export interface AskOptions {
  readonly model: NgramModel
  readonly speeches: readonly Speech[]
  readonly map: TextMap
  readonly seed: string
  readonly epoch: number
  readonly payer: string
  readonly token: string
  /** Sequence of a voucher that the payer signed. */
  readonly voucher: bigint
  readonly now: Date
  readonly count: number
}

/** The paid uses of an epoch: each goes on from a few words of some speech. */
export function answersOf({ model, speeches, count, ...options }: AskOptions): Answer[] {
  const random = Xoshiro128.fromSeed(options.seed).fork(`answers/${options.epoch}`)
  return Array.from({ length: count }, (_, index) => {
    const words = speeches[random.nextInt(speeches.length)]!.text.split(/\s+/)
    const from = random.nextInt(words.length - PROMPT_WORDS)
    const prompt = words.slice(from, from + PROMPT_WORDS).join(' ')
    const seed = `${options.seed}/${options.epoch}/${index}`
    const text = model.generate({ prompt, words: ANSWER_WORDS, seed })
    return answer({ prompt, text }, options, random)
  })
}

function answer(
  { prompt, text }: { readonly prompt: string; readonly text: string },
  { map, payer, token, voucher, now }: Omit<AskOptions, 'model' | 'speeches' | 'count'>,
  random: Xoshiro128,
): Answer {
  const fee = FEE_ATOMS_A_WORD * BigInt(ANSWER_WORDS)
  const { id, record, salt } = recordInference({
    ...{ source: SOURCES.gateway, model: MODEL, infrastructure: INFRASTRUCTURE, payer, token, fee, voucher },
    ...{ units: { words: BigInt(ANSWER_WORDS) }, input: Buffer.from(prompt), output: Buffer.from(text) },
    ...{ id: uuidFrom(random.bytes(16)), salt: random.bytes(16), now },
  })
  const inference = { source: SOURCES.gateway, id }
  const told = inferenceText({ source: SOURCES.extractor, map, text, inference, now })
  return { id, prompt, text, fee, salt, records: [record, told.record] }
}

import { contribute } from '../../../client/src/contribute.ts'
import { rateOutcome } from '../../../client/src/rate-outcome.ts'
import { recordInference } from '../../../client/src/record-inference.ts'
import { recordStep, type TakenStep } from '../../../client/src/record-step.ts'
import type { DigitSample } from '../../../examples/digits/accounts.ts'
import { type SentBatch, uuidFrom } from '../../../examples/digits/demo/contributions.ts'
import { INFRASTRUCTURE, LICENCE, MODEL, SOURCES } from '../../../examples/digits/demo/names.ts'
import { featuresRecord } from '../../../examples/digits/demo/questions.ts'
import { extractInferenceFeatures } from '../../../examples/digits/features.ts'
import { classify } from '../../../examples/digits/model.ts'
import { AGENT, MEMORY_DATASET } from '../../../examples/digits/story/names.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { FolderPayloadStore } from '../../../pipelines/payload-store.ts'
import { publishFeatures } from './founding.ts'
import { memoriesOf, recall } from './memory.ts'
import { MAPS, nowOf, promise, sendAll, type Year } from './year.ts'

const DIGITS_OF_A_POSTCODE = 5
const FEE_OF_A_DIGIT = 15_000n
const FEE_OF_A_POSTCODE = 150_000n
const SCORE_MAX = 1_000
const SALT_BYTES = 16

/** How a month's work of the agent went. */
export interface Worked {
  readonly postcodes: number
  readonly digitsRight: number
  readonly remembered: number
}

/**
 * The agent reads postcodes: it pays the model for every digit, delivers, and whoever ordered rates by how many digits were right. What
 * it got wrong it remembers with the right answer, in a dataset of its own, and looks up digits that look like it.
 */
export async function work(year: Year, epoch: number, samples: readonly DigitSample[]): Promise<Worked> {
  const { play, others } = year
  const random = Xoshiro128.fromSeed(play.seed).fork(`clerk/${epoch}`)
  const postcodes = Math.floor(samples.length / DIGITS_OF_A_POSTCODE)
  const paying = {
    clerk: await promise(year, others.clerk, MODEL, BigInt(samples.length) * FEE_OF_A_DIGIT),
    customer: await promise(year, play.cast.payer, MODEL, BigInt(postcodes) * FEE_OF_A_POSTCODE),
  }
  const run = random.bytes(SALT_BYTES)
  const memories = memoriesOf(year)
  const wrong: DigitSample[] = []
  let taken: TakenStep | undefined
  for (let task = 0; task < postcodes; task++) {
    const digits = samples.slice(task * DIGITS_OF_A_POSTCODE, (task + 1) * DIGITS_OF_A_POSTCODE)
    const done = await readPostcode(year, {
      ...{ name: `${epoch}/${task}`, digits, paying, run, taken, random, memories },
    })
    taken = done.taken
    wrong.push(...done.wrong)
  }
  await remember(year, epoch, wrong, random)
  return { postcodes, digitsRight: postcodes * DIGITS_OF_A_POSTCODE - wrong.length, remembered: wrong.length }
}

interface Postcode {
  readonly name: string
  readonly digits: readonly DigitSample[]
  readonly paying: { readonly clerk: bigint; readonly customer: bigint }
  readonly run: Uint8Array
  readonly taken: TakenStep | undefined
  readonly random: Xoshiro128
  readonly memories: ReturnType<typeof memoriesOf>
}

async function readPostcode(
  year: Year,
  { name, digits, paying, run, taken, random, memories }: Postcode,
): Promise<{ readonly taken: TakenStep; readonly wrong: DigitSample[] }> {
  const { play, others } = year
  const { ledgerId, token, cast } = play
  const { model } = year.labs.get(MODEL)!
  const { retrieved, labels } = recall(memories, digits)
  const answers = digits.map(({ image }, index) => labels[index] ?? classify(model, image))
  const wrong = digits.filter(({ label }, index) => answers[index] !== label)
  const [input, output] = [Buffer.concat(digits.map(({ image }) => image)), Buffer.from(answers.join(''))]
  const base = { source: SOURCES.gateway, infrastructure: INFRASTRUCTURE, token, now: nowOf(year) }
  const salt = () => random.bytes(SALT_BYTES)
  const asked = digits.map(({ image }, index) =>
    recordInference({
      ...{ ...base, id: `${name}/asked/${index}`, model: MODEL, payer: others.clerk.address, salt: salt() },
      ...{ fee: FEE_OF_A_DIGIT, voucher: paying.clerk, input: image, output: Buffer.from(String(answers[index])) },
    }),
  )
  const lab = year.labs.get(MODEL)!
  const seen = digits.map(({ image, label }) => extractInferenceFeatures(lab.map, lab.model, image, label))
  const features = asked.map(({ id }, index) =>
    featuresRecord(id, seen[index]!, { featureMap: MAPS[MODEL]!, now: base.now }),
  )
  const delivered = recordInference({
    ...{ ...base, id: `${name}/delivered`, model: MODEL, agent: AGENT, payer: cast.payer.address, salt: salt() },
    ...{ fee: FEE_OF_A_POSTCODE, voucher: paying.customer, input, output, retrieved },
  })
  const step = { ledgerId, signer: others.clerk.signer, source: SOURCES.gateway, agent: AGENT, run, input, output }
  const read = await recordStep({
    ...{ ...step, ...(taken && { after: taken }), salt: salt(), now: base.now },
    ...{ cost: { token, amount: FEE_OF_A_DIGIT * BigInt(digits.length) }, used: { model: MODEL } },
  })
  const handedOver = await recordStep({
    ...{ ...step, after: read.taken, salt: salt(), now: base.now },
    used: { model: MODEL, inference: { source: SOURCES.gateway, id: delivered.id } },
  })
  const rating = await rateOutcome({
    ...{ ledgerId, signer: cast.payer.signer, source: SOURCES.gateway, id: `${name}/rating`, now: base.now },
    inference: { source: SOURCES.gateway, id: delivered.id },
    score: Math.round((SCORE_MAX * (digits.length - wrong.length)) / digits.length),
  })
  // A postcode is as sure as the digit that the model was least sure of: what helped with that one helped the postcode.
  const hardest = seen.reduce((least, each) => (each.p16 < least.p16 ? each : least))
  features.push(featuresRecord(delivered.id, hardest, { featureMap: MAPS[MODEL]!, now: base.now }))
  await sendAll(year, [...[...asked, delivered, read, handedOver, rating].map(({ record }) => record), ...features])
  return { taken: handedOver.taken, wrong }
}

async function remember(year: Year, epoch: number, wrong: readonly DigitSample[], random: Xoshiro128): Promise<void> {
  if (wrong.length === 0) return
  const { play, others } = year
  const { id, record, payloads } = await contribute({
    ...{ ledgerId: play.ledgerId, signer: others.clerk.signer, source: SOURCES.portal, dataset: MEMORY_DATASET },
    ...{
      licence: LICENCE,
      id: uuidFrom(random.bytes(16)),
      now: nowOf(year),
      randomSalt: () => random.bytes(SALT_BYTES),
    },
    items: wrong.map(({ image, label }) => ({ payload: image, label: String(label) })),
  })
  const store = new FolderPayloadStore(play.session.directory.payloads)
  for (const payload of payloads) await store.put(payload)
  const name = `${others.clerk.name}, month ${epoch}`
  const contributor = {
    ...{ ...others.clerk, role: 'honest' as const },
    digits: { name, role: 'honest' as const, contributions: [...wrong] },
  }
  const batch: SentBatch = { id, contributor, record, payloads }
  play.batches.push(batch)
  await sendAll(year, [record])
  await publishFeatures(year, MODEL, [batch])
}

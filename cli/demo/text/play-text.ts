import { type AuditReport, auditBundle } from '../../../audit/index.ts'
import { publishTextMap } from '../../../client/src/texts.ts'
import { castOf } from '../../../examples/digits/demo/cast.ts'
import type { DemoClock } from '../../../examples/digits/demo/clock.ts'
import { SOURCES } from '../../../examples/digits/demo/names.ts'
import {
  assetRecord,
  policyRecord,
  type RegistrationContext,
  sourceRecord,
} from '../../../examples/digits/demo/registration.ts'
import { answersOf } from '../../../examples/speeches/demo/answers.ts'
import { authorsOf, textsOf } from '../../../examples/speeches/demo/authors.ts'
import {
  DATASET,
  INFRASTRUCTURE,
  LEDGER_NAME,
  LICENCE,
  MODEL,
  TEXT_MAP,
} from '../../../examples/speeches/demo/names.ts'
import { NgramModel } from '../../../examples/speeches/language-model.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { EPOCH_STEPS } from '../../../jobs/run-epoch.ts'
import { FolderPayloadStore } from '../../../pipelines/payload-store.ts'
import type { Address } from '../../../schemas/ids.ts'
import { TEXT_SALT_BYTES } from '../../../schemas/limits.ts'
import type { Session } from '../../session.ts'
import { ActList } from '../acts.ts'
import { claimAll, depositFor, foundStage, type Say, send, signVoucher, step } from '../play.ts'
import type { TextPlay } from './text-play.ts'
import { gatherTexts, type TextResult } from './text-result.ts'

const WHOLE = 1_000_000
const ANSWERS = 40
const ANSWERS_OFFSET_S = 1_200

interface Acts {
  play: TextPlay
  claimed: Map<Address, bigint>
  audit: AuditReport
  result: TextResult
}

export interface TextOptions {
  readonly seed: string
  readonly epochs: number
  readonly silent: boolean
}

/** Plays the text demo: authors contribute, a language model writes for money, and who is repeated is paid. */
export function playText(session: Session, clock: DemoClock, { seed, epochs, silent }: TextOptions): Promise<Acts> {
  const acts = new ActList<Acts>({ silent })
  acts.add('Found the ledger', async (all) => {
    const stage = await foundStage(session, { cast: castOf(seed, []), seed, clock, name: LEDGER_NAME })
    const map = { textMap: TEXT_MAP, salt: Xoshiro128.fromSeed(seed).fork('salt of texts').bytes(TEXT_SALT_BYTES) }
    all.play = { ...stage, authors: authorsOf(seed), answers: [], map, model: undefined }
    return 'a local chain with a contract and a test dollar'
  })
  acts.add('Contribute', ({ play }, say) => contribute(play, say))
  acts.add('Train the model', ({ play }) => Promise.resolve(train(play)))
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const of = epochs === 1 ? '' : ` epoch ${epoch}`
    acts.add(`Write for money${of}`, ({ play }, say) => write(play, epoch, say))
    acts.add(`Settle and anchor${of}`, async ({ play }, say) => {
      for (const name of EPOCH_STEPS) {
        say(name)
        await step(play, name, epoch, say)
      }
      return EPOCH_STEPS.join(', ')
    })
    acts.add(`Claim${of}`, async (all, say) => {
      all.claimed = await claimAll(all.play, say)
      return `${all.claimed.size} accounts took what they earned`
    })
  }
  acts.add('Audit', async (all, say) => {
    const { rpcUrl } = await session.chain()
    all.audit = await auditBundle(session.directory.bundles, { rpcUrl, onProgress: (check) => say(check.name) })
    return all.audit.ok ? 'everything recomputed, and the chain agrees' : 'a difference was found'
  })
  acts.add('Explain', async (all) => {
    all.result = await gatherTexts(all.play, epochs, all.claimed, all.audit)
    return `${all.result.answers.length} answers, and whose words stand in them`
  })
  return acts.run()
}

/** Sources, assets, the policy and the text map; then everybody's speeches in signed batches. */
async function contribute(play: TextPlay, say: Say): Promise<string> {
  const { clock, seed, ledgerId } = play
  clock.moveTo(1, 1)
  await send(play, await registrations(play))
  const payloads = new FolderPayloadStore(play.session.directory.payloads)
  for (const [index, author] of play.authors.entries()) {
    clock.moveTo(1, 60 * (index + 1))
    const texts = await textsOf(author, { seed, ledgerId, map: play.map, now: nowOf(play) })
    for (const payload of texts.payloads) await payloads.put(payload)
    await send(play, texts.records)
    say(`${author.name}: ${author.speeches.length} speeches`)
  }
  const speeches = play.authors.reduce((sum, author) => sum + author.speeches.length, 0)
  return `${speeches} speeches from ${play.authors.length} accounts; their words are in the ledger as hashes`
}

async function registrations(play: TextPlay) {
  const { cast, ledgerId } = play
  const context: RegistrationContext = { ledgerId, cast, time: play.clock.text() }
  const { operator, modelLab, gatewayOwner } = cast
  const { record: textMap } = await publishTextMap({
    ...{ ledgerId, signer: modelLab.signer, source: SOURCES.operator, model: MODEL, extractor: SOURCES.extractor },
    ...{ ...play.map, id: `text-map/${TEXT_MAP}`, now: nowOf(play) },
  })
  return [
    await sourceRecord(context, SOURCES.operator, ['AssetRegistered', 'TextMapPublished']),
    await sourceRecord(context, SOURCES.portal, ['ContributionBatch', 'ContributionWithdrawn', 'DisputeOpened']),
    await sourceRecord(context, SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded']),
    await sourceRecord(context, SOURCES.extractor, ['ContributionText', 'InferenceText']),
    await sourceRecord(context, SOURCES.watcher, ['Deposited']),
    await assetRecord(context, {
      ...{ asset: DATASET, kind: 'dataset', title: 'Speeches', licence: LICENCE },
      owners: [{ who: operator, parts: WHOLE }],
    }),
    await assetRecord(context, {
      ...{ asset: MODEL, kind: 'model', title: 'Speech writer', licence: 'Apache-2.0' },
      owners: [{ who: modelLab, parts: WHOLE }],
    }),
    await assetRecord(context, {
      ...{ asset: INFRASTRUCTURE, kind: 'infrastructure', title: 'Inference gateway', licence: 'service' },
      owners: [{ who: gatewayOwner, parts: WHOLE }],
    }),
    await policyRecord(context, {
      dataChannels: [{ model: '', channels: ['features', 'retrieval', 'text'] }],
      featureWaitEpochs: 0,
    }),
    textMap,
  ]
}

/** On everything but what was brought again. */
function train(play: TextPlay): string {
  const texts = play.authors.filter(({ role }) => role === 'honest').flatMap(({ speeches }) => speeches)
  play.model = NgramModel.train(texts.map(({ text }) => text))
  return `it goes on from three words as ${texts.length} speeches do`
}

async function write(play: TextPlay, epoch: number, say: Say): Promise<string> {
  const { clock, cast, seed, token, map, session } = play
  clock.moveTo(epoch, ANSWERS_OFFSET_S)
  await depositFor(play, epoch)
  const now = nowOf(play)
  const voucher = await signVoucher(play, MODEL, epoch, now)
  const speeches = play.authors.flatMap((author) => author.speeches)
  const answers = answersOf({
    ...{ model: play.model!, speeches, map, seed, epoch, token, voucher, now },
    ...{ payer: cast.payer.address, count: ANSWERS },
  })
  const payloads = new FolderPayloadStore(session.directory.payloads)
  for (const { salt, text, records } of answers) {
    await payloads.put({ salt, payload: Buffer.from(text) })
    await send(play, records)
  }
  play.answers.push(...answers)
  say(`${answers.length} answers`)
  const fees = answers.reduce((sum, { fee }) => sum + fee, 0n)
  return `${answers.length} answers for ${(Number(fees) / 1e6).toFixed(2)} tUSD; of each the ledger gets a price and hashes`
}

function nowOf({ clock }: TextPlay): Date {
  return new Date(Number(clock.now()))
}

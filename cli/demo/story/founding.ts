import { derive } from '../../../client/src/derive.ts'
import { grantLicence } from '../../../client/src/license.ts'
import { batchesOf, type SentBatch } from '../../../examples/digits/demo/contributions.ts'
import { contributionFeatureRecords, type Lab, train } from '../../../examples/digits/demo/model-lab.ts'
import { DATASET, INFRASTRUCTURE, LICENCE, MODEL, SOURCES } from '../../../examples/digits/demo/names.ts'
import {
  assetRecord,
  featureMapRecord,
  policyRecord,
  type RegistrationContext,
  sourceRecord,
} from '../../../examples/digits/demo/registration.ts'
import {
  AGENT,
  MEMORY_DATASET,
  MONTH_S,
  STORY_SHARES,
  STREET_DATASET,
  STREET_MODEL,
} from '../../../examples/digits/story/names.ts'
import { writeArtefact } from '../../../extractors/artefact.ts'
import { FolderPayloadStore } from '../../../pipelines/payload-store.ts'
import { fromHex } from '../../../schemas/ids.ts'
import { NearPairs } from '../near-pairs.ts'
import type { Say } from '../play.ts'
import { MAPS, nowOf, sendAll, type Year } from './year.ts'

const WHOLE = 1_000_000
/** So many different uses before a pool is paid. */
const MIN_EVENTS = 40
const MINIMUM_PAYOUT_ATOMS = 20_000n
const RETRIEVAL_PARTS = 200_000
const HOLD_BACK_PARTS = 50_000
const HOLD_BACK_MONTHS = 3
const DISPUTE_MONTHS = 3
/** What disputing somebody else's line costs who is wrong. */
export const BOND_ATOMS = 100_000n

function contextOf({ play }: Year): RegistrationContext {
  return { ledgerId: play.ledgerId, cast: play.cast, time: play.clock.text() }
}

/** Who may send what, what there is at first, and by which policy it is paid. */
export async function register(year: Year): Promise<void> {
  const context = contextOf(year)
  const { operator, modelLab, gatewayOwner } = year.play.cast
  await sendAll(year, [
    await sourceRecord(context, SOURCES.operator, [
      ...(['AssetRegistered', 'AssetTransferred', 'FeatureMapPublished', 'PriceListPublished'] as const),
      ...(['OfferPublished', 'OfferAccepted', 'LicenceGranted'] as const),
    ]),
    await sourceRecord(context, SOURCES.portal, ['ContributionBatch', 'ContributionWithdrawn', 'DisputeOpened']),
    await sourceRecord(context, SOURCES.gateway, [
      'VoucherPresented',
      'InferenceRecorded',
      'CorrectionRecorded',
      'TaskOutcome',
      'AgentStep',
    ]),
    await sourceRecord(context, SOURCES.extractor, ['ContributionFeatures', 'InferenceFeatures']),
    await sourceRecord(context, SOURCES.watcher, ['Deposited']),
    await assetRecord(context, {
      ...{ asset: DATASET, kind: 'dataset', title: 'Handwritten digits', licence: LICENCE },
      owners: [{ who: operator, parts: WHOLE }],
    }),
    await assetRecord(context, {
      ...{ asset: STREET_DATASET, kind: 'dataset', title: 'House numbers, photographed', licence: LICENCE },
      owners: [{ who: operator, parts: WHOLE }],
    }),
    await assetRecord(context, {
      ...{ asset: MODEL, kind: 'model', title: 'Digit reader', licence: 'Apache-2.0' },
      owners: [{ who: modelLab, parts: WHOLE }],
    }),
    await assetRecord(context, {
      ...{ asset: INFRASTRUCTURE, kind: 'infrastructure', title: 'Inference gateway', licence: 'service' },
      owners: [{ who: gatewayOwner, parts: WHOLE }],
    }),
    await policyRecord(context, {
      ...{ ...STORY_SHARES, epochIntervalS: MONTH_S, minEvents: MIN_EVENTS },
      ...{ outsideWaitEpochs: 2, outcomeWaitEpochs: 1 },
      // A fifth of the data part is for what was looked up; all of it where nobody says what the model saw.
      ...{ dataChannels: [{ model: '', channels: ['features', 'retrieval'] }], retrievalParts: RETRIEVAL_PARTS },
      ...{ holdBackParts: HOLD_BACK_PARTS, holdBackEpochs: HOLD_BACK_MONTHS },
      minimumPayouts: [{ token: fromHex(year.play.token), amount: MINIMUM_PAYOUT_ATOMS }],
      ...{ disputeWindowEpochs: DISPUTE_MONTHS, disputeWaitEpochs: DISPUTE_MONTHS },
      disputeBonds: [{ token: fromHex(year.play.token), amount: BOND_ATOMS }],
    }),
  ])
}

/** @param names of those who contribute now, all that they have */
export async function contributeNow(year: Year, names: readonly string[], dataset: string): Promise<SentBatch[]> {
  const { play } = year
  const payloads = new FolderPayloadStore(play.session.directory.payloads)
  const sent: SentBatch[] = []
  for (const contributor of play.cast.contributors.filter(({ name }) => names.includes(name)))
    for (const batch of await batchesOf(contributor, play.seed, play.ledgerId, nowOf(year), { dataset })) {
      sent.push(batch)
      for (const payload of batch.payloads) await payloads.put(payload)
      await sendAll(year, [batch.record])
    }
  play.batches.push(...sent)
  return sent
}

/** The base model, on everything there is. */
export async function trainBase(year: Year, say: Say): Promise<void> {
  const { play } = year
  const lab = await train(play.batches, play.seed, say)
  play.lab = lab
  writeArtefact(play.session.directory.extractor, lab.artefact)
  await publish(year, MODEL, lab)
}

/** A model that goes on from the base, on other data, for a royalty that its owner and that of the data agree to. */
export async function fineTune(year: Year, street: readonly SentBatch[], say: Say): Promise<void> {
  const { play, others } = year
  const { studio } = others
  const agree = (signer: typeof studio.signer, parent: string, parts: number) =>
    derive({ ledgerId: play.ledgerId, signer, parent, child: STREET_MODEL, registrant: studio.address, parts })
  await sendAll(year, [
    await assetRecord(contextOf(year), {
      ...{ asset: STREET_MODEL, kind: 'model', title: 'House number reader', licence: 'commercial' },
      ...{ owners: [{ who: studio, parts: WHOLE }], access: 'licensed' },
      parents: [
        await agree(play.cast.modelLab.signer, MODEL, 300_000),
        await agree(play.cast.operator.signer, STREET_DATASET, 100_000),
      ],
    }),
  ])
  const lab = await train(street, play.seed, say, { base: year.labs.get(MODEL)!.model })
  await publish(year, STREET_MODEL, lab)
}

async function publish(year: Year, model: string, lab: Lab): Promise<void> {
  const { studio } = year.others
  year.labs.set(model, lab)
  year.nearPairs.set(model, new NearPairs(lab))
  const owner = model === MODEL ? {} : { owner: studio }
  await sendAll(year, [await featureMapRecord(contextOf(year), MAPS[model]!, lab.facts, { model, ...owner })])
}

/** What the extractor says of batches, for a model. */
export async function publishFeatures(year: Year, model: string, batches: readonly SentBatch[]): Promise<void> {
  const lab = year.labs.get(model)!
  const time = year.play.clock.text()
  for (const batch of batches) {
    const near = year.nearPairs.get(model)!.add(batch)
    await sendAll(year, contributionFeatureRecords(batch, lab, near, time, MAPS[model]))
  }
}

/** An agent that mostly belongs to itself, and the dataset in which it remembers. */
export async function registerAgent(year: Year): Promise<void> {
  const { clerk, developer } = year.others
  const context = contextOf(year)
  await sendAll(year, [
    await assetRecord(context, {
      ...{ asset: AGENT, kind: 'agent', title: 'Postal clerk', licence: 'service' },
      owners: [
        { who: clerk, parts: 700_000 },
        { who: developer, parts: 300_000 },
      ],
    }),
    await assetRecord(context, {
      ...{ asset: MEMORY_DATASET, kind: 'dataset', title: 'What the clerk once got wrong', licence: LICENCE },
      owners: [{ who: clerk, parts: WHOLE }],
    }),
  ])
}

/** @param untilMonth before the end of which it expires */
export async function license(year: Year, grant: string, terms: { readonly untilMs: bigint }): Promise<void> {
  const { play, others } = year
  const { record } = await grantLicence({
    ...{ ledgerId: play.ledgerId, signer: others.studio.signer, source: SOURCES.operator, grant, asset: STREET_MODEL },
    ...{ licensee: play.cast.payer.address, uses: ['infer', 'commercial'], id: grant, now: nowOf(year) },
    ...terms,
  })
  await sendAll(year, [record])
}

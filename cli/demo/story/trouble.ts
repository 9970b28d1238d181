import { correctInference } from '../../../client/src/correct.ts'
import { decideDispute, openDispute } from '../../../client/src/dispute.ts'
import { acceptOffer, offerLicence } from '../../../client/src/market.ts'
import type { Contributor } from '../../../examples/digits/demo/cast.ts'
import { MODEL, SOURCES } from '../../../examples/digits/demo/names.ts'
import { MONTH_S, STREET_MODEL } from '../../../examples/digits/story/names.ts'
import { erase } from '../../../jobs/erasure/erase.ts'
import { orderErasure } from '../../../jobs/erasure/order-erasure.ts'
import { orderAdjustment, requireOrderable } from '../../../jobs/rerun/order-adjustment.ts'
import { EmbeddedLog } from '../../../pipelines/embedded-log.ts'
import { FolderPayloadStore } from '../../../pipelines/payload-store.ts'
import type { DisputeClaim } from '../../../schemas/events.ts'
import { BOND_ATOMS } from './founding.ts'
import { depositFor, nowOf, sendAll, tell, type Year } from './year.ts'

const PRICE_OF_LICENCE = 500_000n
const DAY_MS = 86_400_000
const ALL_OF_IT = 1_000_000
export const CHARGED_WRONGLY_IN = 9
export const CHARGED_WRONGLY = 24

/** The customer, whose fees are held since the licence expired, buys another one that reaches back. */
export async function buyLicence(year: Year, epoch: number): Promise<void> {
  const { play, others } = year
  const { ledgerId, token } = play
  const common = { ledgerId, source: SOURCES.operator, now: nowOf(year) }
  const offer = 'offer/licence'
  const offered = await offerLicence({
    ...{ ...common, signer: others.studio.signer, offer, id: offer, asset: STREET_MODEL, token },
    ...{ price: PRICE_OF_LICENCE, uses: ['infer', 'commercial'], coversFromEpoch: epoch - 1 },
    ...{ durationMs: BigInt(12 * MONTH_S) * 1_000n, expires: new Date(common.now.getTime() + DAY_MS) },
  })
  const accepted = await acceptOffer({
    ...{ ...common, signer: play.cast.payer.signer, offer, terms: offered.digest, id: `${offer}/accepted` },
  })
  await sendAll(year, [offered.record, accepted.record])
}

/** Two say that somebody else's line is wrong, and put money on it. */
export async function dispute(year: Year, epoch: number): Promise<void> {
  const named = (name: string) => year.play.cast.contributors.find((each) => each.name === name)!
  const [dmitri, elif, hugo, ada] = ['Dmitri', 'Elif', 'Hugo', 'Ada'].map(named) as [
    ...[Contributor, Contributor, Contributor, Contributor],
  ]
  await open(year, epoch, { by: dmitri, of: elif, model: STREET_MODEL, claim: 'other', dispute: 'dispute/photos' })
  await open(year, epoch, { by: hugo, of: ada, model: MODEL, claim: 'duplicate', dispute: 'dispute/copies' })
}

interface Opening {
  readonly by: Contributor
  readonly of: Contributor
  readonly model: string
  readonly claim: DisputeClaim
  readonly dispute: string
}

async function open(year: Year, epoch: number, { by, of, model, claim, dispute: name }: Opening): Promise<void> {
  const { ledgerId, token, batches } = year.play
  await depositFor(year, by, BOND_ATOMS, by.name)
  const batch = batches.find(({ contributor }) => contributor.name === of.name)!
  const { record } = await openDispute({
    ...{ ledgerId, signer: by.signer, source: SOURCES.portal, id: name, dispute: name, now: nowOf(year), claim },
    ...{ line: { epoch: epoch - 1, account: of.address, token, kind: 'data', asset: model }, bond: BOND_ATOMS },
    ...(claim === 'duplicate' && { items: [{ batch: { source: SOURCES.portal, id: batch.id }, index: 0 }] }),
  })
  await sendAll(year, [record])
}

/** What could be shown counts, what could not costs the bond. */
export async function decide(year: Year): Promise<void> {
  const { ledgerId, cast } = year.play
  const common = { ledgerId, signer: cast.operator.signer, source: SOURCES.operator, now: nowOf(year) }
  const decisions = [
    { dispute: 'dispute/photos', upheld: true, awardParts: ALL_OF_IT, reason: 'He has the negatives.' },
    { dispute: 'dispute/copies', upheld: false, reason: 'Nothing like them was there before.' },
  ]
  for (const each of decisions) {
    const { record } = await decideDispute({ ...common, ...each, id: `${each.dispute}/decided` })
    await sendAll(year, [record])
  }
}

/** Somebody does not want to be in it any more. */
export async function askForErasure(year: Year, epoch: number): Promise<void> {
  const { session, cast, clock } = year.play
  const chioma = cast.contributors.find(({ name }) => name === 'Chioma')!
  await orderErasure({
    ...{ ledger: await session.ledger(), sink: (await session.log()).sink, signer: cast.operator.signer },
    ...{ target: { account: chioma.address }, time: clock.text() },
  })
  tell(year, epoch, 'erasure', `${chioma.name} asks that all she contributed is erased`)
}

/** Once the order is published and final, what can be reached goes. */
export async function carryOutErasure({ play: { session, clock } }: Year): Promise<string> {
  const { sink } = await session.log()
  const done = await erase({
    ...{ ledger: await session.ledger(), bundles: session.directory.bundles, clock: () => clock.now() },
    payloads: new FolderPayloadStore(session.directory.payloads),
    isAnchored: true,
    ...(sink instanceof EmbeddedLog ? { log: sink } : {}),
  })
  const bundles = `${done.bundles.length} ${done.bundles.length === 1 ? 'bundle' : 'bundles'}`
  return `${done.payloads} pictures with their salts and ${done.records} records are gone, ${bundles} written again`
}

/** What the gateway charged for and never answered, by its own account. */
export async function correctUses(year: Year): Promise<void> {
  const wrong = year.asked.filter(({ epoch }) => epoch === CHARGED_WRONGLY_IN).slice(0, CHARGED_WRONGLY)
  const records = wrong.map(({ id }) =>
    correctInference({
      ...{ source: SOURCES.gateway, inferenceId: id, fee: 'void', reason: 'The answer was never delivered.' },
      ...{ id: `${id}/void`, now: nowOf(year) },
    }),
  )
  await sendAll(
    year,
    records.map(({ record }) => record),
  )
}

/** The month of the mistake is settled again, beside what was published. */
export async function orderRerun(year: Year): Promise<void> {
  const { session, cast, clock } = year.play
  const order = {
    ...{ adjustment: 'adjustment/gateway', fromEpoch: CHARGED_WRONGLY_IN, toEpoch: CHARGED_WRONGLY_IN, method: '' },
    note: 'Uses that were charged and never answered.',
  }
  const ledger = await session.ledger()
  await requireOrderable(ledger, order)
  await orderAdjustment(ledger, (await session.log()).sink, cast.operator.signer, order, clock.text())
}

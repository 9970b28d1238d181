import { acceptOffer, offerShare } from '../../../client/src/market.ts'
import { transfer } from '../../../client/src/transfer.ts'
import type { DigitSample } from '../../../examples/digits/accounts.ts'
import type { Actor } from '../../../examples/digits/demo/cast.ts'
import { DATASET, INFRASTRUCTURE, MODEL, SOURCES } from '../../../examples/digits/demo/names.ts'
import { MONTH_S, STREET_DATASET, STREET_MODEL } from '../../../examples/digits/story/names.ts'
import { toStreetDigit } from '../../../examples/digits/story/street-digits.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import type { Say } from '../play.ts'
import { work } from './clerk.ts'
import { contributeNow, fineTune, license, publishFeatures, register, registerAgent, trainBase } from './founding.ts'
import {
  tellOfDecisions,
  tellOfDerivation,
  tellOfDisputes,
  tellOfExpiry,
  tellOfLicence,
  tellOfMistake,
  tellOfModel,
  tellOfRerun,
  tellOfResale,
  tellOfSale,
  tellOfTransfer,
} from './tales.ts'
import { askForErasure, buyLicence, correctUses, decide, dispute, orderRerun } from './trouble.ts'
import { ask, depositFor, nowOf, sendAll, type Year } from './year.ts'

const DEPOSIT_ATOMS = 100_000_000n
const SAVINGS_ATOMS = 5_000_000n
/** Ten months of the digits that it pays the model for, and something to spare. */
const CLERK_ATOMS = 10_000_000n
const DAY_S = 86_400
/** Of a month's digits: so many are read on paper, so many on houses, and so many by the agent. */
const [PAPER_USES, STREET_USES, AGENT_USES] = [120, 80, 40]

/** What happens in a month, before its uses. */
interface Month {
  readonly title: string
  readonly happens?: (year: Year, epoch: number, say: Say) => Promise<void>
  /** What the ledger says of it, once it is settled. */
  readonly tells?: (year: Year, epoch: number) => Promise<void>
}

export const YEAR: readonly Month[] = [
  { title: 'A model is founded', happens: foundModel, tells: tellOfModel },
  { title: 'Another is made from it, for a royalty', happens: foundStreetModel, tells: tellOfDerivation },
  { title: 'A share is sold; an agent goes to work', happens: sellShare, tells: tellOfSale },
  { title: 'The share is sold on', happens: resellShare, tells: tellOfResale },
  { title: 'The gateway gets a partner', happens: giveHalf, tells: tellOfTransfer },
  { title: 'The licence has expired', tells: tellOfExpiry },
  { title: 'Another licence reaches back', happens: buyLicence, tells: tellOfLicence },
  { title: 'Two lines are disputed', happens: dispute, tells: tellOfDisputes },
  { title: 'One dispute is won, one is lost', happens: decide, tells: tellOfDecisions },
  { title: 'The gateway owns up to a mistake', happens: correctUses, tells: tellOfMistake },
  { title: 'The month of the mistake is settled again', happens: orderRerun, tells: tellOfRerun },
  { title: 'Somebody wants to be erased', happens: askForErasure },
]

async function foundModel(year: Year, _epoch: number, say: Say): Promise<void> {
  await register(year)
  await depositFor(year, year.play.cast.payer, DEPOSIT_ATOMS, 'customer')
  const batches = await contributeNow(year, ['Ada', 'Bruno', 'Chioma', 'Hugo', 'Ines'], DATASET)
  await trainBase(year, say)
  await publishFeatures(year, MODEL, batches)
}

async function foundStreetModel(year: Year, _epoch: number, say: Say): Promise<void> {
  const street = await contributeNow(year, ['Dmitri', 'Elif'], STREET_DATASET)
  await fineTune(year, street, say)
  await publishFeatures(year, STREET_MODEL, street)
  const untilMs = year.play.clock.startMs + BigInt(5 * MONTH_S) * 1_000n
  await license(year, 'licence/first', { untilMs })
}

/** By signature of both; the digest says what was agreed to. */
async function sell(
  year: Year,
  seller: Actor,
  buyer: Actor,
  { offer, parts, price }: { offer: string; parts: number; price: bigint },
): Promise<void> {
  const { ledgerId, token, clock } = year.play
  const common = { ledgerId, source: SOURCES.operator, now: nowOf(year) }
  const expires = new Date(Number(clock.now()) + DAY_S * 1_000)
  const offered = await offerShare({
    ...{ ...common, signer: seller.signer, offer, id: offer, asset: MODEL, parts, token, price, expires },
  })
  await sendAll(year, [offered.record])
  const accepted = await acceptOffer({
    ...{ ...common, signer: buyer.signer, offer, terms: offered.digest, id: `${offer}/accepted` },
  })
  await sendAll(year, [accepted.record])
}

async function sellShare(year: Year): Promise<void> {
  const { cast } = year.play
  const { investor, clerk } = year.others
  await depositFor(year, investor, SAVINGS_ATOMS, 'investor')
  await sell(year, cast.modelLab, investor, { offer: 'offer/first', parts: 300_000, price: 900_000n })
  await registerAgent(year)
  year.hasAgent = true
  await depositFor(year, clerk, CLERK_ATOMS, 'clerk')
}

async function resellShare(year: Year): Promise<void> {
  const { investor, pensionFund } = year.others
  await depositFor(year, pensionFund, SAVINGS_ATOMS, 'pension fund')
  await sell(year, investor, pensionFund, { offer: 'offer/second', parts: 100_000, price: 400_000n })
}

async function giveHalf(year: Year): Promise<void> {
  const { ledgerId, cast } = year.play
  const { partner } = year.others
  const { record } = await transfer({
    ...{ ledgerId, signer: cast.gatewayOwner.signer, source: SOURCES.operator, asset: INFRASTRUCTURE },
    ...{ to: partner.address, parts: 500_000, id: 'transfer/gateway', now: nowOf(year) },
  })
  await sendAll(year, [record])
}

const MIDDLE_S = 15 * DAY_S

/** Uses of the month: on paper, on houses once there is a model for it, and by the agent once there is one. */
export async function useModels(year: Year, epoch: number): Promise<string> {
  const { play } = year
  play.clock.moveTo(epoch, MIDDLE_S)
  const samples = play.split.heldOut(epoch - 1)
  const take = (count: number): DigitSample[] => samples.splice(0, count)
  const payer = play.cast.payer
  const read = await ask(year, epoch, { payer, model: MODEL, samples: take(PAPER_USES) })
  const said = [`${PAPER_USES} digits on paper`]
  let { fees } = read
  if (year.labs.has(STREET_MODEL)) {
    const grain = Xoshiro128.fromSeed(play.seed).fork(`street/${epoch}`)
    const seen = take(STREET_USES).map((sample) => ({ ...sample, image: toStreetDigit(sample.image, grain) }))
    fees += (await ask(year, epoch, { payer, model: STREET_MODEL, samples: seen })).fees
    said.push(`${STREET_USES} on houses`)
  }
  if (year.hasAgent) {
    const done = await work(year, epoch, take(AGENT_USES))
    said.push(`${done.postcodes} postcodes by the agent`)
  }
  return `${said.join(', ')}; ${(Number(fees) / 1e6).toFixed(2)} tUSD for digits`
}

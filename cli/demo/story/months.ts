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
import { ask, depositFor, nowOf, sendAll, tell, type Year } from './year.ts'

const DEPOSIT_ATOMS = 20_000_000n
const SAVINGS_ATOMS = 5_000_000n
const DAY_S = 86_400
/** Of a month's digits: so many are read on paper, so many on houses, and so many by the agent. */
const [PAPER_USES, STREET_USES, AGENT_USES] = [120, 80, 40]

/** What happens in a month, before its uses. */
interface Month {
  readonly title: string
  readonly happens?: (year: Year, epoch: number, say: Say) => Promise<void>
}

export const YEAR: readonly Month[] = [
  { title: 'A model is founded', happens: foundModel },
  { title: 'Another is made from it, for a royalty', happens: foundStreetModel },
  { title: 'A share is sold; an agent goes to work', happens: sellShare },
  { title: 'The share is sold on', happens: resellShare },
  { title: 'The gateway gets a partner', happens: giveHalf },
  { title: 'The licence has expired' },
  { title: 'A new licence reaches back', happens: licenseAnew },
  { title: 'Business as usual' },
]

async function foundModel(year: Year, epoch: number, say: Say): Promise<void> {
  await register(year)
  await depositFor(year, year.play.cast.payer, DEPOSIT_ATOMS, 'customer')
  const batches = await contributeNow(year, ['Ada', 'Bruno', 'Chioma', 'Hugo', 'Ines'], DATASET)
  await trainBase(year, say)
  await publishFeatures(year, MODEL, batches)
  tell(year, epoch, 'model', `${MODEL} is trained on ${batches.length} batches of five people`)
}

async function foundStreetModel(year: Year, epoch: number, say: Say): Promise<void> {
  const street = await contributeNow(year, ['Dmitri', 'Elif'], STREET_DATASET)
  await fineTune(year, street, say)
  await publishFeatures(year, STREET_MODEL, street)
  const untilMs = year.play.clock.startMs + BigInt(5 * MONTH_S) * 1_000n
  await license(year, 'licence/first', { untilMs })
  tell(year, epoch, 'derivation', `${STREET_MODEL} goes on from ${MODEL}; it is licensed until the end of month 5`)
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

async function sellShare(year: Year, epoch: number): Promise<void> {
  const { cast } = year.play
  const { investor, clerk } = year.others
  await depositFor(year, investor, SAVINGS_ATOMS, 'investor')
  await sell(year, cast.modelLab, investor, { offer: 'offer/first', parts: 300_000, price: 900_000n })
  tell(year, epoch, 'sale', `${investor.name} buys 30 % of ${MODEL} from ${cast.modelLab.name} for .90 tUSD`)
  await registerAgent(year)
  await depositFor(year, clerk, SAVINGS_ATOMS, 'clerk')
  tell(year, epoch, 'agent', `${clerk.name} has an account of its own, and pays the model for each digit`)
}

async function resellShare(year: Year, epoch: number): Promise<void> {
  const { investor, pensionFund } = year.others
  await depositFor(year, pensionFund, SAVINGS_ATOMS, 'pension fund')
  await sell(year, investor, pensionFund, { offer: 'offer/second', parts: 100_000, price: 400_000n })
  tell(year, epoch, 'resale', `${pensionFund.name} buys a third of that from ${investor.name} for .40 tUSD`)
}

async function giveHalf(year: Year, epoch: number): Promise<void> {
  const { ledgerId, cast } = year.play
  const { partner } = year.others
  const { record } = await transfer({
    ...{ ledgerId, signer: cast.gatewayOwner.signer, source: SOURCES.operator, asset: INFRASTRUCTURE },
    ...{ to: partner.address, parts: 500_000, id: 'transfer/gateway', now: nowOf(year) },
  })
  await sendAll(year, [record])
  tell(year, epoch, 'transfer', `${cast.gatewayOwner.name} gives a half of the gateway to ${partner.name}`)
}

async function licenseAnew(year: Year, epoch: number): Promise<void> {
  await license(year, 'licence/second', { coversFromEpoch: epoch - 1 })
  tell(year, epoch, 'licence', `fees that were held since the licence expired are released by another one`)
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
  if (year.told.some(({ event }) => event === 'agent')) {
    const done = await work(year, epoch, take(AGENT_USES))
    said.push(`${done.postcodes} postcodes by the agent`)
  }
  return `${said.join(', ')}; ${(Number(fees) / 1e6).toFixed(2)} tUSD for digits`
}

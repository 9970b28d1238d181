import { CLASSES, SIDE } from '../../examples/digits/dataset.ts'
import type { PeriodEvents } from '../../jobs/attribution/rows.ts'
import { eventRows, joinEvents } from './features.ts'
import type { Bound, Gate, Measurement } from './gate.ts'
import type { Lab, Situation } from './lab.ts'
import { DATA_PARTS, type Paid, payPeriod, sumAt } from './period.ts'
import { searchPurchase } from './purchase-search.ts'
import type { Sample } from './world.ts'

/** What a purchase brings back, less what it cost, over what it cost: no seed may be above 0. */
export const NO_RETURN: Bound = { kind: 'at most', limit: 0, worst: 0 }
const BUYERS = [1, 5]
/** Of the fees of all others. */
const PURCHASES = [0.005, 0.05, 0.25]
/** So many different uses are bought. */
const USES = 20
const IMAGES_LOOKED_AT = 300
const DATA_PART = DATA_PARTS / 1e6
/** The part of a period's pool that the one before may have left. */
const CARRIED = 0.5

/** Purchases are tried once for all gates of a lab. */
const tried = new WeakMap<Lab, Promise<readonly Trial[]>>()

export const WASH_GATES: readonly Gate[] = [
  gate('wash demand', (trial) => (trial.first ? undefined : trial.deals.map((deal) => returnOf(deal, 0)))),
  gate('wash demand, first period', (trial) =>
    trial.first ? trial.deals.map((deal) => returnOf(deal, 0)) : undefined,
  ),
  gate('wash demand beside a carried pool', (trial) =>
    trial.first ? undefined : trial.deals.map((deal) => returnOf(deal, CARRIED)),
  ),
]

/** The best purchases of one kind of buyer in one kind of period. */
interface Trial {
  readonly setting: string
  /** The period has no D̄ yet: it makes its own from all events, those bought included. */
  readonly first: boolean
  readonly deals: readonly Deal[]
}

interface Deal {
  readonly buyers: readonly number[]
  readonly without: Paid
  readonly paid: Paid
  readonly fees: number
  readonly bought: number
}

function gate(name: string, returns: (trial: Trial) => readonly number[] | undefined): Gate {
  const measure = async (lab: Lab) => {
    const trials = tried.get(lab) ?? tryPurchases(lab)
    tried.set(lab, trials)
    return (await trials).flatMap((trial): Measurement[] => {
      const found = returns(trial)
      return found === undefined ? [] : [{ setting: trial.setting, measured: Math.max(...found) }]
    })
  }
  return { name, bound: NO_RETURN, measure }
}

async function tryPurchases(lab: Lab): Promise<readonly Trial[]> {
  const trials: Trial[] = []
  for (const count of BUYERS) {
    for (const niche of [false, true]) {
      const { buyers, situation, first, later, dBarFixed, uses } = await usesOfBuyers(lab, count, niche)
      const setting = `${lab.dealing}, ${count} of ${lab.size.accounts}${niche ? ', niche data' : ''}`
      trials.push(
        { setting, first: true, deals: await buy(lab, situation, first, null, buyers, uses, PURCHASES.slice(-1)) },
        { setting, first: false, deals: await buy(lab, situation, later, dBarFixed, buyers, uses, PURCHASES) },
      )
    }
  }
  return trials
}

/** What is best to buy for the first `count` accounts, and the periods without it. */
export async function usesOfBuyers(lab: Lab, count: number, niche = false) {
  const buyers = Array.from({ length: count }, (_, at) => at)
  const situation = niche ? await lab.attacked(buyers, (items) => items.map(toNiche)) : await lab.honest()
  const first = await payPeriod(lab.rule, situation.contributed, situation.events)
  const { dBarFixed } = first.result.next!
  const later = await payPeriod(lab.rule, situation.contributed, situation.events, dBarFixed)
  const own = buyers.flatMap((account) => lab.world.accounts[account]!)
  const looked = [...own.slice(0, IMAGES_LOOKED_AT / 2), ...lab.world.reserve].slice(0, IMAGES_LOOKED_AT)
  const images = looked.map((sample) => (niche ? toNiche(sample) : sample).image)
  const random = lab.random(`wash/${buyers.length}`)
  const uses = await searchPurchase({ rule: lab.rule, situation, without: later, buyers, images, aim: 1, random }, USES)
  return { buyers, situation, first, later, dBarFixed, uses }
}

/** Buys `uses` for each part of the fees. */
export async function buy(
  { rule }: Lab,
  { trained, contributed, events }: Situation,
  without: Paid,
  dBarFixed: bigint | null,
  buyers: readonly number[],
  uses: readonly Sample[],
  purchases: readonly number[],
): Promise<readonly Deal[]> {
  const fees = feesOf(events)
  const deals: Deal[] = []
  for (const part of purchases) {
    const fee = Math.max(1, Math.round((part * fees) / uses.length))
    const bought = eventRows(trained, uses, new Float64Array(uses.length).fill(fee))
    const paid = await payPeriod(rule, contributed, joinEvents(events, bought), dBarFixed)
    deals.push({ buyers, without, paid, fees, bought: feesOf(bought) })
  }
  return deals
}

/**
 * (What the buyers' accounts get more than without the purchase − its fees) / its fees.
 *
 * @param carried what the period before left, in pools of this period
 */
export function returnOf({ buyers, without, paid, fees, bought }: Deal, carried: number): number {
  const left = carried * DATA_PART * fees
  const before = (DATA_PART * fees + left) * sumAt(without.pay, buyers)
  const after = (DATA_PART * (fees + bought) + left) * sumAt(paid.pay, buyers)
  return (after - before) / bought - 1
}

function feesOf({ fees }: PeriodEvents): number {
  return fees.reduce((sum, fee) => sum + fee, 0)
}

/** What only its owner has and asks about: digits on their side, white for black, called something else. */
function toNiche({ image, label }: Sample): Sample {
  return {
    image: image.map((_, at) => 255 - image[(at % SIDE) * SIDE + Math.floor(at / SIDE)]!),
    label: (label + 3) % CLASSES,
  }
}

import { CLASSES, SIDE } from '../../examples/digits/dataset.ts'
import type { PeriodEvents } from '../../jobs/attribution/rows.ts'
import { joinEvents } from '../../jobs/incentives/event-rows.ts'
import { eventRows } from './features.ts'
import type { Bound, Gate, Measurement } from './gate.ts'
import type { Lab, Situation } from './lab.ts'
import { oncePerLab } from './once-per-lab.ts'
import { DATA_PARTS, type Paid, payablePool, payPeriod, sumAt } from './period.ts'
import { searchPurchase } from './purchase-search.ts'
import type { Sample } from './world.ts'

/** What a purchase brings back, less what it cost, over what it cost: no seed may be above 0. */
export const NO_RETURN: Bound = { kind: 'at most', limit: 0, worst: 0 }
/** Of the fees of all others. */
const PURCHASES = [0.005, 0.05, 0.25]
/** Part of the fees for which two ways of searching are compared. */
const PROBE = 0.05
/** So many different uses are bought. */
const USES = 20
const DATA_PART = DATA_PARTS / 1e6
/** The part of a period's pool that the one before may have left. */
const CARRIED = 0.5

export const WASH_GATES: readonly Gate[] = [
  { name: 'wash demand', bound: NO_RETURN, measure: (lab) => bestOf(lab, (trial) => trial.later(), 0) },
  { name: 'wash demand, first period', bound: NO_RETURN, measure: (lab) => bestOf(lab, (trial) => trial.first(), 0) },
  {
    name: 'wash demand beside a carried pool',
    bound: NO_RETURN,
    measure: (lab) => bestOf(lab, (trial) => trial.later(), CARRIED),
  },
]

/** The best purchases of one kind of buyer. */
interface Trial {
  readonly setting: string
  /** In a period that has no D̄ yet: it makes its own from all events, those bought included. */
  readonly first: () => Promise<readonly Deal[]>
  readonly later: () => Promise<readonly Deal[]>
}

interface Deal {
  readonly buyers: readonly number[]
  readonly without: Paid
  readonly paid: Paid
  readonly fees: number
  readonly bought: number
}

async function bestOf(lab: Lab, deals: (trial: Trial) => Promise<readonly Deal[]>, carried: number) {
  const measurements: Measurement[] = []
  for (const count of lab.size.buyers) {
    for (const niche of [false, true]) {
      const trial = await tryPurchases(lab, count, niche)
      const returns = (await deals(trial)).map((deal) => returnOf(deal, carried))
      measurements.push({ setting: trial.setting, measured: Math.max(...returns) })
    }
  }
  return measurements
}

const tryPurchases = oncePerLab(async (lab, count: number, niche: boolean): Promise<Trial> => {
  const { buyers, situation, first, later, dBarFixed, uses } = await usesOfBuyers(lab, count, niche)
  const inFirst = oncePerLab(() => buy(lab, situation, first, null, buyers, uses, PURCHASES.slice(-1)))
  const inLater = oncePerLab(() => buy(lab, situation, later, dBarFixed, buyers, uses, PURCHASES))
  return {
    setting: `${lab.dealing}, ${count} of ${lab.size.accounts}${niche ? ', niche data' : ''}`,
    first: () => inFirst(lab),
    later: () => inLater(lab),
  }
})

/**
 * What is best to buy for the first `count` accounts, and the periods without it. Two searches, one reckoning with the cap and
 * one that does not, and the one that brings back more: a rule without a cap is found out too.
 */
export const usesOfBuyers = oncePerLab(async (lab, count: number, niche: boolean) => {
  const { imagesLookedAt } = lab.size
  const buyers = Array.from({ length: count }, (_, at) => at)
  const situation = niche ? await lab.attacked(buyers, (items) => items.map(toNiche)) : await lab.honest()
  const first = await payPeriod(lab.rule, situation.contributed, situation.events)
  const { dBarFixed } = first.result.next!
  const later = await payPeriod(lab.rule, situation.contributed, situation.events, dBarFixed)
  const own = buyers.flatMap((account) => lab.world.accounts[account]!)
  const looked = [...own.slice(0, imagesLookedAt / 2), ...lab.world.reserve].slice(0, imagesLookedAt)
  const images = looked.map((sample) => (niche ? toNiche(sample) : sample).image)
  const random = lab.random(`wash/${buyers.length}`)
  const search = { rule: lab.rule, situation, without: later, buyers, images, aim: 1 as const, random }
  const found: { uses: readonly Sample[]; back: number }[] = []
  for (const capped of [true, false]) {
    const uses = await searchPurchase({ ...search, capped }, USES)
    const [deal] = await buy(lab, situation, later, dBarFixed, buyers, uses, [PROBE])
    found.push({ uses, back: returnOf(deal!, 0) })
  }
  const { uses } = found.reduce((best, each) => (each.back > best.back ? each : best))
  return { buyers, situation, first, later, dBarFixed, uses }
})

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
  const before = payablePool(DATA_PART * fees, left) * sumAt(without.pay, buyers)
  const after = payablePool(DATA_PART * (fees + bought), left) * sumAt(paid.pay, buyers)
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

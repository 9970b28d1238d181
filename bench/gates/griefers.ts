import type { PeriodEvents } from '../../jobs/attribution/rows.ts'
import { joinEvents } from '../../jobs/incentives/event-rows.ts'
import { eventRows } from './features.ts'
import type { Gate, Measurement } from './gate.ts'
import type { Lab, Situation } from './lab.ts'
import { oncePerLab } from './once-per-lab.ts'
import { carriedPool, DATA_PARTS, payablePool, payPeriod } from './period.ts'
import { searchPurchase } from './purchase-search.ts'
import { NO_RETURN } from './wash.ts'
import type { Sample } from './world.ts'

const PERIODS = 6
/** Of the honest fees. */
const GRIEF = 0.02
const USES = 20
/** Asked in each period, of all that is neither contributed nor asked before. */
const ASKED_EACH = 2_000
const DATA_PART = DATA_PARTS / 1e6
const GRIEFER = 0

/** What six periods come to. */
interface Course {
  /** D̄ at exponent 128 that the last period left. */
  readonly dBarFixed: bigint
  /** Money to the griefer's account, and to all others. */
  readonly griefer: number
  readonly others: number
  readonly spent: number
}

/** Somebody pays, period after period, for uses that take from all others, so that D̄ falls. */
export const GRIEF_GATES: readonly Gate[] = [
  { name: 'griefers, D̄ after six periods', bound: { kind: 'at least', limit: 0.75, worst: 0.65 }, measure: level },
  { name: 'griefers, pay of the others', bound: { kind: 'at least', limit: 0.9, worst: 0.85 }, measure: others },
  { name: 'griefers, what comes back', bound: NO_RETURN, measure: comesBack },
]

async function level(lab: Lab): Promise<Measurement[]> {
  const [usual, grieved] = await both(lab)
  return [{ setting: lab.dealing, measured: Number(grieved.dBarFixed) / Number(usual.dBarFixed) }]
}

async function others(lab: Lab): Promise<Measurement[]> {
  const [usual, grieved] = await both(lab)
  return [{ setting: lab.dealing, measured: grieved.others / usual.others }]
}

async function comesBack(lab: Lab): Promise<Measurement[]> {
  const [usual, grieved] = await both(lab)
  return [{ setting: lab.dealing, measured: (grieved.griefer - usual.griefer) / grieved.spent - 1 }]
}

/** Six periods without and with the griefer. */
const both = oncePerLab(async (lab): Promise<readonly [Course, Course]> => {
  const situation = await lab.honest()
  const uses = await destructiveUses(lab, situation)
  return [await runPeriods(lab, situation, []), await runPeriods(lab, situation, uses)]
})

async function destructiveUses(lab: Lab, situation: Situation): Promise<readonly Sample[]> {
  const first = await payPeriod(lab.rule, situation.contributed, situation.events)
  const without = await payPeriod(lab.rule, situation.contributed, situation.events, first.result.next!.dBarFixed)
  const images = lab.world.reserve.slice(0, lab.size.imagesLookedAt).map(({ image }) => image)
  const random = lab.random('grief')
  return searchPurchase(
    { rule: lab.rule, situation, without, buyers: [GRIEFER], images, aim: -1, capped: true, random },
    USES,
  )
}

async function runPeriods(
  lab: Lab,
  { trained, contributed, events }: Situation,
  uses: readonly Sample[],
): Promise<Course> {
  let { dBarFixed } = (await payPeriod(lab.rule, contributed, events)).result.next!
  let [carried, griefer, others, spent] = [0, 0, 0, 0]
  for (let period = 0; period < PERIODS; period++) {
    const asked = askedIn(lab, trained, period)
    const bought = uses.length === 0 ? undefined : griefIn(trained, uses, asked)
    const all = bought === undefined ? asked : joinEvents(asked, bought)
    const paid = await payPeriod(lab.rule, contributed, all, dBarFixed)
    const own = DATA_PART * feesOf(all)
    const pool = payablePool(own, carried)
    const money = paid.pay.reduce((sum, part) => sum + part * pool, 0)
    griefer += paid.pay[GRIEFER]! * pool
    others += money - paid.pay[GRIEFER]! * pool
    spent += bought === undefined ? 0 : feesOf(bought)
    carried = carriedPool(own, carried, money)
    dBarFixed = paid.result.next!.dBarFixed
  }
  return { dBarFixed, griefer, others, spent }
}

function askedIn(lab: Lab, trained: Situation['trained'], period: number): PeriodEvents {
  const pool = [...lab.world.asked, ...lab.world.reserve]
  const asked = lab.random(`period/${period}`).shuffle(pool).slice(0, ASKED_EACH)
  return eventRows(trained, asked, lab.fees(asked.length, `fees/${period}`))
}

function griefIn(trained: Situation['trained'], uses: readonly Sample[], asked: PeriodEvents): PeriodEvents {
  const fee = Math.max(1, Math.round((GRIEF * feesOf(asked)) / uses.length))
  return eventRows(trained, uses, new Float64Array(uses.length).fill(fee))
}

function feesOf({ fees }: PeriodEvents): number {
  return fees.reduce((sum, fee) => sum + fee, 0)
}

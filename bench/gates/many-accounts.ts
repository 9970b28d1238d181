import { spearman } from '../statistics.ts'
import { atMost, correlationAtLeast, type Gate, type Measurement } from './gate.ts'
import type { Lab } from './lab.ts'
import { oncePerLab } from './once-per-lab.ts'
import { type Contributed, type Paid, payPeriod } from './period.ts'
import { buy, NO_RETURN, returnOf, usesOfBuyers } from './wash.ts'

/** So many accounts of fifty become a buyer's names, one for each of their items. */
const BUYERS = 5
const PURCHASES = [0.05, 0.25]

/** Each item has an account of its own (docs/attribution.md step 4a, far above 1,024 groups). */
export const MANY_GATES: readonly Gate[] = [
  { name: 'many accounts, wash demand', bound: NO_RETURN, measure: wash },
  { name: 'many accounts, pay by former owner', bound: correlationAtLeast(0.6), measure: sameOwners },
  { name: 'many accounts, part of the pool that is left', bound: atMost(0.5, 0.6), measure: left },
]

async function wash(lab: Lab): Promise<Measurement[]> {
  const { situation, uses } = await usesOfBuyers(lab, BUYERS, false)
  const { contributed, later, dBarFixed } = await alone(lab)
  const names = [...contributed.account.keys()].filter((item) => situation.contributed.account[item]! < BUYERS)
  const apart = { ...situation, contributed }
  const deals = await buy(lab, apart, later, dBarFixed, names, uses, PURCHASES)
  return [{ setting: settingOf(lab), measured: Math.max(...deals.map((deal) => returnOf(deal, 0))) }]
}

/** What the items of one of fifty accounts get as accounts of their own, against what it gets. */
async function sameOwners(lab: Lab): Promise<Measurement[]> {
  const { contributed, events } = await lab.honest()
  const { later } = await alone(lab)
  const { shares } = await payPeriod(lab.rule, contributed, events)
  const regrouped = new Float64Array(contributed.accounts)
  for (const [item, share] of later.shares.entries()) regrouped[contributed.account[item]!]! += share
  return [{ setting: settingOf(lab), measured: spearman(regrouped, shares) }]
}

async function left(lab: Lab): Promise<Measurement[]> {
  const { later } = await alone(lab)
  return [{ setting: settingOf(lab), measured: 1 - later.pay.reduce((sum, part) => sum + part, 0) }]
}

function settingOf({ dealing, size }: Lab): string {
  return `${dealing}, ${size.accounts * size.itemsEach} accounts of one item`
}

interface Alone {
  readonly contributed: Contributed
  readonly later: Paid
  readonly dBarFixed: bigint
}

const alone = oncePerLab(async (lab): Promise<Alone> => {
  const { contributed, events } = await lab.honest()
  const { count } = contributed.rows
  const apart = { ...contributed, account: Uint32Array.from({ length: count }, (_, item) => item), accounts: count }
  const { dBarFixed } = (await payPeriod(lab.rule, apart, events)).result.next!
  return { contributed: apart, later: await payPeriod(lab.rule, apart, events, dBarFixed), dBarFixed }
})

import { spearman, totalVariation } from '../statistics.ts'
import { coalitionValues } from './coalitions.ts'
import { pickEvents } from './features.ts'
import { atMost, correlationAtLeast, type Gate, type Measurement } from './gate.ts'
import type { Lab } from './lab.ts'
import { type Contributed, type Paid, payPeriod } from './period.ts'
import type { Dealing } from './world.ts'

const COALITIONS = 500
const ASKED_DIGIT = 3
/** Of the uses ask about that digit. */
const ASKED_PART = 0.8

/** Nobody attacks: whether pay follows what the data does. */
export const HONEST_GATES: readonly Gate[] = [
  { name: 'honest contributors paid nothing', bound: atMost(0), measure: paidNothing },
  {
    name: 'two disjoint ensembles, correlation of shares',
    bound: correlationAtLeast(0.95),
    measure: ensembleCorrelation,
  },
  { name: 'two disjoint ensembles, shares moved', bound: atMost(0.02), measure: ensembleVariation },
  {
    name: 'mostly one digit asked, what its items get more',
    bound: { kind: 'at least', limit: 1.5, worst: 1 },
    measure: oneDigitAsked,
  },
  { name: 'true value by coalitions', bound: correlationAtLeast(0.75), measure: (lab) => trueValue(lab, 'IID') },
  {
    name: 'true value by coalitions, specialised',
    bound: { kind: 'at least', limit: 0.5, worst: 0.25 },
    measure: (lab) => trueValue(lab, 'Dirichlet(.3)'),
  },
]

/** Only where all have the same classes: a specialised account may well own nothing that is asked for. */
async function paidNothing(lab: Lab): Promise<Measurement[]> {
  if (lab.dealing !== 'IID') return []
  const { contributed, events } = await lab.honest()
  const { pay } = await payPeriod(lab.rule, contributed, events)
  return [{ setting: lab.dealing, measured: pay.filter((part) => part === 0).length }]
}

async function ensembleCorrelation(lab: Lab): Promise<Measurement[]> {
  const [one, other] = await twoEnsembles(lab)
  return [{ setting: lab.dealing, measured: spearman(one.shares, other.shares) }]
}

async function ensembleVariation(lab: Lab): Promise<Measurement[]> {
  const [one, other] = await twoEnsembles(lab)
  return [{ setting: lab.dealing, measured: totalVariation(one.shares, other.shares) }]
}

/** The same data, asked the same, by two models whose members share no seed. */
async function twoEnsembles(lab: Lab): Promise<[Paid, Paid]> {
  const [one, other] = [await lab.honest(), await lab.situation(lab.world.accounts, 1)]
  return [
    await payPeriod(lab.rule, one.contributed, one.events),
    await payPeriod(lab.rule, other.contributed, other.events),
  ]
}

async function trueValue(lab: Lab, dealing: Dealing): Promise<Measurement[]> {
  if (lab.dealing !== dealing) return []
  const { trained, contributed, events } = await lab.honest()
  const { shares } = await payPeriod(lab.rule, contributed, events)
  const { accounts, asked } = lab.world
  const values = coalitionValues({ trained, accounts, asked, random: lab.random('coalitions'), models: COALITIONS })
  return [{ setting: lab.dealing, measured: spearman(shares, values) }]
}

/** Part of the pay that reaches items of the digit that is mostly asked about, over what reaches them when all are asked. */
async function oneDigitAsked(lab: Lab): Promise<Measurement[]> {
  const { contributed, events } = await lab.honest()
  const random = lab.random('demand')
  const asked = [...lab.world.asked.keys()]
  const matching = asked.filter((event) => lab.world.asked[event]!.label === ASKED_DIGIT)
  const drawn = asked.map((event) =>
    random.nextFloat() < ASKED_PART ? matching[random.nextInt(matching.length)]! : event,
  )
  const usual = await payPeriod(lab.rule, contributed, events)
  const skewed = await payPeriod(lab.rule, contributed, pickEvents(events, drawn))
  return [{ setting: lab.dealing, measured: partOfDigit(contributed, skewed) / partOfDigit(contributed, usual) }]
}

/** An account's pay divides among its items by max(0, value). */
function partOfDigit({ rows, account, accounts }: Contributed, { result, shares }: Paid): number {
  const [all, matching] = [new Float64Array(accounts), new Float64Array(accounts)]
  for (const [item, value] of result.values.entries()) {
    if (value <= 0) continue
    all[account[item]!]! += value
    if (rows.labels[item] === ASKED_DIGIT) matching[account[item]!]! += value
  }
  return shares.reduce((sum, share, at) => sum + (all[at] === 0 ? 0 : (share * matching[at]!) / all[at]!), 0)
}

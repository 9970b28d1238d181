import { CLASSES } from '../../examples/digits/dataset.ts'
import { itemGradients } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../../jobs/attribution/bilinear/leverage.ts'
import type { FactoredRows } from '../../jobs/attribution/rows.ts'
import { reserveOf } from './data-attacks.ts'
import { itemRows } from './features.ts'
import type { Bound, Gate, Measurement } from './gate.ts'
import type { Lab, Situation } from './lab.ts'
import { againstOthers, payPeriod } from './period.ts'
import type { Sample } from './world.ts'

const ROUNDS = 2
/** Best of the true digits whose mixtures are tried too. */
const PARENTS = 60
const MIXTURES = 600

/** The best tenth of what the honest have earns about so much of the mean: choosing may not bring more than that. */
const BOUND: Bound = { kind: 'at most', limit: 2, worst: 2.5 }

/**
 * Attackers who know rule, model and V: each makes, of its digits and its part of the reserve, with any labels and as mixtures,
 * the hundred items that the published V values most; the model is trained on them, and they choose again.
 */
export const ADAPTIVE_GATES: readonly Gate[] = [
  { name: 'adaptive choice of digits', bound: BOUND, measure: (lab) => adapt(lab, false) },
  { name: 'adaptive labels and mixtures', bound: BOUND, measure: (lab) => adapt(lab, true) },
]

async function adapt(lab: Lab, forges: boolean): Promise<Measurement[]> {
  let situation = await lab.honest()
  for (let round = 0; round < ROUNDS; round++) {
    const v = await publishedVector(lab, situation)
    const choices = new Map<number, readonly Sample[]>()
    for (const attacker of lab.attackers) choices.set(attacker, await choose(lab, situation, v, attacker, forges))
    situation = await lab.attacked(lab.attackers, (_, at) => choices.get(at)!)
  }
  const { shares } = await payPeriod(lab.rule, situation.contributed, situation.events)
  return [{ setting: lab.dealing, measured: againstOthers(shares, lab.attackers) }]
}

async function publishedVector(lab: Lab, { contributed, events }: Situation): Promise<Int32Array> {
  return (await payPeriod(lab.rule, contributed, events)).result.v
}

async function choose(lab: Lab, situation: Situation, v: Int32Array, attacker: number, forges: boolean) {
  const own = lab.world.accounts[attacker]!
  const found = [...own, ...reserveOf(lab, attacker)]
  const wanted = own.length
  if (!forges) return best(lab, situation, v, found, wanted)
  const relabelled = found.flatMap(({ image }) => Array.from({ length: CLASSES }, (_, label) => ({ image, label })))
  const parents = await best(lab, situation, v, relabelled, PARENTS)
  const random = lab.random(`mixtures/${attacker}`)
  const mixtures = Array.from({ length: MIXTURES }, () => {
    const [a, b] = [parents[random.nextInt(PARENTS)]!, parents[random.nextInt(PARENTS)]!]
    const part = random.nextFloat()
    return { image: a.image.map((grey, at) => Math.round(part * grey + (1 - part) * b.image[at]!)), label: a.label }
  })
  return best(lab, situation, v, [...relabelled, ...mixtures], wanted)
}

async function best(lab: Lab, situation: Situation, v: Int32Array, candidates: readonly Sample[], wanted: number) {
  const values = await valuesOf(lab, situation, v, candidates)
  const ranked = [...candidates.keys()].sort((a, b) => values[b]! - values[a]!)
  return ranked.slice(0, wanted).map((at) => candidates[at]!)
}

/** Values by V, capped as they would be beside what everybody contributes. */
async function valuesOf({ rule }: Lab, { trained, contributed }: Situation, v: Int32Array, samples: readonly Sample[]) {
  const rows = itemRows(trained, samples)
  const u = cappedMultipliers(beside(rows, contributed.rows))
  const projections = await rule.kernels.project(itemGradients(rows), v)
  return projections.map((projection, at) => projection * u[at]!)
}

/** Only what the leverage cap reads: candidates first, each as often as it takes not to move the median of the others. */
function beside(candidates: FactoredRows, others: FactoredRows): FactoredRows {
  const times = Math.ceil((20 * candidates.count) / others.count)
  const count = candidates.count + times * others.count
  const factors = new Int8Array(count * candidates.rank)
  const multipliers = new Uint16Array(count)
  factors.set(candidates.factors)
  multipliers.set(candidates.multipliers)
  for (let copy = 0; copy < times; copy++) {
    factors.set(others.factors, candidates.factors.length + copy * others.factors.length)
    multipliers.set(others.multipliers, candidates.count + copy * others.count)
  }
  return { ...candidates, count, factors, multipliers }
}

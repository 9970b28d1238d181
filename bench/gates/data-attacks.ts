import { CLASSES, PIXELS } from '../../examples/digits/dataset.ts'
import { extractContributionFeatures } from '../../examples/digits/features.ts'
import { probabilities } from '../../examples/digits/model.ts'
import { projectImage } from '../../examples/digits/projection.ts'
import type { Xoshiro128 } from '../../extractors/random.ts'
import type { FactoredRows, PeriodEvents } from '../../jobs/attribution/rows.ts'
import { itemRows, type Trained } from './features.ts'
import { atMost, type Bound, type Gate, gainAtMost } from './gate.ts'
import type { Lab } from './lab.ts'
import { againstOthers, type Contributed, payPeriod, sumAt } from './period.ts'
import type { Sample } from './world.ts'

/** What an attacker contributes in place of its own items. */
type Change = (items: readonly Sample[], random: Xoshiro128) => readonly Sample[]

const MULTIPLIER_MAX = 65_535
const SCALE = 3

/** Three attackers among fifty contribute something else; their mean share over the mean of the honest. */
export const DATA_GATES: readonly Gate[] = [
  changed('wrong labels', atMost(0.1), (items, random) => items.map((item) => mislabel(item, random))),
  changed('half wrong labels', atMost(0.5), (items, random) =>
    items.map((item, at) => (at % 2 === 0 ? mislabel(item, random) : item)),
  ),
  changed('noise images', atMost(0.1), (items, random) =>
    items.map(() => ({ image: random.bytes(PIXELS), label: random.nextInt(CLASSES) })),
  ),
  changed('blank images', atMost(0.1), (items) => items.map(({ label }) => ({ image: new Uint8Array(PIXELS), label }))),
  chosen('only hard samples', atMost(1), (a, b) => a - b),
  chosen('only easy samples', atMost(1.5), (a, b) => b - a),
  { name: 'scaled inputs, cut to bytes', bound: gainAtMost(1.1), measure: scaledToBytes },
  { name: 'scaled inputs, not refused', bound: gainAtMost(1.1), measure: scaledUnchecked },
  { name: 'scaled inputs that the checks let through', bound: atMost(0), measure: scaledChecked },
]

function changed(name: string, bound: Bound, change: Change): Gate {
  const measure = async (lab: Lab) => {
    const situation = await lab.attacked(lab.attackers, (items, at) => change(items, lab.random(`${name}/${at}`)))
    const { shares } = await payPeriod(lab.rule, situation.contributed, situation.events)
    return [{ setting: lab.dealing, measured: againstOthers(shares, lab.attackers) }]
  }
  return { name, bound, measure }
}

function mislabel({ image, label }: Sample, random: Xoshiro128): Sample {
  return { image, label: (label + 1 + random.nextInt(CLASSES - 1)) % CLASSES }
}

/** Each attacker chooses from its own digits and its part of the reserve by what a model of the honest world says of their labels. */
function chosen(name: string, bound: Bound, order: (a: number, b: number) => number): Gate {
  const measure = async (lab: Lab) => {
    const { trained } = await lab.honest()
    const { contributed, events } = await lab.attacked(lab.attackers, (items, at) => {
      const candidates = [...items, ...reserveOf(lab, at)]
      const certainty = labelCertainty(itemRows(trained, candidates))
      const ranked = [...candidates.keys()].sort((a, b) => order(certainty[a]!, certainty[b]!))
      return ranked.slice(0, items.length).map((index) => candidates[index]!)
    })
    const { shares } = await payPeriod(lab.rule, contributed, events)
    return [{ setting: lab.dealing, measured: againstOthers(shares, lab.attackers) }]
  }
  return { name, bound, measure }
}

/** The attacker's part of what nobody contributes. */
export function reserveOf({ world, attackers }: Lab, attacker: number): readonly Sample[] {
  return world.reserve.filter((_, at) => at % attackers.length === attackers.indexOf(attacker))
}

/** Thousandths that the model gives to the label of each row. */
function labelCertainty({ count, classes, probabilities: p, labels }: FactoredRows): number[] {
  return Array.from({ length: count }, (_, row) => p[row * classes + labels[row]!]!)
}

/** Pixels three times as strong, white where a byte ends: no check can see it. Against the same accounts as they were. */
async function scaledToBytes(lab: Lab) {
  const { contributed, events } = await lab.attacked(lab.attackers, (items) =>
    items.map(({ image, label }) => ({ image: image.map((grey) => Math.min(255, SCALE * grey)), label })),
  )
  return [{ setting: lab.dealing, measured: await gainOf(lab, contributed, events) }]
}

/** Inputs three times as strong whose features somebody published without any check; against the same accounts as they were. */
async function scaledUnchecked(lab: Lab) {
  const { trained, contributed, events } = await lab.honest()
  const { curvature: _, ...scaled } = contributed
  const rows = scaleRows(lab, trained, contributed.rows)
  return [{ setting: lab.dealing, measured: await gainOf(lab, { ...scaled, rows }, events) }]
}

/** Share of the attackers over what they get when they are honest. */
async function gainOf(lab: Lab, contributed: Contributed, events: PeriodEvents): Promise<number> {
  const honest = await lab.honest()
  const before = await payPeriod(lab.rule, honest.contributed, honest.events)
  const after = await payPeriod(lab.rule, contributed, events)
  return sumAt(after.shares, lab.attackers) / sumAt(before.shares, lab.attackers)
}

function scaleRows(lab: Lab, { model, map }: Trained, rows: FactoredRows): FactoredRows {
  const scaled = { ...rows, multipliers: rows.multipliers.slice(), probabilities: rows.probabilities.slice() }
  const z = new Float64Array(map.rank)
  const p = new Float64Array(CLASSES)
  const items = lab.attackers.flatMap((account) => lab.world.accounts[account]!)
  for (const [row, { image }] of items.entries()) {
    projectImage(map.projection, image, z)
    probabilities(
      model.weights,
      z.map((coordinate) => SCALE * coordinate),
      p,
    )
    scaled.multipliers[row] = Math.min(MULTIPLIER_MAX, SCALE * rows.multipliers[row]!)
    for (let c = 0; c < CLASSES; c++) scaled.probabilities[row * CLASSES + c] = Math.round(1_000 * p[c]!)
  }
  return scaled
}

/** How many of the attackers' images with pixels three times as strong the extractor takes. */
async function scaledChecked(lab: Lab) {
  const { trained } = await lab.honest()
  const items = lab.attackers.flatMap((account) => lab.world.accounts[account]!)
  const taken = items.filter(({ image, label }) =>
    isTaken(
      trained,
      Uint16Array.from(image, (grey) => SCALE * grey),
      label,
    ),
  )
  return [{ setting: lab.dealing, measured: taken.length }]
}

function isTaken({ model, map }: Trained, pixels: Uint16Array, label: number): boolean {
  try {
    extractContributionFeatures(map, model, pixels as unknown as Uint8Array, label)
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'DIGIT_RANGE') return false
    throw error
  }
}

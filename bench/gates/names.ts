import { createHash } from 'node:crypto'
import { CLASSES, PIXELS, SIDE } from '../../examples/digits/dataset.ts'
import type { Xoshiro128 } from '../../extractors/random.ts'
import type { PeriodEvents } from '../../jobs/attribution/rows.ts'
import { Images } from '../../jobs/attribution/similarity/images.ts'
import { StarClusters } from '../../jobs/attribution/similarity/star-clusters.ts'
import { pickRows } from '../../jobs/incentives/event-rows.ts'
import { type Gate, gainAtMost, type Measurement } from './gate.ts'
import type { Lab, Situation } from './lab.ts'
import { type Contributed, payPeriod, sumAt } from './period.ts'
import type { Sample } from './world.ts'

const NAMES = 5
const NOISE_ATTACKERS = 3
const COPIED = 3
/** Standard deviation of what a copier adds, greys: it cannot be seen. */
const NOISE = 6

/** The same items under other names: what they are paid together over what they are paid under one. */
export const NAME_GATES: readonly Gate[] = [
  { name: 'random split into five names', bound: gainAtMost(1.05), measure: splitAtRandom },
  { name: 'split by an oracle', bound: gainAtMost(1.25), measure: splitByOracle },
  { name: 'withdrawn negative samples', bound: gainAtMost(1.05), measure: withdrawNegatives },
  { name: 'copies found', bound: gainAtMost(1.1), measure: copiesRemoved },
]

async function splitAtRandom(lab: Lab): Promise<Measurement[]> {
  const besideNoise = await lab.attacked(noiseAttackers(lab), (items, at) => {
    const random = lab.random(`noise/${at}`)
    return items.map(() => ({ image: random.bytes(PIXELS), label: random.nextInt(CLASSES) }))
  })
  const settings = [
    [lab.dealing, await lab.honest()],
    [`${lab.dealing}, beside noise attackers`, besideNoise],
  ] as const
  const measurements: Measurement[] = []
  for (const [setting, situation] of settings) {
    const random = lab.random('names')
    const names = situation.contributed.account.map(() => random.nextInt(NAMES))
    measurements.push({ setting, measured: await gainOfNames(lab, situation, names, NAMES) })
  }
  return measurements
}

function noiseAttackers({ size }: Lab): number[] {
  return Array.from({ length: NOISE_ATTACKERS }, (_, at) => size.accounts - 1 - at)
}

/** Who knows the value of each item gives those that hurt another name, which is paid nothing but also loses nothing. */
async function splitByOracle(lab: Lab): Promise<Measurement[]> {
  const situation = await lab.honest()
  const { result } = await payPeriod(lab.rule, situation.contributed, situation.events)
  const names = Uint32Array.from(result.values, (value) => (value > 0 ? 0 : 1))
  return [{ setting: lab.dealing, measured: await gainOfNames(lab, situation, names, 2) }]
}

/** @param names which of its owner's names each item goes to; only attackers use other names than the first */
async function gainOfNames(lab: Lab, { contributed, events }: Situation, names: Uint32Array, count: number) {
  const { attackers } = lab
  const { account, accounts } = contributed
  const moved = account.map((owner, item) => {
    const name = names[item]!
    return attackers.includes(owner) && name > 0 ? accounts + attackers.indexOf(owner) * (count - 1) + name - 1 : owner
  })
  const extra = Array.from({ length: attackers.length * (count - 1) }, (_, at) => accounts + at)
  const split = { ...contributed, account: moved, accounts: accounts + extra.length }
  return gain(lab, contributed, split, events, [...attackers, ...extra])
}

async function gain(
  lab: Lab,
  before: Contributed,
  after: Contributed,
  events: PeriodEvents,
  names: readonly number[],
): Promise<number> {
  const one = await payPeriod(lab.rule, before, events)
  const many = await payPeriod(lab.rule, after, events)
  return sumAt(many.shares, names) / sumAt(one.shares, lab.attackers)
}

/** The attackers withdraw what the last period valued below zero. */
async function withdrawNegatives(lab: Lab): Promise<Measurement[]> {
  const { contributed, events } = await lab.honest()
  const { result } = await payPeriod(lab.rule, contributed, events)
  const withdrawn = Uint8Array.from(result.values, (value, item) =>
    value < 0 && lab.attackers.includes(contributed.account[item]!) ? 1 : 0,
  )
  const measured = await gain(lab, contributed, { ...contributed, withdrawn }, events, lab.attackers)
  return [{ setting: lab.dealing, measured }]
}

/**
 * Some accounts contribute what others did, as it is or moved and noisy; the model is trained on all of it, and what is found to be
 * a copy is removed before scoring. What original and copy get together, over what the original gets where nobody copies.
 */
async function copiesRemoved(lab: Lab): Promise<Measurement[]> {
  const random = lab.random('copies')
  return [
    { setting: lab.dealing, measured: await gainOfCopies(lab, (sample) => sample) },
    {
      setting: `${lab.dealing}, moved and noisy`,
      measured: await gainOfCopies(lab, ({ image, label }) => ({ image: blurred(moved(image), random), label })),
    },
  ]
}

async function gainOfCopies(lab: Lab, copy: (sample: Sample) => Sample): Promise<number> {
  const { accounts } = lab.world
  const copiers = Array.from({ length: COPIED }, (_, at) => accounts.length - 1 - at)
  const originals = copiers.map((_, at) => at)
  const contributions = accounts.map((items, at) =>
    copiers.includes(at) ? accounts[originals[copiers.indexOf(at)]!]!.map(copy) : items,
  )
  const { contributed, events } = await lab.situation(contributions)
  const kept = keptItems(contributions.flat())
  const { curvature: _, ...rest } = contributed
  const account = Uint32Array.from(kept, (item) => contributed.account[item]!)
  const found = await payPeriod(lab.rule, { ...rest, rows: pickRows(contributed.rows, kept), account }, events)
  const alone = await lab.situation(accounts.slice(0, accounts.length - COPIED))
  const apart = await payPeriod(lab.rule, alone.contributed, alone.events)
  return sumAt(found.shares, [...originals, ...copiers]) / sumAt(apart.shares, originals)
}

/** What the search for duplicates leaves, in the order in which all contributed: copiers come last. */
function keptItems(samples: readonly Sample[]): Uint32Array {
  const clusters = new StarClusters(new Images())
  return Uint32Array.from(samples.keys()).filter((item) => {
    const { image } = samples[item]!
    const fingerprint = createHash('sha256').update(image).digest()
    const content = { width: SIDE, height: SIDE, grey: image }
    return clusters.add({ item, priority: { record: BigInt(item), index: 0 }, fingerprint, content }) === undefined
  })
}

/** One pixel to the right. */
function moved(image: Uint8Array): Uint8Array {
  return image.map((_, at) => (at % SIDE === 0 ? 0 : image[at - 1]!))
}

function blurred(image: Uint8Array, random: Xoshiro128): Uint8Array {
  return image.map((grey) => Math.max(0, Math.min(255, Math.round(grey + NOISE * random.gaussian()))))
}

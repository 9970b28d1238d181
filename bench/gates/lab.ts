import { createHash } from 'node:crypto'
import type { LabelledImages } from '../../examples/digits/dataset.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import type { PeriodEvents } from '../../jobs/attribution/rows.ts'
import { eventRows, itemRows, type Trained, train } from './features.ts'
import type { Contributed, Rule } from './period.ts'
import { type Dealing, FULL_SIZE, makeWorld, type Sample, type World, type WorldSize } from './world.ts'

/** What was contributed, the model that was trained on it, and what was asked of that model. */
export interface Situation {
  readonly trained: Trained
  readonly contributed: Contributed
  readonly events: PeriodEvents
}

export interface LabSize extends WorldSize {
  /** Input dimensions of the features. */
  readonly rank: number
  /** Who buys its own demand: so many of the accounts together. */
  readonly buyers: readonly number[]
  /** So many images a search for a purchase begins with. */
  readonly imagesLookedAt: number
}

const FULL_LAB: LabSize = { ...FULL_SIZE, rank: 100, buyers: [1, 5], imagesLookedAt: 300 }

const ATTACKERS = 3
const FEE_MIN = 500
const FEE_SPAN = 1_001

/** One seeded world under one rule. Training is what costs: what was trained on the same contributions is used again. */
export class Lab {
  readonly rule: Rule
  readonly dealing: Dealing
  readonly world: World
  readonly size: LabSize
  readonly seed: number
  readonly #situations = new Map<string, Promise<Situation>>()

  constructor(rule: Rule, digits: LabelledImages, dealing: Dealing, seed: number, size: LabSize = FULL_LAB) {
    this.rule = rule
    this.dealing = dealing
    this.seed = seed
    this.size = size
    this.world = makeWorld(digits, dealing, seed, size)
  }

  /** Who attacks, where a gate does not say otherwise. */
  get attackers(): readonly number[] {
    return Array.from({ length: ATTACKERS }, (_, at) => at)
  }

  random(label: string): Xoshiro128 {
    return Xoshiro128.fromSeed(this.seed).fork(`${this.dealing}/${label}`)
  }

  /** Fees of so many paid uses. */
  fees(count: number, label = 'fees'): Float64Array {
    const random = this.random(label)
    return Float64Array.from({ length: count }, () => FEE_MIN + random.nextInt(FEE_SPAN))
  }

  /** Everybody is honest. */
  honest(): Promise<Situation> {
    return this.situation(this.world.accounts)
  }

  /** The world with the accounts `who` replaced by what `change` makes of their items. */
  attacked(who: readonly number[], change: (items: readonly Sample[], account: number) => readonly Sample[]) {
    return this.situation(this.world.accounts.map((items, at) => (who.includes(at) ? change(items, at) : items)))
  }

  /** Trains on what the accounts contribute and extracts the features of all of it. */
  situation(accounts: readonly (readonly Sample[])[], member = 0): Promise<Situation> {
    const key = keyOf(accounts, member)
    const known = this.#situations.get(key)
    if (known !== undefined) return known
    const made = this.#prepare(accounts, member)
    this.#situations.set(key, made)
    return made
  }

  async #prepare(accounts: readonly (readonly Sample[])[], member: number): Promise<Situation> {
    const samples = accounts.flat()
    const trained = await train(samples, this.size.rank, `${this.seed}/${member}`)
    const contributed = {
      rows: itemRows(trained, samples),
      account: Uint32Array.from(accounts.flatMap((items, at) => items.map(() => at))),
      accounts: accounts.length,
    }
    const { rows } = contributed
    const curvature = await this.rule.kernels.curvature(rows, 'softmax', 0, rows.count)
    const events = eventRows(trained, this.world.asked, this.fees(this.world.asked.length))
    return { trained, contributed: { ...contributed, curvature }, events }
  }
}

function keyOf(accounts: readonly (readonly Sample[])[], member: number): string {
  const hash = createHash('sha256').update(`${member}`)
  for (const items of accounts) {
    hash.update('account')
    for (const { image, label } of items) hash.update(image).update(Uint8Array.of(label))
  }
  return hash.digest('hex')
}

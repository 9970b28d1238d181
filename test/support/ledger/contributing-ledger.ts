import { expect } from '@jest/globals'
import type { Manifest } from '../../../anchor/manifest.ts'
import { lastPublishedEpoch } from '../../../jobs/epochs.ts'
import type { NewRecord } from '../../../pipelines/record-source.ts'
import { addressOf, type Name } from './cast.ts'
import { contributionOf, uses } from './contributions.ts'
import { type Features, featuresOf, randomOf, SHAPE } from './random-features.ts'
import { SmallLedger } from './small-ledger.ts'

/** Class of each item of a batch, and of each use of an epoch. */
export const KINDS = [0, 1, 0, 1]

/** A content of each class in turn: equal ones for an equal seed. */
export function contentsOf(seed: number): Features[] {
  return KINDS.map((kind) => featuresOf(randomOf(seed + kind), SHAPE, kind))
}

interface ContributeOptions {
  readonly seed?: number
  /** Items with equal ones are copies of each other. */
  readonly fingerprints?: (index: number) => string
}

/** A ledger to which few contribute, and whose uses are paid from the first one on. */
export class ContributingLedger {
  readonly world: SmallLedger

  private constructor(world: SmallLedger) {
    this.world = world
  }

  static async found(): Promise<ContributingLedger> {
    const world = await SmallLedger.open()
    await world.found({ minEvents: 1 })
    await world.send(world.records.deposit('payer', 1_000_000n))
    return new ContributingLedger(world)
  }

  /** Sends a batch of four, each item a content of its own unless `fingerprints` says otherwise. @returns its features, not sent yet */
  async contribute(name: Name, id: string, options: ContributeOptions = {}): Promise<readonly NewRecord[]> {
    const { seed = 7, fingerprints = (index) => `${id}/${index}` } = options
    const { batch, features } = await contributionOf(this.world.records, name, id, contentsOf(seed), { fingerprints })
    await this.world.send(batch)
    return features
  }

  /** As {@link contribute}, with its features. */
  async contributeWhole(name: Name, id: string, options: ContributeOptions = {}): Promise<readonly NewRecord[]> {
    const features = await this.contribute(name, id, options)
    await this.world.send(...features)
    return features
  }

  /** Sends four paid uses and publishes the epoch. */
  async useAndPublish(): Promise<Manifest> {
    const name = `use ${this.world.nowMs}`
    const ids = KINDS.map((_, index) => `${name} ${index}`)
    await this.world.send(...uses(this.world.records, randomOf(5), ids, 1_000n))
    return this.world.runEpoch()
  }

  /** As {@link useAndPublish}. @returns what the epoch paid for data, by name, and what its first period says */
  async useAndSettle(...names: readonly Name[]) {
    const { epoch, periods, counts } = await this.useAndPublish()
    const paid: Partial<Record<Name, bigint>> = {}
    for (const each of names) paid[each] = await this.world.earned(epoch, addressOf(each), 'data')
    return { paid, period: periods[0]!, counts }
  }

  /** Closes it, once an audit of all epochs that it published has agreed. */
  async auditAndClose(): Promise<void> {
    try {
      if ((await lastPublishedEpoch(this.world.ledger.warehouse)) === undefined) return
      expect((await this.world.audit()).firstDifference).toBeUndefined()
    } finally {
      this.world.close()
    }
  }
}

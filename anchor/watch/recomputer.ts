import type { Genesis } from '../../schemas/genesis.ts'
import type { Manifest } from '../manifest.ts'
import type { WatchDifference } from './alarm.ts'

/** An epoch in which the bundle says what was recomputed. */
export interface RecomputedEpoch {
  readonly genesis: Genesis
  readonly manifest: Manifest
  /** From records. False: they were not given, and only the public part was checked. */
  readonly isWhole: boolean
  /** Recorded answers of contracts, held to the chain; absent where no records were given. */
  readonly contractAnswers?: HeldContractAnswers
}

export interface HeldContractAnswers {
  /** That the contracts gave again, at the blocks of the records. */
  readonly checked: number
  /** That nobody could ask for: the node has no state of their blocks any more. */
  readonly unknown: number
}

export interface Recomputation {
  /** Epochs 1, 2, … that agree. */
  readonly epochs: readonly RecomputedEpoch[]
  /** The first thing that does not, in the epoch after them. */
  readonly difference: WatchDifference | undefined
  /** The difference is in the files themselves: they may still be on their way. */
  readonly isIncomplete: boolean
}

/**
 * Recomputes a bundle. An implementation promises:
 * - everything is recomputed from the first epoch on, or the difference says otherwise;
 * - an epoch is handed out as it was read: what lies on disk later does not count;
 * - a bundle that is wrong in any way is a difference, not an exception.
 */
export interface Recomputer {
  /** Whether the folder of an epoch is there. */
  has(epoch: number): Promise<boolean>
  /** Epochs 1 to `through`, which are all there. May answer from memory while no file of them changed. */
  recompute(through: number): Promise<Recomputation>
}

import type { Address, Hex } from 'viem'
import type { EpochState } from './distributor.ts'

/** A block of a chain. */
export interface BlockPlace {
  readonly number: bigint
  readonly hash: Hex
}

/** What a final block said of an epoch. */
export interface FinalEpoch {
  readonly distributor: Address
  readonly epoch: bigint
  readonly attempt: number
  readonly state: EpochState
  readonly recordHash: Hex
}

/** Why nothing is signed or believed on a chain until an operator says otherwise. */
export interface Halt {
  readonly chainId: number
  /** What is not as it was: `block 7`, or `epoch 3 of 0x…`. */
  readonly what: string
  /** As it was taken as final. */
  readonly remembered: string
  /** As the chain has it now. */
  readonly found: string
}

/** What was taken as final, to be held against the chain at the next act. Promises as of `TransactionStore`. */
export interface FinalityMemory {
  /** The newest block that was taken as final. */
  finalBlock(chainId: number): Promise<BlockPlace | undefined>
  /** The newest epoch record of a distributor that was taken as final. */
  finalEpoch(chainId: number, distributor: Address): Promise<FinalEpoch | undefined>
  /** Notes both in one write; each takes the place of the one before it. */
  remember(chainId: number, block: BlockPlace, epoch?: FinalEpoch): Promise<void>
  haltOf(chainId: number): Promise<Halt | undefined>
  /** The first halt of a chain stays until it is cleared. */
  halt(halt: Halt): Promise<void>
  /** Removes the halt, and forgets what was taken as final: what the chain says from now on is learnt anew. */
  clearHalt(chainId: number): Promise<void>
}

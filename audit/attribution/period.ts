/** Which contribution: rank of its batch record in accept order, then index in the batch. */
export interface ContributionPlace {
  readonly batchRank: number
  readonly index: number
}

/** A contribution with features under the period's map. */
export interface Contribution {
  /** 0x-hex of the account of its batch. */
  readonly account: string
  /** Equal content has equal ones: a text, or a number that stands for it. */
  readonly fingerprint: string | number
  /** Rank of the record that gives priority: the commitment if it was revealed in time, else the batch record. */
  readonly priority: number
  /** Rank of the batch record in accept order. Priority is the same: then this decides, then the index in the batch. */
  readonly batchRank: number
  readonly index: number
  /** Contributions that its features declare near: (batch rank, index), each an accepted one, with features or without. */
  readonly near: readonly ContributionPlace[]
  /** Changes when its contributor takes it back. */
  readonly isWithdrawn: boolean
  /** r values in [−63, 63]. */
  readonly a: Int8Array
  readonly ua: number
  /** n thousandths; empty for dense gradients. */
  readonly p: ArrayLike<number>
  readonly label: number
}

/** A funded inference of the period that has features. */
export interface PeriodEvent {
  /** Smallest unit of the token. */
  readonly fee: bigint
  /** Whether the payer owns a share of the model or of the infrastructure used. */
  readonly isPayerOwner: boolean
  readonly b: Int8Array
  readonly ub: number
  readonly p: ArrayLike<number>
  readonly label: number
  readonly p16: number
}

/** Shape of a feature map: index of (class, dim) is class · rank + dim, D = classes · rank. */
export interface Shape {
  /** `factored`: an error for each class ⊗ a vector. `dense`: the vector alone, one class whose error is 1. */
  readonly kind: 'factored' | 'dense'
  readonly rank: number
  readonly classes: number
}

/** Greatest magnitude of a recorded vector's entry. */
export const VECTOR_MAX = 63

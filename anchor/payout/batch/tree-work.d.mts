import type { BatchHasher } from './batch-hasher.mjs'

/** A tree that is being built; every array may be shared between threads. */
export interface TreeArrays {
  /** Leaves, at least 1. */
  readonly count: number
  /** count × 72: account ‖ token ‖ cumulative. */
  readonly rows: Uint8Array
  /** 2 · count × 32, aligned to 4: node k is slot k + 1, slot 0 is of no use once all is done. */
  readonly slots: Uint8Array
  /** By position in `rows`: which node its leaf is, the lowest hash last. Filled between the first pass and the second. */
  readonly treeIndexes: Uint32Array
  /** One number: the next piece of a pass. Set to 0 before each. */
  readonly next: Int32Array
}

/** In this order; each takes pieces until there are none left, and a pass begins when all threads have ended the one before. */
export const PASSES: {
  readonly hashLeaves: (tree: TreeArrays, hasher: BatchHasher) => void
  readonly placeLeaves: (tree: TreeArrays, hasher: BatchHasher) => void
  readonly hashSubtrees: (tree: TreeArrays, hasher: BatchHasher) => void
}

/** Last of all, in one thread: the nodes above the subtrees. */
export function hashTop(tree: TreeArrays, hasher: BatchHasher): void

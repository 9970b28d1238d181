/** Hashes many leaves or many nodes with one call. `from` and `to` are bytes; inputs and outputs follow each other. */
export interface BatchHasher {
  /** Leaf hashes of `count` rows of 72 bytes: account ‖ token ‖ cumulative. */
  leaves(rows: Uint8Array, from: number, count: number, hashes: Uint8Array, to: number): void
  /** Hashes of `count` nodes, of 64 bytes each: both children, in either order. */
  nodes(children: Uint8Array, from: number, count: number, hashes: Uint8Array, to: number): void
}

/**
 * @param module keccak.wasm
 * @param prefix 64 bytes: chain id and distributor as the first two words of every leaf
 */
export function createBatchHasher(module: WebAssembly.Module, prefix: Uint8Array): BatchHasher

// The three passes over a tree that is being built, in pieces that any number of threads take one after the other. Plain
// JavaScript, for the same reason as batch-hasher.mjs.
//
// `slots` has room for 2·count hashes. First leaf hashes stand in its lower half, in the order of the rows; then they are
// placed in the upper half, where `treeIndexes` says by then; then inner nodes are written over the lower half. Node k of OpenZeppelin's
// array is slot k + 1.

const HASH_BYTES = 32
const HASH_WORDS = HASH_BYTES / Uint32Array.BYTES_PER_ELEMENT
const ROW_BYTES = 72
const LEAVES_PER_PIECE = 4096
/** Inner nodes are shared out by subtrees below so many nodes of one level; whoever waits for the last of them idles. */
const SUBTREES_MAX = 256

export const PASSES = { hashLeaves, placeLeaves, hashSubtrees }

function hashLeaves({ count, rows, slots, next }, hasher) {
  forPieces(next, count, (from, pieces) => {
    hasher.leaves(rows, from * ROW_BYTES, pieces, slots, from * HASH_BYTES)
  })
}

function placeLeaves({ count, slots, treeIndexes, next }) {
  const words = new Uint32Array(slots.buffer, slots.byteOffset, slots.length / Uint32Array.BYTES_PER_ELEMENT)
  forPieces(next, count, (from, pieces) => {
    for (let position = from; position < from + pieces; position++) {
      const [at, to] = [position * HASH_WORDS, (treeIndexes[position] + 1) * HASH_WORDS]
      for (let word = 0; word < HASH_WORDS; word++) words[to + word] = words[at + word]
    }
  })
}

function hashSubtrees({ count, slots, next }, hasher) {
  const tops = subtreesOf(count)
  for (let top = take(next); top < tops; top = take(next)) {
    const root = tops - 1 + top
    for (let depth = Math.floor(Math.log2(count)); depth >= 0; depth--) {
      const first = 2 ** depth * (root + 1) - 1
      hashNodes(count, slots, hasher, first, first + 2 ** depth)
    }
  }
}

/** What the subtrees leave: the nodes above them. */
export function hashTop({ count, slots }, hasher) {
  for (let level = subtreesOf(count) / 2; level >= 1; level /= 2) {
    hashNodes(count, slots, hasher, level - 1, 2 * level - 1)
  }
}

/** Inner nodes from `first` to below `end`, all of one level: their children follow each other as they do. */
function hashNodes(count, slots, hasher, first, end) {
  const nodes = Math.min(end, count - 1) - first
  if (nodes > 0) hasher.nodes(slots, (2 * first + 2) * HASH_BYTES, nodes, slots, (first + 1) * HASH_BYTES)
}

/** A power of two, so that all of them stand on one level, whose nodes are all inner nodes. */
function subtreesOf(count) {
  return Math.min(SUBTREES_MAX, 2 ** Math.floor(Math.log2(Math.max(1, count / 2))))
}

function forPieces(next, count, work) {
  for (let from = take(next) * LEAVES_PER_PIECE; from < count; from = take(next) * LEAVES_PER_PIECE) {
    work(from, Math.min(LEAVES_PER_PIECE, count - from))
  }
}

/** The next piece that nobody has taken. */
function take(next) {
  return Atomics.add(next, 0, 1)
}

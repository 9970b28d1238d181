// SA-IS over i32 tokens: ../../text/suffix-array.ts says how, step by step; both give the same places. The caller lays out the memory:
// tokens, the sorted places, and scratch of suffixBytes.

const NONE: i32 = -1

/** Bytes of scratch that a shard takes at most: types of all levels, and two numbers for each token of the two widest. */
export function suffixBytes(length: i32, greatest: i32): f64 {
  // A level below has at most half as many tokens, and no more names than tokens: its types and numbers come on top.
  return <f64>length * 2 + 512 + (<f64>greatest + 1 + <f64>length) * 8
}

function word(base: usize, at: i32): i32 {
  return load<i32>(base + ((<usize>at) << 2))
}

function put(base: usize, at: i32, value: i32): void {
  store<i32>(base + ((<usize>at) << 2), value)
}

function isSmaller(types: usize, at: i32): bool {
  return load<u8>(types + <usize>at) !== 0
}

function isLeftmost(types: usize, at: i32): bool {
  return at > 0 && load<u8>(types + <usize>at) !== 0 && load<u8>(types + <usize>at - 1) === 0
}

/**
 * @param text     length × i32, 0 … greatest
 * @param sorted   length × i32: the places
 * @param scratch  aligned to 8
 */
export function suffixArray(text: usize, sorted: usize, length: i32, greatest: i32, scratch: usize): void {
  if (length === 0) return
  const counts = scratch
  const buckets = counts + ((<usize>greatest + 1) << 2)
  const types = buckets + ((<usize>greatest + 1) << 2)
  const below = (types + <usize>length + 7) & ~7
  findTypes(text, types, length)
  memory.fill(counts, 0, (<usize>greatest + 1) << 2)
  for (let at = 0; at < length; at++) {
    const token = word(text, at)
    put(counts, token, word(counts, token) + 1)
  }

  clear(sorted, 0, length)
  toEnds(counts, buckets, greatest)
  for (let at = 1; at < length; at++) if (isLeftmost(types, at)) putLast(buckets, word(text, at), sorted, at)
  induce(text, sorted, types, counts, buckets, length, greatest)

  let pieces = 0
  for (let rank = 0; rank < length; rank++) {
    const at = word(sorted, rank)
    if (isLeftmost(types, at)) put(sorted, pieces++, at)
  }
  const names = namePieces(text, sorted, types, length, pieces)
  const shorter = sorted + ((<usize>(length - pieces)) << 2)
  if (names < pieces) suffixArray(shorter, sorted, pieces, names - 1, below)
  else for (let at = 0; at < pieces; at++) put(sorted, word(shorter, at), at)

  for (let at = 1, piece = 0; at < length; at++) if (isLeftmost(types, at)) put(shorter, piece++, at)
  for (let rank = 0; rank < pieces; rank++) put(sorted, rank, word(shorter, word(sorted, rank)))
  clear(sorted, pieces, length)
  toEnds(counts, buckets, greatest)
  for (let rank = pieces - 1; rank >= 0; rank--) {
    const at = word(sorted, rank)
    put(sorted, rank, NONE)
    putLast(buckets, word(text, at), sorted, at)
  }
  induce(text, sorted, types, counts, buckets, length, greatest)
}

function findTypes(text: usize, types: usize, length: i32): void {
  store<u8>(types + <usize>length - 1, 0)
  let next = word(text, length - 1)
  let isNextSmaller: u8 = 0
  for (let at = length - 2; at >= 0; at--) {
    const here = word(text, at)
    if (here !== next) isNextSmaller = here < next ? 1 : 0
    store<u8>(types + <usize>at, isNextSmaller)
    next = here
  }
}

function clear(sorted: usize, from: i32, to: i32): void {
  memory.fill(sorted + ((<usize>from) << 2), 0xff, (<usize>(to - from)) << 2)
}

function putLast(buckets: usize, token: i32, sorted: usize, at: i32): void {
  const rank = word(buckets, token) - 1
  put(buckets, token, rank)
  put(sorted, rank, at)
}

function putFirst(buckets: usize, token: i32, sorted: usize, at: i32): void {
  const rank = word(buckets, token)
  put(buckets, token, rank + 1)
  put(sorted, rank, at)
}

function namePieces(text: usize, sorted: usize, types: usize, length: i32, pieces: i32): i32 {
  clear(sorted, pieces, length)
  let names = 0
  let last = NONE
  for (let rank = 0; rank < pieces; rank++) {
    const at = word(sorted, rank)
    if (last === NONE || !areEqual(text, types, length, at, last)) names++
    last = at
    put(sorted, pieces + (at >> 1), names - 1)
  }
  for (let from = length - 1, to = length - 1; from >= pieces; from--) {
    const name = word(sorted, from)
    if (name !== NONE) put(sorted, to--, name)
  }
  return names
}

function areEqual(text: usize, types: usize, length: i32, a: i32, b: i32): bool {
  for (let step = 0; a + step < length && b + step < length; step++) {
    const x = a + step
    const y = b + step
    if (word(text, x) !== word(text, y) || isSmaller(types, x) !== isSmaller(types, y)) return false
    if (step > 0 && isLeftmost(types, x)) return true
  }
  return false
}

function induce(
  text: usize,
  sorted: usize,
  types: usize,
  counts: usize,
  buckets: usize,
  length: i32,
  greatest: i32,
): void {
  toStarts(counts, buckets, greatest)
  putFirst(buckets, word(text, length - 1), sorted, length - 1)
  for (let rank = 0; rank < length; rank++) {
    const before = word(sorted, rank) - 1
    if (before >= 0 && !isSmaller(types, before)) putFirst(buckets, word(text, before), sorted, before)
  }
  toEnds(counts, buckets, greatest)
  for (let rank = length - 1; rank >= 0; rank--) {
    const before = word(sorted, rank) - 1
    if (before >= 0 && isSmaller(types, before)) putLast(buckets, word(text, before), sorted, before)
  }
}

function toStarts(counts: usize, buckets: usize, greatest: i32): void {
  let sum = 0
  for (let token = 0; token <= greatest; token++) {
    put(buckets, token, sum)
    sum += word(counts, token)
  }
}

function toEnds(counts: usize, buckets: usize, greatest: i32): void {
  let sum = 0
  for (let token = 0; token <= greatest; token++) {
    sum += word(counts, token)
    put(buckets, token, sum)
  }
}

/**
 * The suffix array of a shard: the places of its tokens, in the order of what begins there. SA-IS (Nong, Zhang and Chan 2009, "Linear
 * Suffix Array Construction by Almost Pure Induced-Sorting"): linear in time; beside the result it takes a byte a token for each
 * level of the recursion, of which each is at most half of the one above, and two numbers for each token that there is.
 *
 * The end of the array counts as less than every token. This is the plain twin of assembly/suffix-array.ts, which is held to it, and
 * what runs where WebAssembly cannot be compiled.
 *
 * @param tokens whole numbers from 0 to `greatest`
 * @returns      one place a token
 */
export function suffixArray(tokens: Int32Array, greatest: number): Int32Array {
  const sorted = new Int32Array(tokens.length)
  sortSuffixes(tokens, sorted, greatest)
  return sorted
}

const NONE = -1

/** Of a text: which suffixes are less than the next one (S), as bytes; the last one is greater than the end behind it (L). */
class Types {
  readonly #isSmaller: Uint8Array

  constructor(text: Int32Array) {
    this.#isSmaller = new Uint8Array(text.length)
    for (let at = text.length - 2; at >= 0; at--) {
      const [here, next] = [text[at]!, text[at + 1]!]
      this.#isSmaller[at] = here < next || (here === next && this.#isSmaller[at + 1] === 1) ? 1 : 0
    }
  }

  isSmaller(at: number): boolean {
    return this.#isSmaller[at] === 1
  }

  /** The leftmost S of a run of them (LMS). */
  isLeftmost(at: number): boolean {
    return at > 0 && this.#isSmaller[at] === 1 && this.#isSmaller[at - 1] === 0
  }
}

function sortSuffixes(text: Int32Array, sorted: Int32Array, greatest: number): void {
  const { length } = text
  if (length === 0) return
  const types = new Types(text)
  const counts = new Int32Array(greatest + 1)
  for (let at = 0; at < length; at++) counts[text[at]!]!++
  const buckets = new Int32Array(greatest + 1)

  // 1. Pieces between leftmost places, sorted by inducing.
  sorted.fill(NONE)
  toEnds(counts, buckets)
  for (let at = 1; at < length; at++) if (types.isLeftmost(at)) sorted[--buckets[text[at]!]!] = at
  induce(text, sorted, types, counts, buckets)

  // 2. Each piece gets its rank as a name; the names in order of place are a text of at most half the length.
  let pieces = 0
  for (let rank = 0; rank < length; rank++) {
    const at = sorted[rank]!
    if (types.isLeftmost(at)) sorted[pieces++] = at
  }
  const names = namePieces(text, sorted, types, pieces)
  const order = sorted.subarray(0, pieces)
  const shorter = sorted.subarray(length - pieces)
  if (names < pieces) sortSuffixes(shorter, order, names - 1)
  else for (let at = 0; at < pieces; at++) order[shorter[at]!] = at

  // 3. The leftmost places in order of their suffixes, and by inducing all others.
  for (let at = 1, piece = 0; at < length; at++) if (types.isLeftmost(at)) shorter[piece++] = at
  for (let rank = 0; rank < pieces; rank++) order[rank] = shorter[order[rank]!]!
  sorted.fill(NONE, pieces)
  toEnds(counts, buckets)
  for (let rank = pieces - 1; rank >= 0; rank--) {
    const at = sorted[rank]!
    sorted[rank] = NONE
    sorted[--buckets[text[at]!]!] = at
  }
  induce(text, sorted, types, counts, buckets)
}

/** Writes names in order of place to the end of `sorted`. @returns how many different ones */
function namePieces(text: Int32Array, sorted: Int32Array, types: Types, pieces: number): number {
  const { length } = text
  sorted.fill(NONE, pieces)
  let names = 0
  let last = NONE
  for (let rank = 0; rank < pieces; rank++) {
    const at = sorted[rank]!
    if (last === NONE || !areEqual(text, types, at, last)) names++
    last = at
    // Leftmost places lie at least two apart, so halves of them do not meet.
    sorted[pieces + (at >> 1)] = names - 1
  }
  for (let from = length - 1, to = length - 1; from >= pieces; from--)
    if (sorted[from] !== NONE) sorted[to--] = sorted[from]!
  return names
}

/** Whether the pieces that begin at two leftmost places are the same. */
function areEqual(text: Int32Array, types: Types, a: number, b: number): boolean {
  // The end of the text is part of the last piece, and of no other.
  for (let step = 0; a + step < text.length && b + step < text.length; step++) {
    const [x, y] = [a + step, b + step]
    if (text[x] !== text[y] || types.isSmaller(x) !== types.isSmaller(y)) return false
    if (step > 0 && types.isLeftmost(x)) return true
  }
  return false
}

/** From what stands in `sorted`, in order, the L suffixes, and from these the S ones. */
function induce(text: Int32Array, sorted: Int32Array, types: Types, counts: Int32Array, buckets: Int32Array): void {
  const { length } = text
  toStarts(counts, buckets)
  sorted[buckets[text[length - 1]!]!++] = length - 1
  for (let rank = 0; rank < length; rank++) {
    const before = sorted[rank]! - 1
    if (before >= 0 && !types.isSmaller(before)) sorted[buckets[text[before]!]!++] = before
  }
  toEnds(counts, buckets)
  for (let rank = length - 1; rank >= 0; rank--) {
    const before = sorted[rank]! - 1
    if (before >= 0 && types.isSmaller(before)) sorted[--buckets[text[before]!]!] = before
  }
}

function toStarts(counts: Int32Array, buckets: Int32Array): void {
  for (let token = 0, sum = 0; token < counts.length; token++) {
    buckets[token] = sum
    sum += counts[token]!
  }
}

function toEnds(counts: Int32Array, buckets: Int32Array): void {
  for (let token = 0, sum = 0; token < counts.length; token++) {
    sum += counts[token]!
    buckets[token] = sum
  }
}

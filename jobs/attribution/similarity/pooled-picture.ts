/** Greys row by row, 0 … 255. */
export interface GreyPicture {
  readonly width: number
  readonly height: number
  readonly grey: Uint8Array
}

/** Pictures are compared at this size, that of the digits. */
const SIDE = 28
const POOLED_SIDE = SIDE / 2
export const POOLED = POOLED_SIDE * POOLED_SIDE
/** A copy may be moved by so many pixels of 28, each way. */
const SHIFT_MAX = 2
const PADDED_SIDE = SIDE + 2 * SHIFT_MAX
export const SHIFTS = (2 * SHIFT_MAX + 1) ** 2
/** The index of the shift by nothing. */
export const UNMOVED = (SHIFTS - 1) / 2

/**
 * 28 × 28 greys: each the mean of the area it covers, rounded down. A picture of that size is itself.
 *
 * Areas are counted in (1 / 28)ths of a pixel each way, so that everything is whole: below 2^53 for any side below 2^16.
 */
export function scaled({ width, height, grey }: GreyPicture): Uint8Array {
  if (width === SIDE && height === SIDE) return grey
  const rows = new Float64Array(height * SIDE)
  for (let y = 0; y < height; y++)
    spread(width, (x, into, weight) => {
      rows[y * SIDE + into]! += weight * grey[y * width + x]!
    })
  const sums = new Float64Array(SIDE * SIDE)
  spread(height, (y, into, weight) => {
    for (let x = 0; x < SIDE; x++) sums[into * SIDE + x]! += weight * rows[y * SIDE + x]!
  })
  return Uint8Array.from(sums, (sum) => Math.floor(sum / (width * height)))
}

/** How much of each of `length` pixels falls into which of 28; each of the 28 gets a total weight of `length`. */
function spread(length: number, add: (from: number, into: number, weight: number) => void): void {
  for (let from = 0; from < length; from++) {
    for (let at = from * SIDE; at < (from + 1) * SIDE; ) {
      const into = Math.floor(at / length)
      const end = Math.min((from + 1) * SIDE, (into + 1) * length)
      add(from, into, end - at)
      at = end
    }
  }
}

/**
 * The picture moved by every (dx, dy) of −2 … 2 pixels, what is laid bare filled with the paper's grey (the median of the
 * border), then means of 2 × 2 pixels, halves up.
 *
 * @param small 28 × 28
 * @param out 25 × 196
 */
export function poolAllShifts(small: Uint8Array, out: Uint8Array): void {
  const padded = pad(small)
  for (let shift = 0; shift < SHIFTS; shift++) {
    const left = shift % (2 * SHIFT_MAX + 1)
    const top = Math.floor(shift / (2 * SHIFT_MAX + 1))
    let into = shift * POOLED
    for (let y = 0; y < SIDE; y += 2) {
      for (let at = (top + y) * PADDED_SIDE + left, end = at + SIDE; at < end; at += 2) {
        const below = at + PADDED_SIDE
        out[into++] = (padded[at]! + padded[at + 1]! + padded[below]! + padded[below + 1]! + 2) >> 2
      }
    }
  }
}

function pad(small: Uint8Array): Uint8Array {
  const padded = new Uint8Array(PADDED_SIDE * PADDED_SIDE).fill(paperOf(small))
  for (let y = 0; y < SIDE; y++)
    padded.set(small.subarray(y * SIDE, (y + 1) * SIDE), (y + SHIFT_MAX) * PADDED_SIDE + SHIFT_MAX)
  return padded
}

/** The lower median of the outermost pixels. */
function paperOf(small: Uint8Array): number {
  const border: number[] = []
  for (let at = 0; at < SIDE; at++)
    border.push(small[at]!, small[SIDE * (SIDE - 1) + at]!, small[SIDE * at]!, small[SIDE * at + SIDE - 1]!)
  return border.sort((a, b) => a - b)[(border.length - 1) >> 1]!
}

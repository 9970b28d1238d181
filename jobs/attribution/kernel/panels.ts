/** Columns of a panel (assembly/tile.ts). */
export const PANEL = 8
/** int16 of a panel for each pair of the summed index. */
const PAIR = 2 * PANEL

function panelLength(rank: number, classes: number): number {
  return classes * Math.ceil(rank / 2) * PAIR
}

/**
 * Vectors as the kernel reads them: panels of 8, and in a panel class by class, pair of dimensions by pair, vector by vector.
 *
 * @param vectors count × (classes · rank)
 * @param order   index of the vector in each column of each panel, −1 for a column of zeros
 * @returns       in memory that threads share
 */
export function packVectors(vectors: Int16Array, rank: number, classes: number, order: Int32Array): Int16Array {
  const pairs = Math.ceil(rank / 2)
  const length = panelLength(rank, classes)
  const packed = sharedInt16((order.length / PANEL) * length)
  for (const [column, vector] of order.entries()) {
    if (vector < 0) continue
    const base = Math.floor(column / PANEL) * length + (column % PANEL) * 2
    for (let c = 0; c < classes; c++) {
      const from = vector * rank * classes + c * rank
      const to = base + c * pairs * PAIR
      for (let j = 0; j < rank; j++) packed[to + (j >> 1) * PAIR + (j & 1)] = vectors[from + j]!
    }
  }
  return packed
}

/** All vectors in their order, the last panel filled up with zeros. */
export function inOrder(count: number): Int32Array {
  const columns = Math.ceil(count / PANEL) * PANEL
  return Int32Array.from({ length: columns }, (_, at) => (at < count ? at : -1))
}

/** Vectors of equal shift together, so that a panel has one shift. */
export function byShift(shifts: Uint8Array): { order: Int32Array; panelShifts: Uint8Array } {
  const order: number[] = []
  const panelShifts: number[] = []
  const sorted = Array.from(shifts.keys()).sort((a, b) => shifts[a]! - shifts[b]! || a - b)
  for (const vector of sorted) {
    const shift = shifts[vector]!
    if (panelShifts.at(-1) !== shift) while (order.length % PANEL !== 0) order.push(-1)
    if (order.length % PANEL === 0) panelShifts.push(shift)
    order.push(vector)
  }
  while (order.length % PANEL !== 0) order.push(-1)
  return { order: Int32Array.from(order), panelShifts: Uint8Array.from(panelShifts) }
}

/** One vector of 24 bits: for each four classes a panel, the low 12 bits of the four beside the rest of the four. */
export function packWideVector(v: Int32Array, rank: number, classes: number): Int16Array {
  const pairs = Math.ceil(rank / 2)
  const packed = sharedInt16(Math.ceil(classes / 4) * pairs * PAIR)
  for (let c = 0; c < classes; c++) {
    const base = Math.floor(c / 4) * pairs * PAIR + (c % 4) * 2
    for (let j = 0; j < rank; j++) {
      const value = v[c * rank + j]!
      const to = base + (j >> 1) * PAIR + (j & 1)
      packed[to] = value & 0xfff
      packed[to + PANEL] = value >> 12
    }
  }
  return packed
}

function sharedInt16(length: number): Int16Array {
  return new Int16Array(new SharedArrayBuffer(length * Int16Array.BYTES_PER_ELEMENT))
}

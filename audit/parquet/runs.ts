const VARINT_BYTES_MAX = 5
const WIDTH_MAX = 32

/**
 * Parquet's mix of runs and bit-packed groups of eight: fills `values` from `bytes[start, end)`, never past either.
 *
 * @param width bits of a value
 * @throws RangeError when the bytes end before the values do
 */
export function readRuns(bytes: Uint8Array, start: number, end: number, width: number, values: Uint32Array): void {
  if (width > WIDTH_MAX) throw new RangeError(`values of ${width} bits`)
  let at = start
  for (let filled = 0; filled < values.length; ) {
    const { value: head, next } = varint(bytes, at, end)
    at = next
    const count = Math.floor(head / 2)
    if (head % 2 === 0) {
      const size = (width + 7) >> 3
      if (count === 0 || size > end - at) throw new RangeError('a run that is empty or cut off')
      values.fill(littleEndian(bytes, at, size), filled, filled + count)
      at += size
      filled += count
    } else {
      const size = Math.min(count * width, end - at)
      const wanted = Math.min(count * 8, values.length - filled)
      if (count === 0 || size * 8 < wanted * width) throw new RangeError('packed values that are cut off')
      unpack(bytes, at, width, values, filled, wanted)
      at += size
      filled += wanted
    }
  }
}

function unpack(bytes: Uint8Array, start: number, width: number, values: Uint32Array, first: number, count: number) {
  const limit = 2 ** width
  let at = start
  // At most 39 bits: a float64 holds them, and shifts of 32 bits would not.
  let left = 0
  let buffer = 0
  for (let i = first; i < first + count; i++) {
    while (left < width) {
      buffer += bytes[at++]! * 2 ** left
      left += 8
    }
    const rest = Math.floor(buffer / limit)
    values[i] = buffer - rest * limit
    buffer = rest
    left -= width
  }
}

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value += bytes[at + i]! * 2 ** (8 * i)
  return value
}

function varint(bytes: Uint8Array, start: number, end: number): { value: number; next: number } {
  let value = 0
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    if (start + i >= end) break
    const byte = bytes[start + i]!
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, next: start + i + 1 }
  }
  throw new RangeError('a length that is cut off')
}

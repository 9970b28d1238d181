/** Of a length, seven bits to a byte. */
const LENGTH_BYTES_MAX = 5
/** A longer literal says in how many bytes its length follows. */
const SHORT_LITERAL_MAX = 60
const LITERAL = 0
const COPY_1 = 1
const COPY_2 = 2
/** Below it a loop is faster than a call. */
const CALLED_BYTES_MIN = 32

/**
 * Decodes raw Snappy (https://github.com/google/snappy/blob/main/format_description.txt) of a stranger. Every step goes forward in
 * `input` and never past either end, so that time and memory are bounded by both.
 *
 * @param output gets exactly as many bytes as it has
 * @throws RangeError when `input` is nothing that decodes to so many bytes
 */
export function uncompress(input: Uint8Array, output: Uint8Array): void {
  let at = behindLength(input, output.length)
  let filled = 0
  while (at < input.length) {
    const tag = input[at++]!
    if ((tag & 3) === LITERAL) {
      const size = (tag >> 2) + 1
      const extra = Math.max(0, size - SHORT_LITERAL_MAX)
      const length = extra === 0 ? size : littleEndian(input, at, extra) + 1
      at += extra
      if (length > input.length - at || length > output.length - filled)
        throw new RangeError('a literal that is cut off')
      if (length < CALLED_BYTES_MIN) for (let i = 0; i < length; i++) output[filled + i] = input[at + i]!
      else output.set(input.subarray(at, at + length), filled)
      at += length
      filled += length
    } else {
      const kind = tag & 3
      const bytes = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4
      const length = kind === COPY_1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
      const offset = littleEndian(input, at, bytes) + (kind === COPY_1 ? (tag >> 5) * 256 : 0)
      at += bytes
      if (offset === 0 || offset > filled || length > output.length - filled)
        throw new RangeError('a copy of what is not there')
      // Forward, byte by byte where the two overlap: a copy may repeat what it has just written.
      if (offset >= length && length >= CALLED_BYTES_MIN)
        output.copyWithin(filled, filled - offset, filled - offset + length)
      else for (let i = filled; i < filled + length; i++) output[i] = output[i - offset]!
      filled += length
    }
  }
  if (filled !== output.length) throw new RangeError(`${filled} bytes in place of ${output.length}`)
}

/** The length that stands first must be the one that is wanted. */
function behindLength(input: Uint8Array, wanted: number): number {
  let length = 0
  for (let i = 0; i < Math.min(LENGTH_BYTES_MAX, input.length); i++) {
    const byte = input[i]!
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte >= 0x80) continue
    if (length !== wanted) throw new RangeError(`${length} bytes in place of ${wanted}`)
    return i + 1
  }
  throw new RangeError('a length that is cut off')
}

function littleEndian(input: Uint8Array, at: number, bytes: number): number {
  if (bytes > input.length - at) throw new RangeError('a number that is cut off')
  let value = 0
  for (let i = 0; i < bytes; i++) value += input[at + i]! * 2 ** (8 * i)
  return value
}

import { assertInRange } from '../tree-range.ts'
import { TileFormatError } from './errors.ts'

const LENGTH_BYTES = 2
const ENTRY_BYTES_MAX = 0xffff

/** `u16 length ‖ entry`, one after the other. @throws {@link TreeRangeError} an entry is too long for one */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const entry of entries) {
    assertInRange('Bytes of an entry', entry.length, 0, ENTRY_BYTES_MAX)
    view.setUint16(at, entry.length)
    bytes.set(entry, at + LENGTH_BYTES)
    at += LENGTH_BYTES + entry.length
  }
  return bytes
}

/**
 * The entries of a bundle, as views into it.
 *
 * @param width how many there must be
 * @throws {@link TileFormatError} fewer, more, or bytes left over
 */
export function decodeEntryBundle(path: string, bytes: Uint8Array, width: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: Uint8Array[] = []
  let at = 0
  while (at + LENGTH_BYTES <= bytes.length && entries.length < width) {
    const end = at + LENGTH_BYTES + view.getUint16(at)
    if (end > bytes.length) break
    entries.push(bytes.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  if (entries.length === width && at === bytes.length) return entries
  const found = `${entries.length}, and ${bytes.length - at} bytes behind them`
  throw new TileFormatError({ path, expected: `${width} entries`, found })
}

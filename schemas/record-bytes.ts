import type { RecordHeader } from './cloud-events.ts'
import { TallyError } from './errors.ts'

/** A record as its producer sent it. Null and empty are different things. */
export interface RecordContent {
  readonly key: Uint8Array | null
  /** In the order in which they were sent; a name may repeat. */
  readonly headers: readonly RecordHeader[]
  readonly value: Uint8Array | null
}

const NULL_LENGTH = 0xffffffff

/**
 * What the content hash of a ledger leaf is taken over: `field(key) ‖ headers ‖ field(value)` with
 * `field(null) = 0xFFFFFFFF` and `field(bytes) = u32 length ‖ bytes` (docs/formats.md#leaf). Length prefixes keep two
 * different records from ever giving the same bytes.
 */
export function contentBytes(content: RecordContent): Buffer {
  return Buffer.concat([...field(content.key), encodeHeaders(content.headers), ...field(content.value)])
}

/** Headers as `u32 count ‖ (field(name) ‖ field(value))…`: order, repeats, null and empty are kept. */
export function encodeHeaders(headers: readonly RecordHeader[]): Buffer {
  const parts: Uint8Array[] = [u32(headers.length)]
  for (const [name, value] of headers) parts.push(...field(Buffer.from(name)), ...field(value))
  return Buffer.concat(parts)
}

export class HeaderBytesError extends TallyError {
  override readonly code = 'HEADER_BYTES'
}

/** The reverse of {@link encodeHeaders}. @throws HeaderBytesError when the bytes are not exactly what it writes. */
export function decodeHeaders(bytes: Uint8Array): RecordHeader[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (length: number): Buffer => {
    if (length > buffer.length - at) throw new HeaderBytesError(`Headers end ${length} bytes too early at byte ${at}.`)
    at += length
    return buffer.subarray(at - length, at)
  }
  const readField = (): Buffer | null => {
    const length = take(4).readUInt32BE(0)
    return length === NULL_LENGTH ? null : take(length)
  }
  const headers: RecordHeader[] = []
  for (let count = take(4).readUInt32BE(0); count > 0; count--) {
    const name = readField()
    if (name === null) throw new HeaderBytesError('A header has no name.')
    headers.push([name.toString(), readField()])
  }
  if (at !== buffer.length) throw new HeaderBytesError(`${buffer.length - at} bytes follow the headers.`)
  return headers
}

function field(value: Uint8Array | null): Uint8Array[] {
  return value === null ? [u32(NULL_LENGTH)] : [u32(value.length), value]
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

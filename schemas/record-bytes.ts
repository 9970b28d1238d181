import type { RecordHeader } from './cloud-events.ts'
import { TallyError } from './errors.ts'

/** A record as its producer sent it. Null and empty are different things. */
export interface RecordContent {
  readonly key: Uint8Array | null
  /** In the order in which they were sent; a name may repeat. */
  readonly headers: readonly RecordHeader[]
  readonly value: Uint8Array | null
}

const LENGTH_BYTES = 4
const NULL_LENGTH = 0xffffffff

/**
 * What the content hash of a ledger leaf is taken over: `field(key) ‖ headers ‖ field(value)` with
 * `field(null) = 0xFFFFFFFF` and `field(bytes) = u32 length ‖ bytes` (docs/formats.md#leaf). Length prefixes keep two
 * different records from ever giving the same bytes.
 */
export function contentBytes({ key, headers, value }: RecordContent): Buffer {
  const names = headers.map(([name]) => Buffer.byteLength(name))
  const bytes = Buffer.allocUnsafe(fieldBytes(key) + headersBytes(headers, names) + fieldBytes(value))
  putField(bytes, putHeaders(bytes, putField(bytes, 0, key), headers, names), value)
  return bytes
}

/** {@link contentBytes} without anything of Node's, which is slower. */
export function contentBytesAnywhere({ key, headers, value }: RecordContent): Uint8Array {
  const utf8 = new TextEncoder()
  const fields = [key, ...headers.flatMap(([name, bytes]) => [utf8.encode(name), bytes]), value]
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + fieldBytes(field), LENGTH_BYTES))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [place, field] of fields.entries()) {
    view.setUint32(at, field === null ? NULL_LENGTH : field.length)
    bytes.set(field ?? [], at + LENGTH_BYTES)
    at += fieldBytes(field)
    // The number of headers stands behind the key.
    if (place === 0) {
      view.setUint32(at, headers.length)
      at += LENGTH_BYTES
    }
  }
  return bytes
}

/** Headers as `u32 count ‖ (field(name) ‖ field(value))…`: order, repeats, null and empty are kept. */
export function encodeHeaders(headers: readonly RecordHeader[]): Buffer {
  const names = headers.map(([name]) => Buffer.byteLength(name))
  const bytes = Buffer.allocUnsafe(headersBytes(headers, names))
  putHeaders(bytes, 0, headers, names)
  return bytes
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

function fieldBytes(value: Uint8Array | null): number {
  return LENGTH_BYTES + (value?.length ?? 0)
}

/** @param names length of each name as UTF-8 */
function headersBytes(headers: readonly RecordHeader[], names: readonly number[]): number {
  return headers.reduce((sum, [, value], index) => sum + LENGTH_BYTES + names[index]! + fieldBytes(value), LENGTH_BYTES)
}

/** Writes at `at` and returns where it ends. */
function putHeaders(bytes: Buffer, at: number, headers: readonly RecordHeader[], names: readonly number[]): number {
  let end = bytes.writeUInt32BE(headers.length, at)
  for (const [index, [name, value]] of headers.entries()) {
    end = bytes.writeUInt32BE(names[index]!, end)
    end += bytes.write(name, end)
    end = putField(bytes, end, value)
  }
  return end
}

function putField(bytes: Buffer, at: number, value: Uint8Array | null): number {
  if (value === null) return bytes.writeUInt32BE(NULL_LENGTH, at)
  const end = bytes.writeUInt32BE(value.length, at)
  bytes.set(value, end)
  return end + value.length
}

import { encodeUtf8 } from '../bytes.ts'
import { sha256 } from '../hash.ts'
import { EntryFormatError } from './errors.ts'

/** What a producer sent. Null and empty are different things: a record without a value is not one with zero bytes. */
export interface RecordContent {
  readonly key: Uint8Array | null
  /** In the order in which they were sent; a name may repeat. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
  readonly value: Uint8Array | null
}

/** Stands where a length would, so a field may not be this long. */
const NULL_LENGTH = 0xffff_ffff

/**
 * Hash of a record's content: one SHA-256 over
 * `field(key) ‖ u32 number of headers ‖ field(name) ‖ field(value) of each header ‖ field(value)`,
 * where `field(null)` = 0xFFFFFFFF and `field(bytes)` = u32 length ‖ bytes, integers big-endian. Length prefixes keep two
 * different records from ever giving the same bytes.
 *
 * @returns 32 bytes
 * @throws  {@link TextEncodingError} a header's name is not well-formed Unicode
 * @throws  {@link EntryFormatError}  a field of 2^32 − 1 bytes or more
 */
export function contentHash(content: RecordContent): Uint8Array {
  const headers = content.headers.flatMap(([name, value]) => [encodeUtf8(name, 'Header name'), value])
  const fields = [content.key, ...headers, content.value]
  for (const field of fields) {
    if (field !== null && field.length >= NULL_LENGTH) {
      throw new EntryFormatError({ field: 'field length', found: field.length, expected: 'below 2^32 − 1' })
    }
  }
  const bytes = new Uint8Array(4 + fields.reduce((sum, field) => sum + 4 + (field?.length ?? 0), 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  fields.forEach((field, position) => {
    view.setUint32(at, field === null ? NULL_LENGTH : field.length)
    at += 4
    if (field !== null) {
      bytes.set(field, at)
      at += field.length
    }
    if (position === 0) {
      view.setUint32(at, content.headers.length)
      at += 4
    }
  })
  return sha256(bytes)
}

import { contentBytes, contentBytesAnywhere, type RecordContent } from '../../schemas/record-bytes.ts'
import { encodeUtf8 } from '../bytes.ts'
import { sha256 } from '../hash.ts'

export type { RecordContent }

/**
 * Hash of a record's content: one SHA-256 over the length-prefixed key, headers and value (docs/formats.md#leaf).
 *
 * @returns 32 bytes
 * @throws  {@link TextEncodingError} a header's name is not well-formed Unicode, so it has no bytes that everybody agrees on
 */
export function contentHash(content: RecordContent): Uint8Array {
  for (const [name] of content.headers) encodeUtf8(name, 'Header name')
  return sha256(typeof Buffer === 'undefined' ? contentBytesAnywhere(content) : contentBytes(content))
}

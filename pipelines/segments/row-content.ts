import { createHash } from 'node:crypto'
import { contentBytes } from '../../schemas/record-bytes.ts'
import type { LogRecord } from '../record-source.ts'

const LENGTH_BYTES = 4
const NULL_LENGTH = 0xffffffff

/**
 * A record that waits to be sealed, in one piece of memory of its own: a hundred thousand records with a dozen buffers each
 * would keep the collector busy, and hold on to everything that was fetched with them.
 */
export interface UnsealedRow {
  readonly offset: bigint
  readonly appendTimeMs: bigint
  /** `field(key) ‖ headers ‖ field(value)`, what the content hash is taken over (docs/formats.md#leaf). */
  readonly content: Buffer
  /** Lengths; null is a null key or value. */
  readonly keyBytes: number | null
  readonly valueBytes: number | null
}

export function unsealedRow(record: LogRecord): UnsealedRow {
  const { offset, appendTimeMs, key, value } = record
  return {
    offset,
    appendTimeMs,
    content: contentBytes(record),
    keyBytes: key?.length ?? null,
    valueBytes: value?.length ?? null,
  }
}

/** The parts of a row's content, in the same memory. */
export function partsOf({ content, keyBytes, valueBytes }: UnsealedRow) {
  const headersAt = LENGTH_BYTES + (keyBytes ?? 0)
  const valueAt = content.length - (valueBytes ?? 0)
  return {
    key: keyBytes === null ? null : content.subarray(LENGTH_BYTES, headersAt),
    headers: content.subarray(headersAt, valueAt - LENGTH_BYTES),
    value: valueBytes === null ? null : content.subarray(valueAt),
  }
}

/** The reverse of {@link partsOf}: `headers` are in their canonical bytes. */
export function contentOf(key: Uint8Array | null, headers: Uint8Array, value: Uint8Array | null): Buffer {
  const content = Buffer.allocUnsafe(2 * LENGTH_BYTES + (key?.length ?? 0) + headers.length + (value?.length ?? 0))
  let end = content.writeUInt32BE(key?.length ?? NULL_LENGTH)
  for (const part of [key, headers]) {
    if (part === null) continue
    content.set(part, end)
    end += part.length
  }
  end = content.writeUInt32BE(value?.length ?? NULL_LENGTH, end)
  if (value !== null) content.set(value, end)
  return content
}

export function contentHash(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest()
}

/** What makes two records of one offset the same: append time and content. */
export function fingerprint(appendTimeMs: bigint, content: Uint8Array): string {
  return `${appendTimeMs} ${contentHash(content).toString('hex')}`
}

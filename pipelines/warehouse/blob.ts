import { blobValue, type DuckDBBlobValue } from '@duckdb/node-api'

/** A BLOB to write; the bytes are not copied. */
export function toBlob(bytes: Uint8Array): DuckDBBlobValue {
  return blobValue(bytes)
}

/** Bytes of a BLOB that was read. DuckDB's value may point into a result that is gone later, so they are copied. */
export function fromBlob(value: unknown): Uint8Array {
  return Buffer.from((value as DuckDBBlobValue).bytes)
}

/** As {@link fromBlob}, null for NULL. */
export function fromNullableBlob(value: unknown): Uint8Array | null {
  return value === null ? null : fromBlob(value)
}

import type { LogRecord, NewRecord, ReadOptions } from './record-source.ts'

const BATCH_RECORDS_MAX = 10_000
const BATCH_BYTES_MAX = 16 * 1024 * 1024

/** How much one batch may hold. A record that is larger than `bytesMax` makes a batch of its own. */
export interface BatchLimits {
  readonly recordsMax: number
  readonly bytesMax: number
}

export function batchLimits(options: Pick<ReadOptions, 'batchRecordsMax' | 'batchBytesMax'>): BatchLimits {
  return {
    recordsMax: Math.max(1, options.batchRecordsMax ?? BATCH_RECORDS_MAX),
    bytesMax: Math.max(1, options.batchBytesMax ?? BATCH_BYTES_MAX),
  }
}

type Sized = Pick<NewRecord, 'key' | 'headers' | 'value'> & Pick<LogRecord, 'headerBytes'>

/** Size of a record in bytes: key, value, header names and header values; from a source's own header bytes a little more. */
export function recordBytes(record: Sized): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
  if (record.headerBytes !== undefined) return bytes + record.headerBytes.length
  for (const [name, value] of record.headers) bytes += Buffer.byteLength(name) + (value?.length ?? 0)
  return bytes
}

/** Splits records into runs within the limits, in order, none empty. */
export function splitByLimits<R extends Sized>(records: readonly R[], limits: BatchLimits): R[][] {
  const runs: R[][] = []
  let run: R[] = []
  let runBytes = 0
  for (const record of records) {
    const bytes = recordBytes(record)
    if (run.length > 0 && (run.length >= limits.recordsMax || runBytes + bytes > limits.bytesMax)) {
      runs.push(run)
      run = []
      runBytes = 0
    }
    run.push(record)
    runBytes += bytes
  }
  if (run.length > 0) runs.push(run)
  return runs
}

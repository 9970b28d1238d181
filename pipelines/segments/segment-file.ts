import type { SegmentName } from './segment-name.ts'

/**
 * No segment's file is larger, so that a reader holds one in memory. Sealers stay far below, unless a single record is as
 * large (a broker takes 1 MiB unless told otherwise).
 */
export const FILE_BYTES_MAX = 256 * 1024 * 1024

/** `gap`: offsets that the log lost before they were sealed, and that the operator let go. */
export type SegmentKind = 'records' | 'gap'

const FORMAT = 'tallystick-segment/1'

/**
 * What a segment's Parquet file says of itself in its key-value metadata. The file's hash covers it, so a file that was
 * renamed to other offsets contradicts its name, also when it has no rows.
 */
export function segmentMetadata(
  kind: SegmentKind,
  name: Omit<SegmentName, 'sha256'>,
): Readonly<Record<string, string>> {
  return {
    format: FORMAT,
    kind,
    topic: name.topic,
    partition: String(name.partition),
    from: String(name.from),
    to: String(name.to),
  }
}

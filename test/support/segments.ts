import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LogRecord } from '../../pipelines/record-source.ts'
import { unsealedRow } from '../../pipelines/segments/row-content.ts'
import { partitionFolder, segmentPath } from '../../pipelines/segments/segment-name.ts'
import { makePartition, SegmentWriter, type UnsealedSegment } from '../../pipelines/segments/write-segment.ts'

/** Seals one segment as a sealer does. @returns its path */
export async function sealSegment(
  folder: string,
  {
    records,
    ...segment
  }: Omit<UnsealedSegment, 'kind' | 'rows'> & {
    readonly kind?: UnsealedSegment['kind']
    readonly records: readonly LogRecord[]
  },
): Promise<string> {
  const writer = await SegmentWriter.open(folder)
  try {
    await makePartition(folder, segment.topic, segment.partition)
    return segmentPath(folder, await writer.write({ kind: 'records', ...segment, rows: records.map(unsealedRow) }))
  } finally {
    writer.close()
  }
}

/** Paths of everything that lies in a partition's folder, hidden files too, by name. */
export function filesOf(folder: string, topic: string, partition: number): string[] {
  const path = partitionFolder(folder, topic, partition)
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name))
}

/** Records of topic `t`, partition 0, that follow from their offset alone. */
export function recordsOf(from: number, to: number): LogRecord[] {
  return Array.from({ length: to - from }, (_, index) => recordAt(from + index))
}

export function recordAt(offset: number): LogRecord {
  return {
    topic: 't',
    partition: 0,
    offset: BigInt(offset),
    appendTimeMs: 1_000n + BigInt(offset),
    key: offset % 3 === 0 ? null : Buffer.from(`key ${offset}`),
    headers: [['name', offset % 2 === 0 ? null : Buffer.from(`header ${offset}`)]],
    value: offset % 5 === 0 ? null : Buffer.from(`value ${offset}`),
  }
}

import type { EmbeddedLog } from './embedded-log.ts'
import type { RecordSource } from './record-source.ts'

export interface CopyLogOptions {
  readonly from: RecordSource
  readonly to: EmbeddedLog
  readonly topics: readonly string[]
  readonly signal?: AbortSignal
  readonly onProgress?: (records: number) => void
}

/**
 * Copies topics into an embedded log with offsets, append times and holes as they are, up to their present ends: the same cut
 * of the copy gives the same roots. Killed anywhere: the next call goes on at the ends of the copy.
 *
 * @returns how many records were copied by this call
 */
export async function copyLog({ from, to, topics, signal, onProgress }: CopyLogOptions): Promise<number> {
  const partitions = await from.partitions(topics)
  for (const topic of new Set(topics)) {
    await to.createTopic(topic, partitions.filter((bounds) => bounds.topic === topic).length)
  }
  const starts = new Map(partitions.map((bounds) => [`${bounds.topic}/${bounds.partition}`, bounds.startOffset]))
  const ends = new Map((await to.partitions(topics)).map((bounds) => [placeOf(bounds), bounds.endOffset]))
  const startOf = (place: string) => starts.get(place) ?? 0n
  let records = 0
  await from.read({
    topics,
    until: 'end',
    ...(signal === undefined ? {} : { signal }),
    positionOf: (topic, partition) => {
      const place = placeOf({ topic, partition })
      const end = ends.get(place) ?? 0n
      // A copy that was begun goes on where it ended: if the log has lost that since, reading says so. A new one begins where
      // the log does.
      return end > 0n ? end : startOf(place)
    },
    onBatch: async (batch) => {
      await to.copy(batch, startOf(placeOf(batch)))
      records += batch.records.length
      onProgress?.(records)
    },
  })
  return records
}

function placeOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`
}

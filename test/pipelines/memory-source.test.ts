import { describe, expect, test } from '@jest/globals'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import { describeRecordSource } from './record-source.contract.ts'

describeRecordSource('MemoryLog', async () => {
  const log = new MemoryLog()
  return {
    source: log,
    sink: log,
    createTopics: async (topics) => {
      for (const { topic, partitions } of topics) log.createTopic(topic, partitions)
    },
    hide: async (topic, partition) => log.hide(topic, partition, 2),
    truncate: async (topic, partition, startOffset) => log.truncate(topic, partition, startOffset),
    close: () => log.close(),
  }
})

describe('MemoryLog', () => {
  test('stamps records with the clock it was given', async () => {
    let now = 1_000n
    const log = new MemoryLog({ now: () => now++ })
    log.createTopic('t', 1)
    await log.append([0, 1].map(() => ({ topic: 't', partition: 0, key: null, headers: [], value: null })))
    const times: bigint[] = []
    const onBatch = async ({ records }: { records: readonly { appendTimeMs: bigint }[] }) => {
      times.push(...records.map((r) => r.appendTimeMs))
    }
    await log.read({ topics: ['t'], positionOf: () => 0n, onBatch, until: 'end' })
    expect(times).toEqual([1_000n, 1_001n])
  })

  test('refuses a partition that the topic does not have', async () => {
    const log = new MemoryLog()
    log.createTopic('t', 1)
    const append = log.append([{ topic: 't', partition: 1, key: null, headers: [], value: null }])
    await expect(append).rejects.toThrow('no partition 1')
  })
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { type KafkaNode, kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const { available, hint } = kafkaAvailable()
const RECORDS = 2_000

if (available) {
  describe('a follower of the only node', () => onNodes(1))
  describe('a follower of three nodes', () => onNodes(3))
} else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of Kafka's outages are skipped. ${hint}`)
  describe.skip('a follower', () => test('outlives its broker', () => undefined))
}

function onNodes(nodes: 1 | 3): void {
  let kafka: RunningKafka
  beforeAll(async () => {
    kafka = await startKafka({ nodes })
  }, 180_000) // the first run of all fetches the jars
  afterAll(() => kafka.stop(), 90_000)

  const brokersUp = () => kafka.nodes.filter(({ running }) => running).map(({ broker }) => broker)

  async function append(topic: string, from: number, to: number): Promise<void> {
    const toRecord = (value: string): NewRecord => ({
      topic,
      partition: 0,
      key: null,
      headers: [],
      value: Buffer.from(value),
    })
    const sink = openKafkaSink({ brokers: brokersUp(), clientId: 'test' })
    await sink.append(Array.from({ length: to - from }, (_, i) => toRecord(`${from + i}`))).finally(() => sink.close())
  }

  /** Reads slowly while `fault` happens to the leader, and whatever is appended afterwards. */
  async function followThrough(fault: (leader: KafkaNode) => Promise<void>): Promise<string[]> {
    const topic = `topic-${randomUUID()}`
    await kafka.createTopics([{ topic, partitions: 1 }])
    await append(topic, 0, RECORDS)
    const source = openKafkaSource({
      brokers: kafka.brokers,
      groupId: `group-${randomUUID()}`,
      clientId: 'test',
      timing: { sessionTimeoutMs: 6_000 },
    })
    const seen: string[] = []
    let next = 0n
    const done = source.read({
      topics: [topic],
      positionOf: () => next,
      onBatch: async ({ records, nextOffset }) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        seen.push(...records.map(({ value }) => String(value)))
        next = nextOffset
      },
      batchRecordsMax: 50,
      until: 'follow',
    })
    const ended = done.then(() => Promise.reject(new Error('Reading ended.')))
    ended.catch(() => undefined)
    const untilSeen = async (count: number) => {
      while (seen.length < count) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))])
    }
    await untilSeen(100)
    await fault(kafka.nodes[await kafka.leaderOf(topic, 0)]!)
    await kafka.leaderOf(topic, 0) // waits until a running node leads, or the sink would ask the dead one
    await append(topic, RECORDS, RECORDS + 100)
    await untilSeen(RECORDS + 100)
    await source.close()
    await done
    return seen
  }

  const everything = Array.from({ length: RECORDS + 100 }, (_, i) => `${i}`)

  test('outlives a pause of the leader: nothing lost, nothing doubled, in order', async () => {
    const seen = await followThrough(async (leader) => {
      await leader.pause()
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      await leader.resume()
    })
    expect(seen).toEqual(everything)
  })

  test('outlives the leader killed and started again', async () => {
    const seen = await followThrough(async (leader) => {
      await leader.kill()
      await leader.restart()
    })
    expect(seen).toEqual(everything)
  })

  if (nodes === 1) return

  test('outlives the leader killed for good: another one takes over', async () => {
    let killed: KafkaNode | undefined
    const seen = await followThrough(async (leader) => {
      killed = leader
      await leader.kill()
    })
    expect(seen).toEqual(everything)
    await killed!.restart()
  })
}

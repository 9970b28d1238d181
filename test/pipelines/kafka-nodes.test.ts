import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Kafka, logLevel } from 'kafkajs'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const { available, hint } = kafkaAvailable()

if (available) describe('the test broker with three nodes', onThreeNodes)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of three Kafka nodes are skipped. ${hint}`)
  test.skip('killed nodes come back', () => undefined)
}

function onThreeNodes(): void {
  let kafka: RunningKafka
  beforeAll(async () => {
    kafka = await startKafka({ nodes: 3 })
  }, 180_000) // the first run of all fetches the jars
  afterAll(() => kafka.stop(), 90_000)

  const append = async (topic: string, values: readonly string[]) => {
    const sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    const records = values.map((value) => ({ topic, partition: 0, key: null, headers: [], value: Buffer.from(value) }))
    try {
      return (await sink.append(records)).map(({ offset }) => offset)
    } finally {
      await sink.close()
    }
  }

  test('a killed leader is replaced and comes back on its port and data; nobody is told that it broke', async () => {
    let broke = false
    kafka.exited.then(() => {
      broke = true
    })
    await kafka.createTopics([{ topic: 't', partitions: 2 }])
    expect(await append('t', ['a', 'b'])).toEqual([0n, 1n])
    const first = await kafka.leaderOf('t', 0)
    const { pid, broker } = kafka.nodes[first]!
    await kafka.nodes[first]!.kill()
    const second = await kafka.leaderOf('t', 0)
    expect(second).not.toBe(first)
    expect(await append('t', ['c'])).toEqual([2n])
    await kafka.nodes[first]!.restart()
    expect(kafka.nodes[first]).toMatchObject({ broker, running: true })
    expect(kafka.nodes[first]!.pid).not.toBe(pid)
    await kafka.nodes[second]!.stop()
    expect(await append('t', ['d'])).toEqual([3n])
    await kafka.nodes[second]!.restart()
    expect(broke).toBe(false)
  })

  test('a paused node answers nothing until it is resumed', async () => {
    const [node] = kafka.nodes
    const client = new Kafka({
      brokers: [node!.broker],
      logLevel: logLevel.NOTHING,
      requestTimeout: 500,
      retry: { retries: 0 },
    })
    const admin = client.admin()
    await admin.connect()
    await node!.pause()
    expect(node!.running).toBe(false)
    await expect(admin.listTopics()).rejects.toThrow()
    await node!.resume()
    expect(await admin.listTopics()).toContain('t')
    await admin.disconnect()
  })

  test('partitions are added, and a topic that is deleted can be made again at once', async () => {
    await kafka.createTopics([{ topic: 'again', partitions: 1, replicationFactor: 1 }])
    await kafka.addPartitions('again', 3)
    expect(await append('again', ['x', 'y'])).toEqual([0n, 1n])
    await kafka.deleteTopic('again')
    await kafka.createTopics([{ topic: 'again', partitions: 1 }])
    expect(await append('again', ['z'])).toEqual([0n])
  })
}

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../cli/config.ts'
import { kafkaConnection } from '../../cli/kafka-connection.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const { available, hint } = kafkaAvailable()

if (available) describe('a broker with TLS and logins', onSecureKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of Kafka with TLS and logins are skipped. ${hint}`)
  describe.skip('a broker with TLS and logins', () => test('is written and read', () => undefined))
}

function onSecureKafka(): void {
  let kafka: RunningKafka
  beforeAll(async () => {
    kafka = await startKafka({ security: 'sasl_ssl' })
    await kafka.createTopics([{ topic: 't', partitions: 1 }])
  }, 180_000) // the first run of all fetches the jars
  afterAll(() => kafka.stop(), 90_000)

  /** The connection as `tally` makes it of its environment. */
  function connectionOf(mechanism: string, change: Record<string, string> = {}) {
    const user = kafka.secure!.users.find((u) => u.mechanism === mechanism)!
    const environment = {
      KAFKA_BROKERS: kafka.secure!.brokers.join(','),
      KAFKA_SSL_CA: kafka.secure!.caFile,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: user.username,
      KAFKA_SASL_PASSWORD: user.password,
      ...change,
    }
    const config = loadConfig({ environment, flags: {} })
    return kafkaConnection(config.kafkaBrokers!, config)
  }

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('%s: sink and source sign in', async (mechanism) => {
    const connection = connectionOf(mechanism)
    const sink = openKafkaSink(connection)
    const value = Buffer.from(`from ${mechanism}`)
    const [position] = await sink.append([{ topic: 't', partition: 0, key: null, headers: [], value }])
    await sink.close()
    const source = openKafkaSource({ ...connection, groupId: `group-${randomUUID()}` })
    const values: string[] = []
    await source.read({
      topics: ['t'],
      positionOf: () => position!.offset,
      onBatch: async ({ records }) => void values.push(...records.map((record) => String(record.value))),
      until: 'end',
    })
    await source.close()
    expect(values).toEqual([`from ${mechanism}`])
  })

  /** What source and sink say of a connection that cannot work. */
  async function failuresOf(connection: ReturnType<typeof connectionOf>): Promise<unknown[]> {
    const source = openKafkaSource({ ...connection, groupId: 'g' })
    const sink = openKafkaSink(connection)
    const read = { topics: ['t'], positionOf: () => 0n, onBatch: async () => undefined, until: 'follow' } as const
    const failures = await Promise.all([
      source.partitions(['t']).catch((error: unknown) => error),
      source.read(read).catch((error: unknown) => error),
      sink.append([{ topic: 't', key: null, headers: [], value: null }]).catch((error: unknown) => error),
    ])
    await Promise.all([source.close(), sink.close()])
    return failures
  }

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    '%s: a wrong password is said to be one',
    async (mechanism) => {
      const password = 'not the right one'
      for (const failure of await failuresOf(connectionOf(mechanism, { KAFKA_SASL_PASSWORD: password }))) {
        expect(failure).toMatchObject({ code: 'SOURCE_LOGIN', hint: expect.stringContaining('KAFKA_SASL_PASSWORD') })
        expect(String(failure)).not.toContain(password)
      }
    },
  )

  test('a certificate that nobody vouches for is said to be one', async () => {
    const { ssl: _, ...rest } = connectionOf('plain')
    for (const failure of await failuresOf({ ...rest, ssl: true })) {
      expect(failure).toMatchObject({
        code: 'SOURCE_UNTRUSTED',
        message: expect.stringContaining('self-signed certificate'),
        hint: expect.stringContaining('KAFKA_SSL_CA'),
      })
    }
  })
}

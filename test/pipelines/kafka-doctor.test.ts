import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { diagnose } from '../../pipelines/doctor/doctor.ts'
import type { Finding } from '../../pipelines/doctor/finding.ts'
import { ingest } from '../../pipelines/ingest.ts'
import { openKafkaAdmin } from '../../pipelines/kafka-admin.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { LogAdmin } from '../../pipelines/log-admin.ts'
import { applyTopics, planTopics, type TopicWishes } from '../../pipelines/plan-topics.ts'
import { CLOCK_TOPIC, settingsFor, WANTED_TOPICS } from '../../pipelines/topic-settings.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { deadLetterTopic, INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const { available, hint } = kafkaAvailable()
const ALL = WANTED_TOPICS.map(({ topic }) => topic)
/** What is always said of one node, and wrong with nothing. */
const ONE_NODE = ['replication: null']

if (available) describe('with a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of topics and doctor are skipped. ${hint}`)
  test.skip('a topic made wrong is found and mended', () => undefined)
}

function onKafka(): void {
  let kafka: RunningKafka
  let raw: Admin
  let admin: LogAdmin
  let folder: string
  let groupId: string
  beforeAll(async () => {
    kafka = await startKafka({ security: 'sasl_ssl' })
    raw = new Kafka({ brokers: kafka.brokers, clientId: 'test', logLevel: logLevel.NOTHING }).admin()
    await raw.connect()
    admin = openKafkaAdmin({ brokers: kafka.brokers, clientId: 'test' })
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    await raw.disconnect()
    await kafka.stop()
  }, 90_000)
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-doctor-'))
    groupId = `group-${randomUUID()}`
  })
  afterEach(async () => {
    rmSync(folder, { recursive: true })
    for (const topic of await ours()) await kafka.deleteTopic(topic)
  })

  const ours = async () => (await raw.listTopics()).filter((topic) => topic.startsWith('tally.'))
  const warehousePath = () => join(folder, 'warehouse.duckdb')
  const openSource = () => openKafkaSource({ brokers: kafka.brokers, clientId: 'test', groupId })

  async function create(wishes: TopicWishes = {}) {
    const steps = await planTopics(admin, wishes)
    await applyTopics(admin, steps)
    return steps
  }

  /** As it ought to be but for some settings. */
  async function createWrong(topic: string, settings: Record<string, string>): Promise<void> {
    const wanted = WANTED_TOPICS.find((each) => each.topic === topic)!
    await admin.createTopic({
      topic,
      partitions: 1,
      replication: 1,
      settings: { ...settingsFor(wanted, 1), ...settings },
    })
  }

  async function look(clock = () => BigInt(Date.now()), brokers = kafka.brokers) {
    const source = openKafkaSource({ brokers, clientId: 'test', groupId })
    let close = () => {}
    try {
      return await diagnose({
        warehousePath: warehousePath(),
        openWarehouse: async () => {
          const warehouse = await openWarehouse(warehousePath(), { verb: 'test' })
          close = () => warehouse.close()
          return warehouse
        },
        broker: { admin: openKafkaAdmin({ brokers, clientId: 'test' }), source, groupId },
        clock,
      })
    } finally {
      close()
      await source.close()
    }
  }

  /** What is not all right, as `check: subject`. */
  const complaintsOf = ({ findings }: { findings: readonly Finding[] }) =>
    findings
      .filter(({ severity }) => severity === 'warning' || severity === 'error')
      .map(({ check, subject }) => `${check}: ${subject}`)

  async function store(records: number): Promise<void> {
    const sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    const record = { topic: TOPICS.chain, partition: 0, key: null, headers: [], value: Buffer.from('junk') }
    await sink.append(Array.from({ length: records }, () => record))
    await sink.close()
    const warehouse = await openWarehouse(warehousePath(), { verb: 'test' })
    const source = openSource()
    await ingest({ source, warehouse, topics: INPUT_TOPICS, until: 'end' })
    await source.close()
    warehouse.close()
  }

  test('nothing is there: every topic is missing, is made, and then all is well', async () => {
    expect(complaintsOf(await look())).toEqual([...ALL.map((topic) => `topics: ${topic}`), ...ONE_NODE])
    const dry = await planTopics(admin, { partitions: 4 })
    expect(await ours()).toEqual([])
    expect(await create({ partitions: 4 })).toEqual(dry)
    const found = await look()
    expect(complaintsOf(found)).toEqual(ONE_NODE)
    expect(found.findings.filter(({ severity }) => severity === 'ok').map(({ check }) => check)).toEqual([
      'broker',
      'topics',
      'settings',
      'partitions',
      'clock',
      'retention',
      'transactions',
    ])
    const counts = (await admin.topics(ALL)).map(({ topic, partitions }) => [topic, partitions.length])
    const many: readonly string[] = [TOPICS.contributions, TOPICS.inferences, TOPICS.outcomes]
    expect(counts).toEqual(ALL.map((topic) => [topic, many.includes(topic) ? 4 : 1]))
    expect(await create()).toEqual([])
    // Partitions are added when that is asked for, and never taken away.
    expect(await planTopics(admin, { partitions: 2 })).toEqual([])
    expect((await create({ partitions: 5 })).map((step) => [step.step, step.topic])).toEqual([
      ['grow', TOPICS.contributions],
      ['grow', TOPICS.inferences],
      ['grow', TOPICS.outcomes],
    ])
    expect(await planTopics(admin, { partitions: 5 })).toEqual([])
  })

  test('a topic made wrong in each way is named, mended, and keeps its other settings', async () => {
    const { chain, contributions, inferences, registry } = TOPICS
    await createWrong(chain, { 'message.timestamp.type': 'CreateTime', 'segment.ms': '12345678' })
    await createWrong(contributions, { 'cleanup.policy': 'compact,delete' })
    await createWrong(inferences, { 'retention.ms': '86400000', 'retention.bytes': '1000000' })
    await createWrong(registry, { 'max.message.bytes': '500000' })
    await createWrong(TOPICS.epochs, { 'unclean.leader.election.enable': 'true' })
    await createWrong(deadLetterTopic(chain), { 'min.insync.replicas': '2', 'retention.ms': '1000' })
    const { findings } = await look()
    const said = findings.filter(({ severity }) => severity !== 'ok').map((each) => `${each.subject} ${each.found}`)
    for (const expected of [
      `${chain} message.timestamp.type is CreateTime, not LogAppendTime`,
      `${contributions} cleanup.policy is compact,delete, not delete`,
      `${inferences} retention.ms is 24 hours`,
      `${inferences} retention.bytes is 1000000: a full partition deletes its oldest records, read or not`,
      `${registry} max.message.bytes is 500000, not 2097152`,
      `${TOPICS.epochs} unclean.leader.election.enable is true, not false`,
      `${deadLetterTopic(chain)} min.insync.replicas is 2, not 1`,
      `${deadLetterTopic(registry)} does not exist, or may not be seen by this client`,
    ])
      expect(said).toContain(expected)
    for (const { severity, mend, means, subject } of findings)
      if (subject !== null && severity !== 'ok')
        expect({ subject, mend, means }).toMatchObject({ mend: 'tally topics create', means: expect.any(String) })

    await create()
    expect(complaintsOf(await look())).toEqual(ONE_NODE)
    expect(await create()).toEqual([])
    const after = new Map((await admin.topics(ALL)).map(({ topic, settings }) => [topic, settings!]))
    expect(after.get(chain)!.get('segment.ms')).toBe('12345678')
    expect(after.get(deadLetterTopic(chain))!.get('retention.ms')).toBe('1000') // a choice
  })

  test('over TLS, with a user who signs in, they are made and looked at just so', async () => {
    const { brokers, ca, users } = kafka.secure!
    const { mechanism, username, password } = users.find((user) => user.mechanism === 'scram-sha-512')!
    const sasl = { mechanism: 'scram-sha-512', username, password } as const
    expect(mechanism).toBe(sasl.mechanism)
    const secure = openKafkaAdmin({ brokers, clientId: 'test', ssl: { ca: [ca] }, sasl })
    await applyTopics(secure, await planTopics(secure, {}))
    expect(await planTopics(secure, {})).toEqual([])
    expect((await secure.topics(ALL)).length).toBe(ALL.length)
    const appended = await secure.appendTime(CLOCK_TOPIC)
    expect(appended > 0n).toBe(true)
  })

  test('what the broker refuses is said in its words, and nothing is half done', async () => {
    await expect(create({ replication: 3 })).rejects.toMatchObject({
      code: 'TOPIC_REFUSED',
      facts: { topic: INPUT_TOPICS[0] },
      message: expect.stringMatching(/replicas|replication/i),
    })
    expect(await ours()).toEqual([])
  })

  test('the warehouse against the log: lag, waiting letters, lost records, a topic made again, another group member', async () => {
    await create()
    await store(5)
    expect(complaintsOf(await look())).toEqual([...ONE_NODE, `dead letters: ${TOPICS.chain}`])

    const ahead = [{ partition: 0, offset: '9' }]
    await raw.setOffsets({ groupId, topic: TOPICS.chain, partitions: ahead })
    expect(complaintsOf(await look())).toContain(`group: ${TOPICS.chain}/0`)

    const sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    await sink.append(
      Array.from({ length: 4 }, () => ({ topic: TOPICS.chain, key: null, headers: [], value: Buffer.from('more') })),
    )
    await sink.close()
    const lag = (await look()).findings.find(({ check }) => check === 'positions')
    expect(lag).toMatchObject({ severity: 'ok', found: expect.stringContaining('4 offsets are still to be read') })

    await kafka.deleteRecords(TOPICS.chain, 0, 7n)
    const lost = (await look()).findings.find(({ check }) => check === 'positions')
    expect(lost).toMatchObject({
      severity: 'error',
      subject: `${TOPICS.chain}/0`,
      means: expect.stringContaining('2 offsets'),
    })
    expect(lost!.mend).toContain('--accept-gap')

    await kafka.deleteTopic(TOPICS.chain)
    await create()
    const again = (await look()).findings.find(({ check }) => check === 'positions')
    expect(again).toMatchObject({ severity: 'error', found: 'is read up to 5, but the log holds 0 to 0' })
  })

  test('a transaction that stays open is told, with where it holds the log back', async () => {
    await create()
    const client = new Kafka({ brokers: kafka.brokers, clientId: 'test', logLevel: logLevel.NOTHING })
    const producer = client.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: TOPICS.chain, messages: [{ value: 'open' }, { value: 'open' }] })
    const { findings } = await look()
    await transaction.abort()
    await producer.disconnect()
    expect(findings.find(({ check }) => check === 'transactions')).toMatchObject({
      severity: 'warning',
      subject: `${TOPICS.chain}/0`,
      found: 'a transaction is open at offset 0; 2 offsets behind it are hidden',
    })
  })

  test('retention is held against what is not stored or not published yet', async () => {
    await create()
    await store(3)
    await admin.changeSettings(TOPICS.chain, { 'retention.ms': '3600000' })
    const soon = (await look()).findings.find(({ check }) => check === 'retention')
    expect(soon).toMatchObject({ severity: 'warning', subject: TOPICS.chain })
    const later = BigInt(Date.now()) + 3_000_000n
    const late = (await look(() => later)).findings.find(({ check }) => check === 'retention')
    expect(late).toMatchObject({ severity: 'error', mend: 'tally topics create' })
    expect(late!.found).toMatch(/^retention.ms is 3600 s; the oldest record .* is 30\d\d s old$/)
  })

  test.each([
    ['ahead of', -3_600_000, 'error'],
    ['behind', 3_600_000, 'error'],
    ['behind', 1_500, 'warning'],
  ] as const)('a broker whose clock is %s this machine’s is told (%s ms, %s)', async (which, shift_ms, severity) => {
    await create()
    const { findings } = await look(() => BigInt(Date.now() + shift_ms))
    const clock = findings.find(({ check }) => check === 'clock')
    expect(clock).toMatchObject({ severity, found: expect.stringContaining(which) })
  })

  test('a broker that is not there, and a warehouse that somebody has, are findings', async () => {
    await create()
    await store(1)
    const held = await openWarehouse(warehousePath(), { verb: 'somebody' })
    const { findings } = await look()
    held.close()
    expect(findings.find(({ check }) => check === 'warehouse')).toMatchObject({
      severity: 'note',
      found: expect.stringContaining('somebody'),
    })
    const gone = await look(undefined, ['127.0.0.1:1'])
    expect(gone.isReached).toBe(false)
    expect(gone.findings.find(({ check }) => check === 'broker')).toMatchObject({
      severity: 'error',
      found: expect.stringContaining('127.0.0.1:1'),
    })
  })
}

import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { NewRecord, RecordSink } from '../../pipelines/record-source.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { WIDER_USE } from '../support/ledger/foreign-schemas.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { pythonWithPackages } from '../support/python/python.mjs'

const SCHEMA_ID = 7
const USES = 20

const kafkaHint = kafkaAvailable().hint
const kcatHint =
  spawnSync('kcat', ['-V']).status === 0
    ? ''
    : 'kcat is missing. Debian: apt-get install kcat; macOS: brew install kcat.'
const { python, hint: pythonHint } = pythonWithPackages()
const hint = [kafkaHint, kcatHint, pythonHint].filter((each) => each !== '').join(' ')

if (hint === '') describe('on a real Kafka', withForeignProducers)
else if (process.env.CI === 'true') test('foreign producers can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of foreign producers are skipped. ${hint}`)
  describe.skip('on a real Kafka', () => test('foreign producers are accepted', () => undefined))
}

function withForeignProducers(): void {
  let kafka: RunningKafka
  let sink: RecordSink
  let world: SmallLedger
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tally-foreign-'))
    kafka = await startKafka()
    await kafka.createTopics([...INPUT_TOPICS, TOPICS.epochs].map((topic) => ({ topic, partitions: 1 })))
    sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    world = await SmallLedger.open()
    await world.found()
    await sink.append(await recordsOf(world))
    await sink.append([await world.records.schema(SCHEMA_ID, 'InferenceRecorded', WIDER_USE)])
    await sink.append([world.records.deposit('payer', 1_000n)])
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    world.close()
    await sink.close()
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 90_000)

  const openSource = () =>
    openKafkaSource({ brokers: kafka.brokers, groupId: `group-${randomUUID()}`, clientId: 'test' })

  test('a value file sent with kcat and its headers, and a Python producer with a schema of its own, are accepted', async () => {
    sendWithKcat(kafka, folder, world.records.inference('from-kcat', 11n))
    sendFromPython(kafka)
    const source = openSource()
    const published = openSource()
    const manifest = await world.publishNext({
      source,
      published,
      sink,
      clock: () => BigInt(Date.now()),
      cutNow: true,
    })
    await source.close()
    await published.close()
    expect(manifest.counts).toMatchObject({ duplicate: 0, rejected: 0, reasons: {} })
    const uses = await world.ledger.warehouse.all<{ event_id: string; fee: bigint }>(
      'SELECT event_id, fee FROM inference ORDER BY event_id',
    )
    expect(new Map(uses.map((row) => [row.event_id, row.fee]))).toEqual(
      new Map([
        ['from-kcat', 11n],
        ...Array.from({ length: USES }, (_, n) => [`from-python-${n}`, BigInt(n)] as const),
      ]),
    )
    expect(manifest.conservation[0]).toMatchObject({
      funded: String(11 + (USES * (USES - 1)) / 2),
      unfunded: '0',
      reported: '0',
    })
    expect((await world.audit()).firstDifference).toBeUndefined()
  }, 120_000)

  function sendFromPython({ brokers }: RunningKafka): void {
    const records = Array.from({ length: USES }, (_, n) => {
      const id = `from-python-${n}`
      const { headers, key, topic } = world.records.inference(id, 1n)
      return { topic, key: text(key), headers: headers.map(([name, value]) => [name, text(value)]), value: useOf(n) }
    })
    const order = { brokers: brokers.join(','), schemaId: SCHEMA_ID, schema: WIDER_USE, records }
    run(python, [fileURLToPath(new URL('./produce.py', import.meta.url))], JSON.stringify(order))
  }
}

/** What `found` has put into the log in memory. */
async function recordsOf(world: SmallLedger): Promise<NewRecord[]> {
  const records: NewRecord[] = []
  await world.log.read({
    topics: INPUT_TOPICS,
    until: 'end',
    positionOf: () => 0n,
    onBatch: async (batch) =>
      void records.push(...batch.records.map(({ topic, key, headers, value }) => ({ topic, key, headers, value }))),
  })
  return records
}

/** As a person would: headers on the command line, the value's bytes in a file. */
function sendWithKcat({ brokers }: RunningKafka, folder: string, record: OutgoingRecord): void {
  const file = join(folder, 'value.bin')
  writeFileSync(file, record.value)
  const headers = record.headers.flatMap(([name, value]) => ['-H', `${name}=${text(value)}`])
  const args = ['-P', '-b', brokers.join(','), '-t', record.topic, '-k', text(record.key), ...headers, file]
  run('kcat', args, '')
}

/** A use as a producer with the wider schema writes it; what it leaves out has defaults there. */
function useOf(n: number): object {
  const bytes = (hex: string) => ({ $bytes: hex.replace(/^0x/, '') })
  return {
    model: 'reader',
    infrastructure: 'gateway',
    payer: bytes(addressOf('payer')),
    token: bytes(TOKEN),
    fee: { $decimal: String(n) },
    inputHash: bytes('11'.repeat(32)),
    outputHash: bytes('22'.repeat(32)),
    voucher: 1,
    units: [{ unit: 'digits', quantity: n }],
    // fastavro cannot write the default of a field of bytes that is left out.
    ...{ quoteId: bytes(''), quoteSignature: bytes('') },
    latency_ms: n % 2 === 0 ? null : n / 4,
    tags: { team: ['a', 'größe'] },
    trace: { id: bytes('07'.repeat(16)) },
  }
}

function run(command: string, args: readonly string[], input: string): void {
  const { status, stderr } = spawnSync(command, args, { input, encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`${command} ended with ${status}.\n${stderr}`)
}

function text(bytes: Uint8Array | null): string {
  return Buffer.from(bytes ?? []).toString()
}

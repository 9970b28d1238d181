import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { GENESIS, keyOf } from '../support/ledger/cast.ts'
import { WIDER_USE, widerUse } from '../support/ledger/foreign-schemas.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { SchemaRegistryStub } from '../support/schema-registry-stub.ts'
import { builtCli } from './support/built-cli.ts'
import { type Follower, startFollower } from './support/follower.ts'
import { documentOf, type Ended, tally } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const { available, hint } = kafkaAvailable()

if (available) describe('epoch close beside a running ingest, with a schema registry', besideIngest)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of epoch close beside an ingest with a schema registry are skipped. ${hint}`)
  describe.skip('epoch close beside a running ingest, with a schema registry', () => test('works', () => undefined))
}

function besideIngest(): void {
  const path = temporaryFolder()
  const records = new Records(ledgerIdOf(GENESIS))
  let kafka: RunningKafka
  let registry: SchemaRegistryStub
  let data: string
  let made = 0
  let follower: Follower | undefined
  let sealer: { readonly child: ChildProcess; readonly ended: Promise<Ended> } | undefined
  beforeAll(() => builtCli().then(() => undefined), 180_000)
  beforeEach(async () => {
    kafka = await startKafka()
    await kafka.createTopics([...INPUT_TOPICS, TOPICS.epochs].map((topic) => ({ topic, partitions: 1 })))
    registry = await SchemaRegistryStub.start()
    data = path(`ledger-${made++}`)
    mkdirSync(data)
    writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
  }, 180_000) // the first run of all fetches the jars
  afterEach(async () => {
    await follower?.end('SIGTERM')
    sealer?.child.kill('SIGTERM')
    await sealer?.ended
    follower = sealer = undefined
    await registry.stop()
    await kafka.stop()
  }, 90_000)

  /** A use whose schema only the registry knows, and all that it refers to. */
  async function sendUse(): Promise<void> {
    const sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    const schemaId = registry.add('tally.inferences-value', JSON.stringify(WIDER_USE))
    const sent = [
      records.source(SOURCES.operator, ['AssetRegistered']),
      records.source(SOURCES.gateway, ['InferenceRecorded']),
      records.asset('reader', 'model', { modeller: 1_000_000 }),
      records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
      widerUse(records.inference('use-1', 1n), schemaId),
    ]
    await sink.append(await Promise.all(sent))
    await sink.close()
  }

  function startSealer(env: Readonly<Record<string, string>>, segments: string): Promise<void> {
    return new Promise((resolve) => {
      const ended = tally(['seal', '--segments', segments, '--follow', '--every', '1'], {
        env,
        onStart: (child) => {
          queueMicrotask(() => {
            sealer = { child, ended }
            resolve()
          })
        },
      })
    })
  }

  async function stored(records: number, env: Readonly<Record<string, string>>): Promise<void> {
    for (;;) {
      const status = await tallyHere(['epoch', 'status', '--json', '--data', data], { env })
      if (documentOf<{ waiting: { records: number } }>(status).waiting.records >= records) return
      await sleep(200)
    }
  }

  test.each(['the log', 'segments'])(
    'from %s: the schema is a record before the cut, and nothing is read twice',
    async (from) => {
      const kafkaEnv = { KAFKA_BROKERS: kafka.brokers.join(',') }
      const segments = from === 'segments' ? { TALLY_SEGMENTS: path(`segments-${made}`) } : undefined
      if (segments !== undefined) await startSealer(kafkaEnv, segments.TALLY_SEGMENTS)
      const env = { ...kafkaEnv, ...segments, SCHEMA_REGISTRY_URL: registry.url, OPERATOR_KEY: keyOf('operator') }
      follower = await startFollower(data, { env })
      await sendUse()
      // What is not sealed yet is not in the log of segments: the cut would leave it to the next epoch.
      if (segments !== undefined) await stored(6, env)
      const closed = await tallyHere(['epoch', 'close', '--now', '--json', '--data', data], { env })
      expect(closed).toMatchObject({ end: 0 })
      const status = await tallyHere(['epoch', 'status', '--json', '--data', data], { env })
      const { epochs } = documentOf<{ epochs: { counts: object }[] }>(status)
      // The five that were sent, and the schema.
      expect(epochs.map(({ counts }) => counts)).toMatchObject([{ accepted: 6, duplicate: 0, rejected: 0 }])
      expect(registry.asked.map((asked) => asked.path)).toEqual(['/schemas/ids/1'])
      expect(await follower.end('SIGTERM')).toMatchObject({
        end: 0,
        stdout: '6 new records, 0 of them rejected by their own bytes.\n',
      })
    },
    120_000,
  )
}

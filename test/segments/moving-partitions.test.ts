import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { dataDirectory } from '../../cli/data-directory.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { NewRecord, RecordSink, RecordSource } from '../../pipelines/record-source.ts'
import { SegmentSource } from '../../pipelines/segments/segment-source.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { toHex } from '../../schemas/ids.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { documentOf, type Ended, tally } from '../cli/support/tally.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { GENESIS } from '../support/ledger/cast.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { type Random, randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const PARTITIONS = 3
const SEALERS = 3
const KILLS = 5
const USES_A_ROUND = 200
/** How long the group waits for a member that says nothing. */
const SESSION_TIMEOUT_MS = 3_000
const PATIENCE_MS = 150_000
const { available, hint } = kafkaAvailable()

if (available) describe('sealers of one group', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The test of sealers that are killed is skipped. ${hint}`)
  test.skip('lose nothing', () => undefined)
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

function onKafka(): void {
  const path = temporaryFolder()
  const started: ChildProcess[] = []
  let kafka: RunningKafka
  let sink: RecordSink
  let log: RecordSource
  beforeAll(async () => {
    kafka = await startKafka()
    await kafka.createTopics(INPUT_TOPICS.map((topic) => ({ topic, partitions: PARTITIONS })))
    await kafka.createTopics([{ topic: TOPICS.epochs, partitions: 1 }])
    sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    log = openKafkaSource({ brokers: kafka.brokers, clientId: 'test', groupId: 'test' })
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL')
    await sink.close()
    await log.close()
    await kafka.stop()
  }, 90_000)

  const segments = () => path('segments')
  const environment = () => ({
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
  })

  function startTally(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Running> {
    return new Promise((resolve, reject) => {
      const ended = tally([...args, '--json'], {
        env: { ...environment(), ...env },
        onStart: (child) => {
          started.push(child)
          queueMicrotask(() => resolve({ child, ended }))
        },
      })
      ended.catch(reject)
    })
  }
  const startSealer = () => startTally(['seal', '--segments', segments(), '--follow', '--every', '1'])

  /** Waits until everything in the log is sealed; a process that ends meanwhile is an error. */
  async function allSealed(running: readonly Running[]): Promise<void> {
    const source = new SegmentSource({ folder: segments(), upstream: log })
    await until(async () => {
      for (const { child, ended } of running) if (child.exitCode !== null) expect(await ended).toBe('running')
      const bounds = await source.partitions(INPUT_TOPICS)
      return bounds.every(({ endOffset, highWatermark }) => endOffset === highWatermark)
    })
  }

  test('killed with -9, paused and taken for dead at any moment, lose nothing and double nothing: same records, same root', async () => {
    const { seed } = runs(1)
    const random = randomOf(seed)
    const world = await worldOf(random)
    const sealers = await Promise.all(Array.from({ length: SEALERS }, startSealer))
    const follower = await startTally(['ingest', '--follow'], { TALLY_DATA: path('a'), TALLY_SEGMENTS: segments() })
    await sink.append(world.records)

    for (let round = 0; round < KILLS; round++) {
      const producing = produce(world.uses(round), random)
      await sleep(random(1_500))
      const at = random(SEALERS)
      sealers[at]!.child.kill('SIGKILL')
      expect(await sealers[at]!.ended).toMatchObject({ end: 'SIGKILL' })
      sealers[at] = await startSealer()
      await producing
    }
    await allSealed([...sealers, follower])

    const zombie = sealers[random(SEALERS)]!.child
    await produce(world.uses(KILLS), random)
    zombie.kill('SIGSTOP')
    await produce(world.uses(KILLS + 1), random)
    // Only when the others have its partitions.
    await allSealed([...sealers, follower])
    zombie.kill('SIGCONT')
    await produce(world.uses(KILLS + 2), random)
    await allSealed([...sealers, follower])
    for (const { child, ended } of [...sealers, follower]) {
      child.kill('SIGTERM')
      expect(await ended).toMatchObject({ end: 0 })
    }

    await closeEpoch('a', { TALLY_SEGMENTS: segments() })
    await closeEpoch('b', { KAFKA_GROUP: 'quiet' })
    const [sealed, direct] = [await contentOf(path('a')), await contentOf(path('b'))]
    const counts = { records: world.sent(), places: world.sent(), uses: (KILLS + 3) * USES_A_ROUND }
    expect(sealed.counts).toEqual(counts)
    expect(sealed.root).toEqual(direct.root)
    expect(sealed.rows).toEqual(direct.rows)
    expect(sealed.positions).toEqual(direct.positions)
  }, 400_000)

  /** Appends in small batches with pauses. */
  async function produce(records: readonly NewRecord[], random: Random): Promise<void> {
    for (let at = 0; at < records.length; at += 40) {
      await sink.append(records.slice(at, at + 40))
      await sleep(random(150))
    }
  }

  async function closeEpoch(name: string, env: Readonly<Record<string, string>>): Promise<void> {
    const { root, genesis } = dataDirectory(path(name))
    mkdirSync(root, { recursive: true })
    writeFileSync(genesis, canonicalJson(GENESIS as unknown as CanonicalJson))
    const closed = await tally(['epoch', 'close', '--now', '--json'], {
      env: { ...environment(), TALLY_DATA: root, ...env },
    })
    expect([closed.end, documentOf(closed)]).toEqual([0, expect.objectContaining({ did: 'done', epoch: 1 })])
  }
}

/** A small valid ledger's records; uses of each round, some repeated in the same and in another partition, and junk. */
async function worldOf(random: Random) {
  const small = await SmallLedger.open()
  await small.found()
  const { batch, features } = await contribution(small.records, random, 'alice', 4)
  await small.send(batch, ...features, small.records.deposit('payer', 1_000_000n))
  const records: NewRecord[] = []
  await small.log.read({
    topics: INPUT_TOPICS,
    positionOf: () => 0n,
    onBatch: async (read) => void records.push(...read.records),
    until: 'end',
  })
  small.close()
  let sent = records.length
  const uses = (round: number): NewRecord[] => {
    const fresh = Array.from({ length: USES_A_ROUND }, (_, n) => small.records.inference(`use-${round}-${n}`, 1n))
    const repeated = fresh.filter(() => random(8) === 0)
    const elsewhere = fresh
      .filter(() => random(8) === 0)
      .map((record) => ({ ...record, partition: random(PARTITIONS) }))
    const junk = { topic: TOPICS.contributions, partition: random(PARTITIONS), key: null, headers: [], value: null }
    const all = [...fresh, ...repeated, ...elsewhere, junk]
    sent += all.length
    return all
  }
  return { records, uses, sent: () => sent }
}

/** What a warehouse holds, but for the order in which it came. */
async function contentOf(data: string) {
  const warehouse = await openWarehouse(dataDirectory(data).warehouse, { verb: 'test' })
  try {
    const counts = await warehouse.one(
      `SELECT count(*)::INTEGER AS records, count(DISTINCT (topic, partition_id, record_offset))::INTEGER AS places,
         (SELECT count(*)::INTEGER FROM inference) AS uses FROM record`,
    )
    const epoch = await warehouse.one('SELECT ledger_root, tree_size FROM epoch')
    return {
      counts,
      root: toHex(fromBlob(epoch!.ledger_root)),
      rows: await linesOf(warehouse, 'SELECT * EXCLUDE (rid) FROM record ORDER BY topic, partition_id, record_offset'),
      positions: await linesOf(warehouse, 'SELECT * FROM read_position ORDER BY topic, partition_id'),
    }
  } finally {
    warehouse.close()
  }
}

async function linesOf(warehouse: Database, sql: string): Promise<string[]> {
  return (await warehouse.all(sql)).map((row) => Object.values(row).join('|'))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come true in time.')
    await sleep(250)
  }
}

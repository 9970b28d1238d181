// One contender in a process of its own: `node contender.js NAME OPTIONS-AS-JSON`. Prints one line of JSON.
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type EachMessagePayload, Kafka, logLevel } from 'kafkajs'
import type { CommitFacts } from '../pipelines/ingest/transactions.ts'
import type { LogRecord, RecordSource } from '../pipelines/record-source.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { ContenderOptions, Measured } from './measured.ts'

const TOPIC = TOPICS.inferences
const FETCH_BYTES_MAX = 16 * 1024 * 1024
const FETCH_PARTITION_BYTES_MAX = 4 * 1024 * 1024
const FETCH_WAIT_MS = 200
/** DuckDB's share of the gibibyte that the whole process may take. */
const WAREHOUSE_MEMORY = '384MB'
/** The naive sink is slow: it is stopped after this long, its rate is known by then. */
const NAIVE_MS_MAX = 5_000

/** From the first record that is handed over to the end of the last. */
class Stopwatch {
  #started: number | undefined
  #cpu: NodeJS.CpuUsage | undefined

  start(): void {
    if (this.#started !== undefined) return
    this.#started = performance.now()
    this.#cpu = process.cpuUsage()
  }

  measured(records: number): Measured {
    const wall_ms = performance.now() - (this.#started ?? 0)
    const { user, system } = process.cpuUsage(this.#cpu)
    const rss_mib = Math.round(process.resourceUsage().maxRSS / 1024)
    return { records, wall_ms, cpu_ms: (user + system) / 1000, rss_mib }
  }
}

/** What kafkajs alone takes from the same topic, without our change to its header decoder. */
async function kafkajsAlone({ brokers, records }: ContenderOptions): Promise<Measured> {
  const watch = new Stopwatch()
  let seen = 0
  let touched = 0
  await consume(brokers, (done) => ({
    eachBatch: async ({ batch }) => {
      watch.start()
      for (const { value } of batch.messages) touched += value![value!.length - 1]!
      seen += batch.messages.length
      if (seen >= records) done()
    },
  }))
  if (touched < 0) throw new Error('Never: it keeps the loop from being optimised away.')
  return watch.measured(seen)
}

/** The sink that one writes in ten minutes: each message as JSON, inserted and committed by itself. */
async function naiveSink({ brokers, records, folder }: ContenderOptions): Promise<Measured> {
  const instance = await DuckDBInstance.create(join(folder, 'naive.duckdb'))
  const connection = await instance.connect()
  await connection.run(
    'CREATE TABLE record (topic VARCHAR, partition_id INTEGER, record_offset BIGINT, document VARCHAR)',
  )
  const watch = new Stopwatch()
  let seen = 0
  let until = Number.POSITIVE_INFINITY
  await consume(brokers, (done) => ({
    eachMessage: async ({ topic, partition, message }: EachMessagePayload) => {
      if (seen >= records || performance.now() > until) return done()
      watch.start()
      if (seen === 0) until = performance.now() + NAIVE_MS_MAX
      await connection.run('INSERT INTO record VALUES ($topic, $partition, $offset, $document)', {
        topic,
        partition,
        offset: BigInt(message.offset),
        document: JSON.stringify(message),
      })
      if (++seen >= records) done()
    },
  }))
  const measured = watch.measured(seen)
  connection.closeSync()
  instance.closeSync()
  return measured
}

type Handlers = Parameters<ReturnType<Kafka['consumer']>['run']>[0]

async function consume(brokers: readonly string[], handlers: (done: () => void) => Handlers): Promise<void> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({
    groupId: `bench-${process.pid}-${Date.now()}`,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytes: FETCH_BYTES_MAX,
    maxBytesPerPartition: FETCH_PARTITION_BYTES_MAX,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({ autoCommit: false, ...handlers(resolve) }).catch(reject)
  })
  await consumer.disconnect()
}

/** Tallystick with all its guarantees. */
async function tallystick(options: ContenderOptions): Promise<Measured> {
  const { openKafkaSource } = await import('../pipelines/kafka-source.ts')
  const source = openKafkaSource({
    brokers: options.brokers,
    clientId: 'bench',
    groupId: `bench-${process.pid}-${Date.now()}`,
  })
  try {
    return await intoWarehouse(options, source)
  } finally {
    await source.close()
  }
}

/** The same engine behind a client that costs nothing: records lie in memory as kafkajs left them. */
async function engineAlone(options: ContenderOptions): Promise<Measured> {
  const { openKafkaSource } = await import('../pipelines/kafka-source.ts')
  const { batchLimits, splitByLimits } = await import('../pipelines/batch-limits.ts')
  const { brokers } = options
  const kafka = openKafkaSource({ brokers, clientId: 'bench', groupId: `bench-${process.pid}-${Date.now()}` })
  const partitions = new Map<number, LogRecord[]>()
  await kafka.read({
    topics: [TOPIC],
    until: 'end',
    positionOf: () => 0n,
    onBatch: async ({ partition, records }) => {
      const known = partitions.get(partition) ?? []
      partitions.set(partition, known)
      for (const record of records) known.push(record)
    },
  })
  await kafka.close()
  const source: RecordSource = {
    partitions: async () => [],
    close: async () => undefined,
    read: async ({ onBatch, positionOf }) => {
      await Promise.all(
        [...partitions].map(async ([partition, all]) => {
          await positionOf(TOPIC, partition)
          for (const records of splitByLimits(all, batchLimits({})))
            await onBatch({ topic: TOPIC, partition, records, nextOffset: records.at(-1)!.offset + 1n })
        }),
      )
    },
  }
  return intoWarehouse(options, source)
}

async function intoWarehouse({ warehouse: path, folder }: ContenderOptions, source: RecordSource): Promise<Measured> {
  const { openWarehouse } = await import('../pipelines/warehouse/open-warehouse.ts')
  const { ingest } = await import('../pipelines/ingest.ts')
  const opened = performance.now()
  const warehouse = await openWarehouse(path ?? join(folder, 'warehouse.duckdb'), {
    verb: 'bench',
    memoryLimit: WAREHOUSE_MEMORY,
  })
  const watch = new Stopwatch()
  const stages = { decode_ms: 0, append_ms: 0, commit_ms: 0, transactions: 0, start_ms: 0 }
  const watched: RecordSource = {
    partitions: (topics) => source.partitions(topics),
    close: () => source.close(),
    read: (options) => {
      stages.start_ms = performance.now() - opened
      return source.read({
        ...options,
        onBatch: (batch) => {
          watch.start()
          return options.onBatch(batch)
        },
      })
    },
  }
  const onCommit = (facts: CommitFacts) => {
    stages.decode_ms += facts.decode_ms
    stages.append_ms += facts.append_ms
    stages.commit_ms += facts.commit_ms
    stages.transactions++
  }
  const counts = await ingest({ source: watched, warehouse, topics: [TOPIC], until: 'end', onCommit })
  const measured = watch.measured(counts.records)
  if (counts.rejected > 0) throw new Error(`${counts.rejected} events were rejected.`)
  warehouse.close()
  return { ...measured, stages }
}

const CONTENDERS: Readonly<Record<string, (options: ContenderOptions) => Promise<Measured>>> = {
  kafkajs: kafkajsAlone,
  tallystick,
  engine: engineAlone,
  naive: naiveSink,
}

const [name, options] = process.argv.slice(2)
const contender = CONTENDERS[name ?? '']
if (contender === undefined || options === undefined) throw new Error('Contenders are started by npm run bench.')
console.log(JSON.stringify(await contender(JSON.parse(options) as ContenderOptions)))
// kafkajs keeps timers of connections that it has closed.
process.exit(0)

// Two readers of one group on one warehouse, in one process: the first is held up for too long with a batch in its hands, the
// second takes its partitions over and goes on, the first wakes and writes. Prints `fenced` when it could not.
import { join } from 'node:path'
import { ingest } from '../../pipelines/ingest.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { RecordBatch, RecordSource } from '../../pipelines/record-source.ts'
import { SerialQueue } from '../../pipelines/serial-queue.ts'
import { OffsetMismatchError } from '../../pipelines/warehouse/errors.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { until } from './until.ts'

const TAKEN_OVER_MS_MAX = 60_000
const tooLong = () => 'It took too long.'

const { TALLY_DATA, KAFKA_BROKERS, KAFKA_GROUP, KAFKA_SESSION_TIMEOUT_MS } = process.env
const HELD_MS_MAX = Number(KAFKA_SESSION_TIMEOUT_MS)
const warehouse = await openWarehouse(join(TALLY_DATA!, 'warehouse.duckdb'), { verb: 'zombie' })
/** Two readers, one writer: their transactions may not mix. Held up is a reader before its turn. */
const turns = new SerialQueue()

type Store = (batch: RecordBatch) => Promise<void>

function reader(around: (batch: RecordBatch, store: Store) => Promise<void>): RecordSource {
  const source = openKafkaSource({
    brokers: KAFKA_BROKERS!.split(','),
    clientId: 'zombie',
    groupId: KAFKA_GROUP!,
    timing: { sessionTimeoutMs: HELD_MS_MAX, batchMsMax: HELD_MS_MAX },
  })
  return {
    partitions: (topics) => source.partitions(topics),
    close: () => source.close(),
    read: (options) =>
      source.read({ ...options, onBatch: (batch) => around(batch, (each) => turns.run(() => options.onBatch(each))) }),
  }
}

const stop = new AbortController()
async function follow(source: RecordSource): Promise<void> {
  try {
    await ingest({ source, warehouse, topics: INPUT_TOPICS, until: 'follow', signal: stop.signal })
  } finally {
    await source.close()
  }
}

const begun = new Set<string>()
let held: RecordBatch | undefined
let isTakenOver = false
let verdict: unknown
const zombie = follow(
  reader(async (batch, store) => {
    const place = `${batch.topic}/${batch.partition}`
    // The first one of a partition may hold nothing new: the last record that was read is handed out once more.
    if (held === undefined && (!begun.has(place) || batch.records.length === 0)) {
      begun.add(place)
      return store(batch)
    }
    held ??= batch
    await until(() => isTakenOver, TAKEN_OVER_MS_MAX, tooLong)
    const stored = store(batch)
    if (batch === held) {
      verdict = await stored.then(
        () => 'It wrote.',
        (error: unknown) => (error instanceof OffsetMismatchError ? 'fenced' : error),
      )
    }
    await stored
  }),
)
zombie.catch(() => undefined) // it is thrown out of its group
await until(() => held !== undefined, TAKEN_OVER_MS_MAX, tooLong)
// The other's last write is done: what it holds is all that it can still write.
await turns.run(async () => undefined)
const heir = follow(
  reader(async (batch, store) => {
    await store(batch)
    const { topic, partition, nextOffset } = batch
    if (topic === held?.topic && partition === held.partition && nextOffset >= held.nextOffset) isTakenOver = true
  }),
)
await Promise.race([heir, until(() => verdict !== undefined, TAKEN_OVER_MS_MAX, tooLong)])
stop.abort()
await heir
warehouse.close()
console.log(verdict)

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Transaction } from 'kafkajs'
import { TOPICS } from '../../schemas/topics.ts'
import { acknowledge, requestOf } from './load.ts'
import type { Message } from './messages.ts'
import { endOf } from './processes.ts'
import { logEnds } from './read-log.ts'
import { until } from './until.ts'
import type { Fault, World } from './world.ts'

const TRANSACTION_EVENTS = 20
/** The broker looks for producers that died every ten seconds. */
const TRANSACTION_TIMEOUT_MS = 2_000
const ABORTED_MS_MAX = 60_000
const PARTITIONS_MAX = 12
const KILLS_MAX = 3
/** From the start of `epoch close` to its end, about. */
const CLOSE_MS_MAX = 2_500

/** What happens in the log, and to the close that reads it. */
export const LOG_FAULTS: readonly Fault[] = [
  {
    name: 'transactions',
    nodes: 1,
    /** One is committed, one aborted, and of one the producer dies: until the broker aborts that, nobody reads on. */
    async inject(world) {
      const committed = world.load.messages.fresh(TRANSACTION_EVENTS)
      const transaction = await begin(world)
      const answers = await send(transaction, committed)
      await transaction.commit()
      acknowledge(committed, answers)

      const aborted = world.load.messages.fresh(TRANSACTION_EVENTS)
      for (const message of aborted) message.aborted = true
      const second = await begin(world)
      await send(second, aborted)
      await second.abort()

      const left = world.load.messages.fresh(TRANSACTION_EVENTS)
      for (const message of left) message.aborted = true
      const [open] = await send(await begin(world), left)
      await stableBeyond(world, open!.partition, BigInt(open!.baseOffset!))
      // What was never visible is sent anew, as a producer does that starts again: it is no duplicate.
      await world.control.deliver(
        [...aborted, ...left].filter((_, i) => i % 2 === 0).map((message) => world.load.messages.duplicateOf(message)),
      )
    },
  },
  {
    name: 'partitions-added',
    nodes: 1,
    async inject({ kafka, load, random, say }) {
      const { messages } = load
      await sleep(random.nextInt(2_000))
      if (messages.partitions === PARTITIONS_MAX) return
      await kafka.addPartitions(TOPICS.inferences, messages.partitions + 1)
      messages.partitions++
      say(`${messages.partitions} partitions`)
    },
  },
  {
    name: 'close-killed',
    nodes: 1,
    /** A close dies again and again, at random moments; the one after that goes on. The load makes an epoch of each round. */
    async inject({ ingester, ledger, random, say }) {
      await ingester.stop()
      let killed = 0
      for (let kills = 1 + random.nextInt(KILLS_MAX); kills > 0; kills--) {
        const close = ledger.tally('epoch close --now', randomUUID())
        const timer = setTimeout(() => close.child.kill('SIGKILL'), random.nextInt(CLOSE_MS_MAX))
        const end = await endOf(close)
        clearTimeout(timer)
        if (end === 'SIGKILL') killed++
        else if (end !== 0) throw new Error(`tally epoch close ended with ${end}: ${close.output()}`)
      }
      const { epoch } = await ledger.must('epoch close --now')
      say(`epoch ${epoch}: ${killed} closes were killed`)
      ingester.start()
    },
  },
]

interface OpenTransaction {
  readonly transaction: Transaction
  /** Commits and disconnects. */
  commit(): Promise<void>
  abort(): Promise<void>
}

async function begin({ client }: World): Promise<OpenTransaction> {
  const producer = client.producer({
    transactionalId: randomUUID(),
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    allowAutoTopicCreation: false,
    retry: { retries: 5, initialRetryTime: 100 },
  })
  await producer.connect()
  const transaction = await producer.transaction()
  return {
    transaction,
    commit: () => transaction.commit().finally(() => producer.disconnect()),
    abort: () => transaction.abort().finally(() => producer.disconnect()),
  }
}

async function send({ transaction }: OpenTransaction, messages: readonly Message[]) {
  for (const message of messages) message.sends++
  return transaction.sendBatch(requestOf(messages))
}

async function stableBeyond({ client, say }: World, partition: number, offset: bigint): Promise<void> {
  const begun_ms = performance.now()
  const isStable = async () => {
    const ends = await logEnds(client, [TOPICS.inferences])
    return ends.some((each) => each.partition === partition && each.end > offset)
  }
  await until(isStable, ABORTED_MS_MAX, () => 'The broker did not abort the transaction of a producer that died.')
  say(`the broker aborted an open transaction after ${((performance.now() - begun_ms) / 1000).toFixed(1)} s`)
}

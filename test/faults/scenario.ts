import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Kafka } from 'kafkajs'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { fetchBounds } from '../../pipelines/kafka-bounds.ts'
import type { Genesis } from '../../schemas/genesis.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import type { RunningKafka } from '../support/kafka/kafka.mjs'
import { GENESIS } from '../support/ledger/cast.ts'
import { Records } from '../support/ledger/records.ts'
import { CHECKS, type Found } from './checks.ts'
import { Ingester } from './ingester.ts'
import { LedgerFolder } from './ledger-folder.ts'
import { kafkaClient, Load } from './load.ts'
import { Messages } from './messages.ts'
import { publishedCuts } from './published-cuts.ts'
import { readLog } from './read-log.ts'
import { readWarehouse } from './read-warehouse.ts'
import { until } from './until.ts'
import type { Fault, World } from './world.ts'

const PARTITIONS = 3
/** Above what a record may have, so that only ingest can refuse one that is too large. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024
const RECOVERED_MS_MAX = 90_000
const PROBLEMS_SHOWN = 5

export interface FaultResult {
  readonly name: string
  /** Records in the input topics at the end. */
  readonly records: number
  readonly lost: number
  readonly doubled: number
  /** From the end of the fault until what was sent after it is stored, in every partition; null when it never was. */
  readonly recovered_s: number | null
}

export interface ScenarioResult {
  readonly result: FaultResult
  /** What did not hold, by check. */
  readonly problems: readonly string[]
}

export interface ScenarioOptions {
  readonly seed: string
  /** How long the fault is repeated; it happens at least once. */
  readonly fault_s: number
  /** Everything but the broker's data; the caller removes it. */
  readonly folder: string
  readonly say: (text: string) => void
}

/**
 * One fault under load, and then every check: topics made anew, load and ingester started, the fault until its time is over,
 * recovery, the load stopped, everything closed into epochs, the log read by itself, a quiet reader's ledger beside.
 */
export async function runScenario(
  fault: Fault,
  kafka: RunningKafka,
  options: ScenarioOptions,
): Promise<ScenarioResult> {
  await makeTopics(kafka)
  const world = makeWorld(kafka, fault, options)
  const { load, control, ingester } = world
  let recovered_s: number | null = null
  try {
    await control.deliver(await load.messages.founding())
    load.start()
    ingester.start()
    recovered_s = await underFault(fault, world, options.fault_s)
    options.say(`recovered after ${recovered_s} s; ingester ended: ${ingester.ends.join(', ') || 'never'}`)
    await load.stop()
    await ingester.stop()
  } finally {
    await Promise.allSettled([load.abandon(), control.abandon(), ingester.stop()])
  }
  options.say(`${load.messages.all.length} messages, ${load.errors} errors of producers; checking`)
  const found = await find(world)
  return { ...judge(fault.name, found, recovered_s) }
}

/** Deletes what an earlier scenario left; Tallystick's topics, and those of dead letters. */
async function makeTopics(kafka: RunningKafka): Promise<void> {
  const client = kafkaClient(kafka.brokers).admin()
  await client.connect()
  const there = (await client.listTopics()).filter((topic) => topic.startsWith('tally.'))
  await client.disconnect()
  for (const topic of there) await kafka.deleteTopic(topic)
  const config = { 'max.message.bytes': String(MAX_MESSAGE_BYTES) }
  await kafka.createTopics([
    ...INPUT_TOPICS.map((topic) => ({ topic, partitions: topic === TOPICS.inferences ? PARTITIONS : 1, config })),
    ...INPUT_TOPICS.map((topic) => ({ topic: `${topic}.dlq`, partitions: 1, config })),
    { topic: TOPICS.epochs, partitions: 1 },
  ])
}

function makeWorld(kafka: RunningKafka, fault: Fault, { seed, folder, say }: ScenarioOptions): World {
  const random = Xoshiro128.fromSeed(seed).fork(fault.name)
  const genesis: Genesis = { ...GENESIS, name: `faults ${fault.name}` }
  const logs = join(folder, 'logs')
  mkdirSync(logs, { recursive: true })
  const messages = new Messages(new Records(ledgerIdOf(genesis)), random.fork('messages'), PARTITIONS)
  const otherLedger = (name: string) => new LedgerFolder(join(folder, name), { genesis, brokers: kafka.brokers, logs })
  const ledger = otherLedger('ledger')
  let others = 0
  return {
    kafka,
    client: kafkaClient(kafka.brokers),
    load: new Load(kafka.brokers, messages, random.fork('load')),
    control: new Load(kafka.brokers, messages, random.fork('control')),
    ingester: new Ingester(ledger),
    ledger,
    random: random.fork('fault'),
    otherLedger: (name) => otherLedger(`${name}-${++others}`),
    say,
  }
}

async function underFault(fault: Fault, world: World, fault_s: number): Promise<number> {
  const until_ms = performance.now() + fault_s * 1000
  // A fault of nothing shows nothing: the ingester has work in its hands first.
  await storedBeyond(world, await markers(world))
  world.say('under way')
  do await fault.inject(world)
  while (performance.now() < until_ms)
  const ended_ms = performance.now()
  await storedBeyond(world, await markers(world))
  return Math.round((performance.now() - ended_ms) / 100) / 10
}

type Marks = ReadonlyMap<number, bigint>

/** Sends an event into every partition. @returns the offset behind it, by partition */
async function markers({ load, control, client, kafka }: World): Promise<Marks> {
  const { messages } = load
  const sent = Array.from({ length: messages.partitions }, (_, partition) => messages.fresh(1, partition)[0]!)
  await control.deliver(sent)
  // The end as the broker knows it now is behind what it has just acknowledged. A leader may still be about to change.
  const bounds = await fetchBounds(client, kafka.brokers, [TOPICS.inferences])
  return new Map(bounds.map(({ partition, endOffset }) => [partition, endOffset]))
}

/** Waits until the ingester stored beyond the marks: it commits to its group only what it has stored. */
async function storedBeyond({ client, ingester }: World, marks: Marks): Promise<void> {
  let behind: number[] = []
  const isStored = async () => {
    const stored = await committed(client, ingester.group)
    behind = [...marks]
      .filter(([partition, mark]) => (stored.get(partition) ?? 0n) < mark)
      .map(([partition]) => partition)
    return behind.length === 0
  }
  await until(isStored, RECOVERED_MS_MAX, () => {
    const ends = ingester.ends.slice(-3).join(', ') || 'nothing'
    return `Not recovered after ${RECOVERED_MS_MAX / 1000} s: partitions ${behind} are not stored; the ingester ended with ${ends} and said ${ingester.said || 'nothing'}.`
  })
}

/** What the group says that it stored, by partition; nothing while the broker does not answer. */
async function committed(client: Kafka, groupId: string): Promise<ReadonlyMap<number, bigint>> {
  const admin = client.admin()
  try {
    await admin.connect()
    const [topic] = await admin.fetchOffsets({ groupId, topics: [TOPICS.inferences] })
    return new Map(topic!.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('KafkaJS')) return new Map()
    throw error
  } finally {
    await admin.disconnect()
  }
}

async function find({ client, ledger, load, otherLedger, say }: World): Promise<Found> {
  // Everything was stored and nothing is sent any more: one epoch holds all that no other one does.
  await ledger.must('epoch close --now')
  say('closed')
  const published = publishedCuts((await readLog(client, [TOPICS.epochs])).records)
  const log = await readLog(client, INPUT_TOPICS)
  const quiet = otherLedger('quiet')
  say(`read ${log.records.length} records`)
  // It cuts nothing of its own: it adopts what was published.
  for (const _ of published) await quiet.must('epoch close --now')
  return {
    messages: load.messages.all,
    log,
    published,
    stored: await readWarehouse(ledger.warehouse),
    reread: await readWarehouse(quiet.warehouse),
  }
}

function judge(name: string, found: Found, recovered_s: number | null): ScenarioResult {
  const lost = new Set<string>()
  const doubled = new Set<string>()
  const problems: string[] = []
  for (const [check, look] of Object.entries(CHECKS)) {
    const verdict = look(found)
    for (const each of verdict.lost) lost.add(each)
    for (const each of verdict.doubled) doubled.add(each)
    const all = [
      ...verdict.lost.map((each) => `lost: ${each}`),
      ...verdict.doubled.map((each) => `doubled: ${each}`),
      ...verdict.wrong,
    ]
    const more = all.length > PROBLEMS_SHOWN ? [`${all.length - PROBLEMS_SHOWN} more`] : []
    problems.push(...[...all.slice(0, PROBLEMS_SHOWN), ...more].map((each) => `${check}: ${each}`))
  }
  return {
    result: { name, records: found.log.records.length, lost: lost.size, doubled: doubled.size, recovered_s },
    problems,
  }
}

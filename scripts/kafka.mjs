// `npm run kafka`: a real broker for a developer, with Tallystick's topics, until Ctrl-C. Its data goes when it stops.
import { kafkaAvailable, startKafka } from '../test/support/kafka/kafka.mjs'

/** Of registry, chain and epochs the order counts over the whole topic: one partition. */
const PARTITIONS = { contributions: 4, inferences: 4 }

const { available, hint } = kafkaAvailable()
if (!available) {
  console.error(hint)
  process.exit(1)
}
const names = await topicNames()

let kafka
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopping = true
    if (kafka === undefined) process.exit(1) // which ends what was started
    kafka.stop()
  })
}
kafka = await startKafka()
await kafka.createTopics(names.map(([name, topic]) => ({ topic, partitions: PARTITIONS[name] ?? 1 })))
console.log(`KAFKA_BROKERS=${kafka.brokers.join(',')}`)
console.error(`Kafka runs until you press Ctrl-C; its data goes with it. In another terminal:
  export KAFKA_BROKERS=${kafka.brokers.join(',')}
  node dist/cli/main.js ingest      # or: run, demo; README.md lists the verbs`)

await kafka.exited
if (!stopping) console.error('Kafka stopped by itself.')
await kafka.stop()
process.exitCode = stopping ? 0 : 1

/** The names stand in schemas/topics.ts; a script can import only what was built of it. */
async function topicNames() {
  try {
    return Object.entries((await import('../dist/schemas/topics.js')).TOPICS)
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error('Run `npm run build` first.')
    process.exit(1)
  }
}

// `npm run kafka`: a real broker for a developer, with Tallystick's topics, until Ctrl-C. Its data goes when it stops.
import { kafkaAvailable, startKafka } from '../test/support/kafka/kafka.mjs'

/** Each has its order within a partition; registry, chain and epochs keep theirs over the whole topic. */
const PARTITIONS = { contributions: 4, inferences: 4 }

const { available, hint } = kafkaAvailable()
if (!available) {
  console.error(hint)
  process.exit(1)
}

const kafka = await startKafka()
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await kafka.stop()
    process.exit(0)
  })
}
await kafka.createTopics(
  Object.entries(await topics()).map(([name, topic]) => ({ topic, partitions: PARTITIONS[name] ?? 1 })),
)
console.log(`KAFKA_BROKERS=${kafka.brokers.join(',')}`)
console.error('Kafka runs until you press Ctrl-C; its data goes with it.')
// Ctrl-C reaches the broker too: it may be gone before we ask it to stop. Anything else is a failure worth saying.
await kafka.exited
if (!kafka.stopping) {
  console.error('Kafka stopped by itself.')
  await kafka.stop()
  process.exit(1)
}

/** The names stand in schemas/topics.ts, which only its build can be imported by a script. */
async function topics() {
  try {
    const { TOPICS } = await import('../dist/schemas/topics.js')
    return TOPICS
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error('Run `npm run build` first.')
    await kafka.stop()
    process.exit(1)
  }
}

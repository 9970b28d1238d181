// `npm run kafka`: a real broker for a developer, with Tallystick's topics, until Ctrl-C. Its data goes when it stops.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kafkaAvailable, startKafka } from '../test/support/kafka/kafka.mjs'

const TALLY = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const PARTITIONS = 4

const { available, hint } = kafkaAvailable()
if (!available) {
  console.error(hint)
  process.exit(1)
}
if (!existsSync(TALLY)) {
  console.error('Run `npm run build` first.')
  process.exit(1)
}

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
execFileSync(process.execPath, [TALLY, 'topics', 'create', '--partitions', String(PARTITIONS)], {
  env: { ...process.env, KAFKA_BROKERS: kafka.brokers.join(',') },
  stdio: ['ignore', 'ignore', 'inherit'],
})
console.log(`KAFKA_BROKERS=${kafka.brokers.join(',')}`)
console.error(`Kafka runs until you press Ctrl-C; its data goes with it. In another terminal:
  export KAFKA_BROKERS=${kafka.brokers.join(',')}
  node dist/cli/main.js ingest      # or: run, demo; README.md lists the verbs`)

await kafka.exited
if (!stopping) console.error('Kafka stopped by itself.')
await kafka.stop()
process.exitCode = stopping ? 0 : 1

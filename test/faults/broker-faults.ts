import { setTimeout as sleep } from 'node:timers/promises'
import { TOPICS } from '../../schemas/topics.ts'
import type { Fault } from './world.ts'

const DOWN_MS_MAX = 2_000
/** Longer than kafkajs waits for an answer of a producer. */
const PAUSED_MS_MAX = 6_000

/** What happens to the broker. */
export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'broker-killed',
    nodes: 1,
    async inject({ kafka, random }) {
      const node = kafka.nodes[0]!
      await sleep(random.nextInt(1_000))
      await node.kill()
      await sleep(random.nextInt(DOWN_MS_MAX))
      await node.restart()
    },
  },
  {
    name: 'broker-paused',
    nodes: 1,
    async inject({ kafka, random }) {
      const node = kafka.nodes[0]!
      await sleep(random.nextInt(1_000))
      await node.pause()
      await sleep(1_000 + random.nextInt(PAUSED_MS_MAX))
      await node.resume()
    },
  },
  {
    name: 'broker-stopped',
    nodes: 1,
    async inject({ kafka, random }) {
      const node = kafka.nodes[0]!
      await node.stop()
      await sleep(random.nextInt(DOWN_MS_MAX))
      await node.restart()
    },
  },
  {
    name: 'leader-killed',
    nodes: 3,
    /** The others go on without it; it comes back as a follower that lacks what was written meanwhile. */
    async inject({ kafka, load, random, say }) {
      const partition = random.nextInt(load.messages.partitions)
      const leader = await kafka.leaderOf(TOPICS.inferences, partition)
      await kafka.nodes[leader]!.kill()
      const next = await kafka.leaderOf(TOPICS.inferences, partition)
      say(`partition ${partition} went from node ${leader} to node ${next}`)
      await sleep(1_000 + random.nextInt(DOWN_MS_MAX))
      await kafka.nodes[leader]!.restart()
    },
  },
]

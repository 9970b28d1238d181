// A real Apache Kafka on this machine without Docker: jars from Maven, one JVM a node (KRaft, broker and controller in
// one), free loopback ports, a temp folder that goes when it stops. For tests and for `npm run kafka`.
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as admin from './kafka-admin.mjs'
import { classArchive, fetchJars, kafkaAvailable } from './kafka-jars.mjs'
import { KafkaNode } from './kafka-node.mjs'
import { makeSecurity } from './kafka-security.mjs'

/** Below what Linux and macOS give to outgoing connections: nobody takes the port of a node that is down. */
const PORT_MIN = 20_000
const PORT_MAX = 32_000

export { kafkaAvailable }

/**
 * Starts Kafka and waits until it answers. Stop it with `stop()`; it also dies with this process.
 * Automatic topic creation is off.
 */
export async function startKafka({ nodes: count = 1, security } = {}) {
  const { available, hint } = kafkaAvailable()
  if (!available) throw new Error(hint)
  await fetchJars()
  const folder = await mkdtemp(join(tmpdir(), 'tally-kafka-'))
  const cluster = {
    folder,
    places: await freePlaces(count),
    // Kafka's tool takes an id that begins with a dash for an option.
    clusterId: `T${randomBytes(16).toString('base64url').slice(1)}`,
    archive: classArchive(),
    security: security === 'sasl_ssl' ? await makeSecurity(folder) : null,
  }
  let onUnexpectedExit
  const exited = new Promise((resolve) => {
    onUnexpectedExit = resolve
  })
  const nodes = cluster.places.map((place) => new KafkaNode({ place, cluster, onUnexpectedExit }))
  const killAll = () => nodes.forEach((node) => void node.killNow())
  process.once('exit', killAll)
  try {
    for (const node of nodes) await node.format()
    for (const node of nodes) await node.start()
    await admin.ready(nodes)
  } catch (error) {
    const lines = await Promise.all(nodes.map((node) => node.lastLines().catch(() => '')))
    killAll()
    process.off('exit', killAll)
    throw new Error(`Kafka did not start; its files are in ${folder}.\n${lines.join('\n')}`, { cause: error })
  }
  return runningKafka({ nodes, cluster, exited, release: () => process.off('exit', killAll) })
}

function runningKafka({ nodes, cluster, exited, release }) {
  const running = () => nodes.filter((node) => node.running)
  let stopping = null
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()))
    await rm(cluster.folder, { recursive: true, force: true })
    release()
  }
  return {
    nodes,
    brokers: nodes.map(({ broker }) => broker),
    secure: secureEntry(cluster),
    folder: cluster.folder,
    exited,
    get pid() {
      return nodes[0].pid
    },
    createTopics: (topics) => admin.createTopics(running(), topics),
    addPartitions: (topic, total) => admin.addPartitions(running(), topic, total),
    deleteTopic: (topic) => admin.deleteTopic(running(), topic),
    deleteRecords: (topic, partition, offset) => admin.deleteRecords(running(), topic, partition, offset),
    leaderOf: async (topic, partition) => {
      const id = await admin.leaderOf(running(), topic, partition)
      return nodes.findIndex((node) => node.id === id)
    },
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

function secureEntry({ security, places }) {
  if (security === null) return null
  const { ca, caFile, users } = security
  return { brokers: places.map(({ secure }) => `127.0.0.1:${secure}`), ca, caFile, users }
}

async function freePlaces(count) {
  const ports = new Set()
  while (ports.size < count * 3) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (await isFree(port)) ports.add(port)
  }
  const list = [...ports]
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    port: list[3 * i],
    controller: list[3 * i + 1],
    secure: list[3 * i + 2],
  }))
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  await new Promise((done) => server.close(done))
  return true
}

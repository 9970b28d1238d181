// A real Apache Kafka on this machine without Docker: jars from Maven, one JVM a node (KRaft, broker and controller in
// one), free loopback ports, a temp folder that goes when it stops. For tests and for `npm run kafka`.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const KAFKA_VERSION = '4.3.1' // the version in pom.xml
const LIBS = join(HERE, 'libs', KAFKA_VERSION)
const JAVA_MAJOR_MIN = 17
const HEAP_MIB = 256
const READY_MS_MAX = 60_000
const STOP_MS_MAX = 10_000
/** The first stop also writes the class archive. */
const ARCHIVE_MS_MAX = 60_000
const POLL_MS = 100

/** Whether this machine can run Kafka; `hint` says in one line what is missing and how to get it. */
export function kafkaAvailable() {
  const major = javaMajor()
  if (major === null) return missing(`Kafka needs a Java runtime, ${JAVA_MAJOR_MIN} or newer`)
  if (major < JAVA_MAJOR_MIN) return missing(`Kafka needs Java ${JAVA_MAJOR_MIN} or newer, found ${major}`)
  if (!existsSync(LIBS) && spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return missing('Kafka is fetched by Maven')
  }
  return { available: true, hint: '' }
}

function missing(what) {
  const how = 'Debian: apt-get install default-jre-headless maven; macOS: brew install openjdk maven'
  return { available: false, hint: `${what}. ${how}.` }
}

function javaVersion() {
  const run = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return run.status === 0 ? run.stderr : null
}

function javaMajor() {
  const found = javaVersion()?.match(/version "(\d+)/)
  return found ? Number(found[1]) : null
}

/**
 * Starts Kafka and waits until it answers. Stop it with `stop()`; it also dies with this process.
 * Automatic topic creation is off.
 */
export async function startKafka({ nodes = 1 } = {}) {
  const { available, hint } = kafkaAvailable()
  if (!available) throw new Error(hint)
  await fetchJars()
  const archive = await classArchive()
  const folder = await mkdtemp(join(tmpdir(), 'tally-kafka-'))
  const ports = await freePorts(nodes * 2)
  const layout = Array.from({ length: nodes }, (_, i) => ({
    id: i + 1,
    port: ports[2 * i],
    controller: ports[2 * i + 1],
  }))
  const clusterId = randomBytes(16).toString('base64url')
  const brokers = layout.map((node) => `127.0.0.1:${node.port}`)

  const running = []
  const killAll = () => running.forEach((node) => void node.child.kill('SIGKILL'))
  process.once('exit', killAll)
  try {
    for (const node of layout) {
      running.push(
        await startNode({ node, layout, folder, clusterId, archive: node.id === 1 ? archive : { use: archive.use } }),
      )
    }
    await ready(brokers, running)
  } catch (error) {
    killAll()
    process.off('exit', killAll)
    throw new Error(`Kafka did not start; its files are in ${folder}.\n${await lastLines(running)}`, { cause: error })
  }

  let stopping = null
  const stop = () => {
    stopping ??= stopNodes({ running, archive, folder }).finally(() => process.off('exit', killAll))
    return stopping
  }
  return {
    brokers,
    pid: running[0].child.pid,
    pids: running.map((node) => node.child.pid),
    folder,
    exited: Promise.race(running.map((node) => node.exited)).then(() => undefined),
    createTopics: (topics) => createTopics(brokers, topics),
    deleteRecords: (topic, partition, offset) => deleteRecords(brokers, topic, partition, offset),
    stop,
  }
}

/** Once: about 44 MB of jars. Another process doing the same at the same time is harmless: the first rename wins. */
async function fetchJars() {
  if (existsSync(LIBS)) return
  const partial = `${LIBS}.${process.pid}.partial`
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`]
  try {
    await run('mvn', ['-q', '-B', '-ntp', '-f', join(HERE, 'pom.xml'), ...goal])
    await rename(partial, LIBS).catch((error) => {
      if (!existsSync(LIBS)) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/**
 * A class-data archive halves the start. The first node that ever runs writes it when it stops.
 * `use`: the archive to read; `make`: where this run writes one, to be renamed to `final`.
 */
async function classArchive() {
  const jvm = createHash('sha256').update(javaVersion()).digest('hex').slice(0, 12)
  const final = join(LIBS, `classes-${jvm}.jsa`)
  if (existsSync(final)) return { use: final }
  return { make: `${final}.${process.pid}.partial`, final }
}

async function startNode({ node, layout, folder, clusterId, archive }) {
  const home = join(folder, `node-${node.id}`)
  await mkdir(home)
  const properties = join(home, 'server.properties')
  await writeFile(properties, serverProperties(node, layout, join(home, 'data')))
  // The class path keeps its '*': the JVM expands it, a shell must not.
  const classPath = ['-cp', join(LIBS, '*')]
  const common = [
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${join(HERE, 'log4j2.properties')}`,
  ]
  const shared = archive.use ? [`-XX:SharedArchiveFile=${archive.use}`] : []
  const making = archive.make ? [`-XX:ArchiveClassesAtExit=${archive.make}`] : []
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties, '--ignore-formatted']
  await run('java', [...common, ...shared, ...classPath, ...format])

  const logFile = join(home, 'broker.log')
  const log = await open(logFile, 'a')
  const heap = [`-Xms${HEAP_MIB}m`, `-Xmx${HEAP_MIB}m`]
  const child = spawn('java', [...heap, ...common, ...shared, ...making, ...classPath, 'kafka.Kafka', properties], {
    stdio: ['ignore', log.fd, log.fd],
  })
  const exited = once(child, 'exit')
  await once(child, 'spawn')
  await log.close()
  return { child, exited, logFile }
}

function serverProperties(node, layout, data) {
  const copies = Math.min(3, layout.length)
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': layout.map((n) => `${n.id}@127.0.0.1:${n.controller}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controller}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'default.replication.factor': copies,
    'min.insync.replicas': Math.max(1, copies - 1),
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': Math.max(1, copies - 1),
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': Math.max(1, copies - 1),
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'broker.session.timeout.ms': copies > 1 ? 2000 : 1000,
    'broker.heartbeat.interval.ms': 200,
    'log.segment.bytes': 16_777_216,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

async function ready(brokers, running) {
  await until(READY_MS_MAX, async () => {
    if (running.some(({ child }) => child.exitCode !== null || child.signalCode !== null)) {
      throw Object.assign(new Error('A node exited while starting.'), { final: true })
    }
    await withAdmin(brokers, async (admin) => {
      const { brokers: up, controller } = await admin.describeCluster()
      if (up.length < brokers.length || controller === null)
        throw new Error(`${up.length} of ${brokers.length} nodes are up.`)
    })
  })
}

/** Topics as Tallystick wants them: the broker's clock, nothing compacted, nothing deleted by age. */
async function createTopics(brokers, topics) {
  const settings = { 'message.timestamp.type': 'LogAppendTime', 'cleanup.policy': 'delete', 'retention.ms': '-1' }
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({
      topics: topics.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: Math.min(3, brokers.length),
        configEntries: Object.entries({ ...settings, ...config }).map(([name, value]) => ({ name, value })),
      })),
    })
    // Offsets cannot be asked for until every partition has a leader that knows it.
    for (const { topic, partitions } of topics) {
      await until(READY_MS_MAX, async () => {
        const offsets = await admin.fetchTopicOffsets(topic)
        if (offsets.length < partitions) throw new Error(`${topic} has ${offsets.length} of ${partitions} partitions.`)
      })
    }
  })
}

/** Deletes every record of the partition below `offset`, as retention would. */
async function deleteRecords(brokers, topic, partition, offset) {
  await withAdmin(brokers, (admin) =>
    until(READY_MS_MAX, async () => {
      // A fresh admin client knows no leaders until it has asked for them.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
    }),
  )
}

async function withAdmin(brokers, use) {
  const admin = new Kafka({
    brokers,
    clientId: 'tally-test',
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

async function stopNodes({ running, archive, folder }) {
  for (const { child } of running) child.kill('SIGTERM')
  const clean = await Promise.all(running.map((node) => stopped(node, archive.make ? ARCHIVE_MS_MAX : STOP_MS_MAX)))
  if (archive.make && existsSync(archive.make)) {
    if (clean[0]) await rename(archive.make, archive.final)
    else await rm(archive.make)
  }
  await rm(folder, { recursive: true, force: true })
}

/** True when the node went by itself; one that does not is killed. */
async function stopped({ child, exited }, ms) {
  const timer = new AbortController()
  const late = sleep(ms, 'late', { signal: timer.signal }).catch(() => 'late')
  const gone = exited.then(() => 'gone')
  const first = await Promise.race([gone, late])
  timer.abort()
  if (first === 'gone') return true
  child.kill('SIGKILL')
  await gone
  return false
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

/** Repeats `attempt` until it does not throw; the last error when time is up, or at once when it is marked `final`. */
async function until(ms, attempt) {
  const end = Date.now() + ms
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (error.final || Date.now() > end) throw error
    }
    await sleep(POLL_MS)
  }
}

async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}.\n${output.slice(-4000)}`)
}

async function lastLines(running) {
  const logs = await Promise.all(running.map(({ logFile }) => readFile(logFile, 'utf8')))
  return logs.map((log) => log.split('\n').slice(-15).join('\n')).join('\n')
}

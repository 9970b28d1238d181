// One node: a JVM that is broker and controller in one, on ports and a folder that are its own for the cluster's life.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering } from './kafka-admin.mjs'
import { LIBS, LOG_SETTINGS, run } from './kafka-jars.mjs'
import { scramArguments, securityProperties } from './kafka-security.mjs'

const HEAP_MIB = 256
const STOP_MS_MAX = 10_000
/** The first stop also writes the class archive. */
const ARCHIVE_MS_MAX = 60_000
const LOG_LINES = 15

/** `place` is where the node lives (id, ports); `cluster` is what it shares: places of all, folder, id, archive, security. */
export class KafkaNode {
  #place
  #cluster
  #archive
  #child = null
  #exited = Promise.resolve()
  #paused = false
  #meant = false
  #onUnexpectedExit

  constructor({ place, cluster, onUnexpectedExit }) {
    this.#place = place
    this.#cluster = cluster
    this.#onUnexpectedExit = onUnexpectedExit
    // One JVM writes the archive, all may read it.
    this.#archive = place.id === 1 ? cluster.archive : { use: cluster.archive.use }
  }

  get id() {
    return this.#place.id
  }

  get broker() {
    return `127.0.0.1:${this.#place.port}`
  }

  get pid() {
    return this.#child.pid
  }

  /** Neither ended nor paused. */
  get running() {
    return this.#child !== null && !this.ended && !this.#paused
  }

  get ended() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async format() {
    const { security, clusterId } = this.#cluster
    await mkdir(this.#home)
    await writeFile(this.#properties, serverProperties(this.#place, this.#cluster, join(this.#home, 'data')))
    const format = ['format', '-t', clusterId, '-c', this.#properties, '--ignore-formatted']
    const users = security === null ? [] : scramArguments(security)
    await run('java', [...this.#jvm(), 'kafka.tools.StorageTool', ...format, ...users])
  }

  async start() {
    const log = await open(this.#log, 'a')
    const making = this.#archive.make ? [`-XX:ArchiveClassesAtExit=${this.#archive.make}`] : []
    const heap = [`-Xms${HEAP_MIB}m`, `-Xmx${HEAP_MIB}m`]
    const child = spawn('java', [...heap, ...making, ...this.#jvm(), 'kafka.Kafka', this.#properties], {
      stdio: ['ignore', log.fd, log.fd],
    })
    this.#child = child
    this.#meant = false
    this.#paused = false
    this.#exited = once(child, 'exit').then(() => {
      if (!this.#meant) this.#onUnexpectedExit()
    })
    await once(child, 'spawn')
    await log.close()
  }

  /** SIGKILL, as a lost machine: what was not flushed by the node's own rules is gone. */
  async kill() {
    this.#signal('SIGKILL')
    await this.#exited
  }

  /** SIGSTOP: the node keeps its connections and answers nothing. */
  async pause() {
    this.#paused = true
    this.#child.kill('SIGSTOP')
  }

  async resume() {
    this.#child.kill('SIGCONT')
    this.#paused = false
  }

  /** SIGTERM, after a while SIGKILL. */
  async stop() {
    if (this.#child === null || this.ended) return
    if (this.#paused) await this.resume()
    this.#signal('SIGTERM')
    const clean = await this.#gone(this.#archive.make ? ARCHIVE_MS_MAX : STOP_MS_MAX)
    if (!clean) await this.kill()
    if (!this.#archive.make || !existsSync(this.#archive.make)) return
    if (clean) await rename(this.#archive.make, this.#archive.final)
    else await rm(this.#archive.make)
  }

  /** Starts it again, after `kill` or `stop`, on what it left, and waits until it answers. */
  async restart() {
    if (!this.ended) throw new Error(`Node ${this.id} still runs.`)
    await this.start()
    await answering(this)
  }

  /** Without a word, when this process ends. */
  killNow() {
    this.#signal('SIGKILL')
  }

  async lastLines() {
    const log = await readFile(this.#log, 'utf8')
    return log.split('\n').slice(-LOG_LINES).join('\n')
  }

  get #home() {
    return join(this.#cluster.folder, `node-${this.id}`)
  }

  get #properties() {
    return join(this.#home, 'server.properties')
  }

  get #log() {
    return join(this.#home, 'broker.log')
  }

  #jvm() {
    const shared = this.#archive.use ? [`-XX:SharedArchiveFile=${this.#archive.use}`] : []
    const plain = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${LOG_SETTINGS}`]
    // The class path keeps its '*': the JVM expands it, a shell must not.
    return [...plain, ...shared, '-cp', join(LIBS, '*')]
  }

  #signal(signal) {
    this.#meant = true
    this.#child?.kill(signal)
  }

  async #gone(ms) {
    const timer = new AbortController()
    const late = sleep(ms, false, { signal: timer.signal }).catch(() => false)
    const gone = await Promise.race([this.#exited.then(() => true), late])
    timer.abort()
    return gone
  }
}

function serverProperties(place, { places, security }, data) {
  const copies = Math.min(3, places.length)
  const listeners = [`PLAINTEXT://127.0.0.1:${place.port}`, `CONTROLLER://127.0.0.1:${place.controller}`]
  if (security !== null) listeners.push(`SASL_SSL://127.0.0.1:${place.secure}`)
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': place.id,
    'controller.quorum.voters': places.map((n) => `${n.id}@127.0.0.1:${n.controller}`).join(','),
    listeners: listeners.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    ...(security === null ? {} : securityProperties(security)),
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
    // A killed node is known as gone, and may come back, only after its session.
    'broker.session.timeout.ms': copies > 1 ? 2000 : 1000,
    'broker.heartbeat.interval.ms': 200,
    'log.segment.bytes': 16_777_216,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

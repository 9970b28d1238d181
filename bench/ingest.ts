import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, copyFileSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openKafkaSink } from '../pipelines/kafka-sink.ts'
import { TOPICS } from '../schemas/topics.ts'
import { benchEvent } from './events.ts'
import { makeHistory } from './history.ts'
import type { ContenderOptions, Measured } from './measured.ts'
import { printReport, type Report } from './report.ts'

const TOPIC = TOPICS.inferences
const PARTITIONS = 4
const PRODUCE_RECORDS = 2_000
/** The kernel's clock ticks in /proc/PID/stat: 100 a second on every Linux. */
const TICK_MS = 10
/** Contenders that are only for comparison run fewer times. */
const EXTRA_RUNS = 2

export interface IngestBenchOptions {
  readonly records: number
  readonly history: number
  readonly runs: number
  readonly json: boolean
}

/** Each contender in turn, again and again, so that whatever else the machine does meets all of them. */
export async function benchIngest({ records, history, runs, json }: IngestBenchOptions): Promise<void> {
  const say = (line: string) => json || console.error(line)
  const folder = mkdtempSync(join(tmpdir(), 'tally-bench-'))
  const { startKafka } = (await import(helperUrl())) as { startKafka: () => Promise<BenchKafka> }
  const kafka = await startKafka()
  try {
    await kafka.createTopics([{ topic: TOPIC, partitions: PARTITIONS }])
    say(`Producing ${records} events …`)
    await produce(kafka.brokers, records)
    const old = join(folder, 'history.duckdb')
    say(`Making a warehouse with ${history} rows …`)
    await makeHistory(old, history)
    const contenders = contendersOf({ brokers: kafka.brokers, records, folder, old })
    const report: Report = { records, history, runs: Object.fromEntries(Object.keys(contenders).map((n) => [n, []])) }
    for (let round = 0; round < runs; round++) {
      for (const [name, { isExtra, measure }] of Object.entries(contenders)) {
        if (isExtra && round >= EXTRA_RUNS) continue
        const before = cpuMsOf(kafka.pid)
        const measured = await measure()
        if (measured === undefined) continue
        const run = { ...measured, broker_cpu_ms: cpuMsOf(kafka.pid) - before }
        report.runs[name]!.push(run)
        say(`${round + 1}/${runs} ${name}: ${Math.round(run.records / run.wall_ms)} k/s`)
      }
    }
    printReport(report, json)
  } finally {
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface BenchKafka {
  readonly brokers: string[]
  readonly pid: number
  createTopics(topics: readonly { topic: string; partitions: number }[]): Promise<void>
  stop(): Promise<void>
}

/** The broker of the tests is plain JavaScript that a build does not copy. */
function helperUrl(): string {
  return new URL('../../test/support/kafka/kafka.mjs', import.meta.url).href
}

async function produce(brokers: readonly string[], records: number): Promise<void> {
  const sink = openKafkaSink({ brokers: [...brokers], clientId: 'bench' })
  for (let from = 0; from < records; from += PRODUCE_RECORDS) {
    const length = Math.min(PRODUCE_RECORDS, records - from)
    await sink.append(
      Array.from({ length }, (_, i) => ({ ...benchEvent(from + i), partition: (from + i) % PARTITIONS })),
    )
  }
  await sink.close()
}

interface Contender {
  readonly isExtra: boolean
  readonly measure: () => Promise<Measured | undefined>
}

function contendersOf(parts: {
  brokers: readonly string[]
  records: number
  folder: string
  old: string
}): Record<string, Contender> {
  const { brokers, records, folder, old } = parts
  const inFolder = async (use: (own: string) => Promise<Measured | undefined>) => {
    const own = mkdtempSync(join(folder, 'run-'))
    try {
      return await use(own)
    } finally {
      rmSync(own, { recursive: true, force: true })
    }
  }
  const run = (name: string) => () => inFolder((own) => inProcess(name, { brokers, records, folder: own }))
  const withHistory = () =>
    inFolder((own) => {
      const warehouse = join(own, 'warehouse.duckdb')
      copyFileSync(old, warehouse, constants.COPYFILE_FICLONE)
      syncFile(warehouse)
      return inProcess('tallystick', { brokers, records, folder: own, warehouse })
    })
  return {
    kafkajs: { isExtra: false, measure: run('kafkajs') },
    tallystick: { isExtra: false, measure: run('tallystick') },
    'tallystick with history': { isExtra: false, measure: withHistory },
    engine: { isExtra: true, measure: run('engine') },
    naive: { isExtra: true, measure: run('naive') },
    kcat: { isExtra: true, measure: () => kcat(brokers, records) },
  }
}

async function inProcess(name: string, options: ContenderOptions): Promise<Measured> {
  const script = fileURLToPath(new URL('./contender.js', import.meta.url))
  const child = spawn(process.execPath, [script, name, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} ended with ${code}.`)
  return JSON.parse(output) as Measured
}

/** From its start to its end: kcat tells no more. Undefined where it is not installed. */
async function kcat(brokers: readonly string[], records: number): Promise<Measured | undefined> {
  if (spawnSync('kcat', ['-V']).status !== 0) return undefined
  const started = performance.now()
  const child = spawn('kcat', ['-C', '-q', '-e', '-b', brokers.join(','), '-t', TOPIC, '-o', 'beginning', '-f', ''])
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`kcat ended with ${code}.`)
  return { records, wall_ms: performance.now() - started, cpu_ms: 0, rss_mib: 0 }
}

/** On disk before the clock starts: else the COMMITs that are measured wait until the copy is written. */
function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

/** User and system time of a process so far (proc(5)); 0 where there is no procfs. */
function cpuMsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0 // macOS: the broker's CPU is not shown
  }
}

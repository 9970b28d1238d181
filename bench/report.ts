import { VALUE_BYTES } from './events.ts'
import type { Run } from './measured.ts'

const RSS_MIB_MAX = 1024

export interface Report {
  readonly records: number
  readonly history: number
  /** By contender. */
  readonly runs: Record<string, Run[]>
}

/** What the runs of one contender come to: medians, with the least and the most. */
interface Summary {
  readonly runs: number
  readonly per_s: number
  readonly per_s_min: number
  readonly per_s_max: number
  readonly cpu_us: number
  readonly broker_cpu_us: number
  readonly rss_mib: number
  readonly stages_us?: Readonly<Record<'decode' | 'append' | 'commit', number>>
  readonly records_per_transaction?: number
  readonly start_ms?: number
}

export function printReport({ records, history, runs }: Report, json: boolean): void {
  const contenders = Object.fromEntries(
    Object.entries(runs).flatMap(([name, each]) => (each.length === 0 ? [] : [[name, summaryOf(each)]])),
  )
  const rate = (name: string) => contenders[name]?.per_s ?? Number.NaN
  const ratios = {
    tallystick_to_kafkajs: rate('tallystick') / rate('kafkajs'),
    history_to_empty: rate('tallystick with history') / rate('tallystick'),
    tallystick_to_naive: rate('tallystick') / rate('naive'),
    engine_to_kafkajs: rate('engine') / rate('kafkajs'),
    kafkajs_to_kcat: contenders.kcat === undefined ? null : rate('kafkajs') / rate('kcat'),
  }
  if (json) {
    console.log(
      JSON.stringify({ records, history, value_bytes: VALUE_BYTES, rss_mib_max: RSS_MIB_MAX, contenders, ratios }),
    )
    return
  }
  console.log(`\n${records} events of ${VALUE_BYTES} bytes of Avro with 6 CloudEvents headers, 4 partitions; medians`)
  console.log('                          k/s  (least–most)   CPU µs/record  broker CPU  RSS MiB')
  for (const [name, each] of Object.entries(contenders)) console.log(line(name, each))
  if (contenders.kcat === undefined)
    console.log('kcat                    skipped: not installed (Debian: apt-get install kcat)')
  const { stages_us: stages } = contenders.tallystick!
  console.log(
    `\nWhere the time of a record goes, µs: client ${contenders.kafkajs!.cpu_us.toFixed(1)} (kafkajs alone; ours leaves headers undecoded), ` +
      `envelope, Avro and hashes ${stages!.decode.toFixed(1)}, append ${stages!.append.toFixed(1)}, ` +
      `COMMIT ${stages!.commit.toFixed(1)} (in DuckDB's own threads, while the next batch is decoded).`,
  )
  console.log(
    `Warehouse of ${history} rows: opened in ${Math.round(contenders['tallystick with history']!.start_ms!)} ms.`,
  )
  console.log(
    `\ntallystick / kafkajs     ${ratios.tallystick_to_kafkajs.toFixed(2)}   goal 0.50, at least 0.35
with history / empty     ${ratios.history_to_empty.toFixed(2)}   goal 0.90 to 1.10
tallystick / naive sink  ${ratios.tallystick_to_naive.toFixed(0)}   goal at least 10
engine / kafkajs         ${ratios.engine_to_kafkajs.toFixed(2)}   what a client that costs nothing would give
RSS                      ${contenders.tallystick!.rss_mib} MiB   goal below ${RSS_MIB_MAX}`,
  )
}

function summaryOf(runs: readonly Run[]): Summary {
  const rates = runs.map(({ records, wall_ms }) => (records / wall_ms) * 1000)
  const micros = (ms: (run: Run) => number) => median(runs.map((run) => (ms(run) * 1000) / run.records))
  const summary = {
    runs: runs.length,
    per_s: median(rates),
    per_s_min: Math.min(...rates),
    per_s_max: Math.max(...rates),
    cpu_us: micros((run) => run.cpu_ms),
    broker_cpu_us: micros((run) => run.broker_cpu_ms),
    rss_mib: Math.max(...runs.map(({ rss_mib }) => rss_mib)),
  }
  if (runs.some(({ stages }) => stages === undefined)) return summary
  return {
    ...summary,
    stages_us: {
      decode: micros(({ stages }) => stages!.decode_ms),
      append: micros(({ stages }) => stages!.append_ms),
      commit: micros(({ stages }) => stages!.commit_ms),
    },
    records_per_transaction: median(runs.map(({ records, stages }) => records / stages!.transactions)),
    start_ms: median(runs.map(({ stages }) => stages!.start_ms)),
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function line(name: string, { per_s, per_s_min, per_s_max, cpu_us, broker_cpu_us, rss_mib }: Summary): string {
  const k = (rate: number) => (rate / 1000).toFixed(1)
  const range = `(${k(per_s_min)}–${k(per_s_max)})`
  const columns = [k(per_s).padStart(8), range.padStart(15), cpu_us.toFixed(1).padStart(14)]
  return [name.padEnd(20), ...columns, broker_cpu_us.toFixed(1).padStart(11), String(rss_mib).padStart(8)].join(' ')
}

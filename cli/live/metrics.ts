import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { CommitFacts } from '../../pipelines/ingest/transactions.ts'
import { SerialQueue } from '../../pipelines/serial-queue.ts'
import type { Lag } from './lag.ts'

const MS_PER_S = 1_000
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const RECORDS = [1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000]

/** Asked at each scrape. One that fails leaves its numbers out, and is counted. */
export interface Looks {
  lag(): Promise<readonly Lag[]>
  epochs(): Promise<{ readonly lastClosed: number; readonly openAge_s: number | undefined }>
  /** Letters that wait to be published; undefined where there is no such table. */
  deadLetters(): Promise<number | undefined>
}

/** The numbers of a running ingest; docs/operations/metrics.md explains each. Counters begin with the process. */
export class LiveMetrics {
  readonly #registry = new Registry()
  readonly #looks: Looks
  readonly #scrapes = new SerialQueue()
  readonly #records: Counter
  readonly #rejected: Counter
  readonly #bytes: Counter
  readonly #batch: Histogram
  readonly #decode: Histogram
  readonly #append: Histogram
  readonly #commit: Histogram
  readonly #lagRecords: Gauge
  readonly #lagSeconds: Gauge
  readonly #held: Gauge
  readonly #deadLetters: Gauge
  readonly #lastClosed: Gauge
  readonly #openAge: Gauge
  readonly #failures: Counter

  constructor(looks: Looks) {
    this.#looks = looks
    const registers = [this.#registry]
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers })
    const gauge = (name: string, help: string, labelNames: string[] = []) =>
      new Gauge({ name, help, labelNames, registers })
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name, help, buckets, registers })
    this.#records = counter('tally_ingest_records_total', 'Records stored, rejected ones included.')
    this.#rejected = counter('tally_ingest_rejected_total', 'Records that their own bytes reject.', ['reason'])
    this.#bytes = counter('tally_ingest_bytes_total', 'Bytes of keys, headers and values of the records stored.')
    this.#batch = histogram('tally_ingest_batch_records', 'Records of one transaction.', RECORDS)
    this.#decode = histogram('tally_ingest_decode_seconds', 'Decoding and hashing for one transaction.', SECONDS)
    this.#append = histogram('tally_ingest_append_seconds', 'Appending the rows of one transaction.', SECONDS)
    this.#commit = histogram('tally_ingest_commit_seconds', 'COMMIT of one transaction.', SECONDS)
    const partition = ['topic', 'partition']
    this.#lagRecords = gauge('tally_ingest_lag_records', 'Offsets of the log that are not stored yet.', partition)
    this.#lagSeconds = gauge('tally_ingest_lag_seconds', 'Age of the newest stored record while behind.', partition)
    this.#held = gauge('tally_log_held_records', 'Offsets behind an open transaction, not readable yet.', partition)
    this.#deadLetters = gauge('tally_dead_letters_waiting', 'Dead letters that are not published yet.')
    this.#lastClosed = gauge('tally_epoch_last_closed', 'Number of the newest closed epoch; 0 before the first.')
    this.#openAge = gauge('tally_epoch_open_age_seconds', 'Since the newest cut, or since the first record before it.')
    this.#failures = counter('tally_scrape_failures_total', 'Numbers that could not be read for a scrape.', ['number'])
    collectDefaultMetrics({ register: this.#registry })
  }

  readonly onCommit = (facts: CommitFacts): void => {
    this.#records.inc(facts.records)
    this.#bytes.inc(facts.bytes)
    for (const [reason, count] of Object.entries(facts.rejected)) this.#rejected.inc({ reason }, count)
    this.#batch.observe(facts.records)
    this.#decode.observe(facts.decode_ms / MS_PER_S)
    this.#append.observe(facts.append_ms / MS_PER_S)
    this.#commit.observe(facts.commit_ms / MS_PER_S)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The numbers now, in Prometheus's text format. */
  render(): Promise<string> {
    // One after the other: two would reset each other's gauges.
    return this.#scrapes.run(async () => {
      await Promise.all([this.#lookAtLag(), this.#lookAtEpochs(), this.#lookAtDeadLetters()])
      return this.#registry.metrics()
    })
  }

  async #lookAtLag(): Promise<void> {
    this.#lagRecords.reset()
    this.#lagSeconds.reset()
    this.#held.reset()
    for (const { topic, partition, records, seconds, held } of (await this.#look('lag', this.#looks.lag())) ?? []) {
      this.#lagRecords.set({ topic, partition }, records)
      this.#lagSeconds.set({ topic, partition }, seconds)
      this.#held.set({ topic, partition }, held)
    }
  }

  async #lookAtEpochs(): Promise<void> {
    const epochs = await this.#look('epochs', this.#looks.epochs())
    show(this.#lastClosed, epochs?.lastClosed)
    show(this.#openAge, epochs?.openAge_s)
  }

  async #lookAtDeadLetters(): Promise<void> {
    show(this.#deadLetters, await this.#look('dead letters', this.#looks.deadLetters()))
  }

  async #look<Found>(number: string, found: Promise<Found>): Promise<Found | undefined> {
    try {
      return await found
    } catch {
      this.#failures.inc({ number }) // that it failed is what a scrape can say; the process's own log says why
      return undefined
    }
  }
}

/** A number that is not known is left out: 0 would be one. */
function show(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove()
  else gauge.set(value)
}

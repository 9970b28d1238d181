import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Manifest } from '../../../anchor/manifest.ts'
import { type AuditReport, auditBundle } from '../../../audit/index.ts'
import type { CarryState } from '../../../jobs/carry-state.ts'
import type { StepResult } from '../../../jobs/epochs.ts'
import { type Ledger, openLedger } from '../../../jobs/ledger.ts'
import { loadManifest } from '../../../jobs/publish/build-manifest.ts'
import { bundleFolder } from '../../../jobs/publish/write-bundle.ts'
import { type EpochStep, runStep, type StepContext } from '../../../jobs/run-epoch.ts'
import { MemoryLog } from '../../../pipelines/memory-source.ts'
import type { NewRecord, PartitionOffset, RecordSource } from '../../../pipelines/record-source.ts'
import { openWarehouse } from '../../../pipelines/warehouse/open-warehouse.ts'
import type { EventBodies } from '../../../schemas/events.ts'
import { OUTCOMES, type Outcome, type RejectionReason, reasonOfCode } from '../../../schemas/rejection.ts'
import { INPUT_TOPICS, TOPICS } from '../../../schemas/topics.ts'
import { GENESIS } from './cast.ts'
import { SHAPE, type Shape } from './random-features.ts'
import { POLICY, Records, SOURCES } from './records.ts'

export type OfflineStep = Exclude<EpochStep, 'propose' | 'finalize'>
export const OFFLINE_STEPS: readonly OfflineStep[] = ['close', 'attribute', 'settle', 'publish']

const START_MS = 1_767_225_600_000n // 2026-01-01T00:00:00Z, the first instant of an interval
const INTERVAL_MS = BigInt(POLICY.epochIntervalS) * 1_000n
const AFTER_END_MS = 60_000n
const PARTITIONS = 3
/** What {@link SmallLedger.found} sends: vouchers, and in all with five sources, three assets, a policy and a feature map. */
export const FOUNDING_VOUCHERS = 6
export const FOUNDING_RECORDS = 10 + FOUNDING_VOUCHERS

export interface SmallLedgerOptions {
  /** Founds another ledger: other name, other roots. */
  readonly name?: string
}

/** A ledger in a temporary folder, fed from a log in memory, with a clock that stands still until a record is appended. */
export class SmallLedger {
  readonly ledger: Ledger
  readonly log: MemoryLog
  readonly records: Records
  readonly folder: string
  /** Where it reads from; `log` unless it is a {@link twin}. */
  source: RecordSource
  /** Unix milliseconds, of the log and of close. */
  nowMs: bigint
  /** How far the clock moves before each append. */
  tickMs = 1_000n

  private constructor(ledger: Ledger, folder: string, nowMs: bigint, log: MemoryLog | undefined) {
    this.ledger = ledger
    this.folder = folder
    this.nowMs = nowMs
    this.log = log ?? new MemoryLog({ now: () => (this.nowMs += this.tickMs) })
    this.source = this.log
    this.records = new Records(ledger.ledgerId)
    if (log !== undefined) return
    for (const topic of INPUT_TOPICS) this.log.createTopic(topic, PARTITIONS)
    this.log.createTopic(TOPICS.epochs, 1)
  }

  static open(options: SmallLedgerOptions = {}): Promise<SmallLedger> {
    return SmallLedger.#openOn({ ...GENESIS, ...options }, START_MS, undefined)
  }

  static async #openOn(genesis: typeof GENESIS, nowMs: bigint, log: MemoryLog | undefined): Promise<SmallLedger> {
    const folder = mkdtempSync(join(tmpdir(), 'tallystick-ledger-'))
    const warehouse = await openWarehouse(join(folder, 'warehouse.db'), { verb: 'test', memoryLimit: '256MB' })
    mkdirSync(join(folder, 'bundles'))
    return new SmallLedger(await openLedger(warehouse, genesis), folder, nowMs, log)
  }

  /** The same log read into a warehouse of its own; with another name, as another ledger. */
  async twin(
    wrap: (log: MemoryLog) => RecordSource = (log) => log,
    options: SmallLedgerOptions = {},
  ): Promise<SmallLedger> {
    const twin = await SmallLedger.#openOn({ ...this.ledger.genesis, ...options }, this.nowMs, this.log)
    twin.source = wrap(this.log)
    return twin
  }

  /** Copies its files as they are now into a new folder. */
  async copyTo(folder: string): Promise<void> {
    await this.ledger.warehouse.run('CHECKPOINT')
    cpSync(this.folder, folder, { recursive: true, filter: (path) => !/\.lock$|\.wal$/.test(basename(path)) })
  }

  /** Opens a copy of the files of {@link copyTo}, on the same log, with the clock as it was then. */
  async reopen(folder: string, nowMs: bigint): Promise<SmallLedger> {
    const copy = mkdtempSync(join(tmpdir(), 'tallystick-ledger-'))
    cpSync(folder, copy, { recursive: true })
    const warehouse = await openWarehouse(join(copy, 'warehouse.db'), { verb: 'test', memoryLimit: '256MB' })
    return new SmallLedger(await openLedger(warehouse, this.ledger.genesis), copy, nowMs, this.log)
  }

  get bundles(): string {
    return join(this.folder, 'bundles')
  }

  bundle(epoch: number): string {
    return bundleFolder(this.bundles, epoch)
  }

  /** Registers sources, assets (a dataset, a model of two owners, an infrastructure), policy and feature map; payers sign vouchers. */
  async found(policy: Partial<EventBodies['PolicyPublished']> = {}, shape: Shape = SHAPE): Promise<void> {
    const { records } = this
    await this.send(
      await records.source(SOURCES.operator, [
        'AssetRegistered',
        'AssetTransferred',
        'OfferPublished',
        'OfferWithdrawn',
        'OfferAccepted',
        'FeatureMapPublished',
        'TextMapPublished',
        'PriceListPublished',
        'LicenceGranted',
        'LicenceRevoked',
        'ModelRetired',
        'VoucherPresented',
      ]),
      await records.source(SOURCES.portal, ['ContributionCommitted', 'ContributionBatch', 'ContributionWithdrawn']),
      await records.source(SOURCES.gateway, [
        ...['VoucherPresented', 'InferenceRecorded', 'CorrectionRecorded', 'TaskOutcome', 'AgentStep', 'DisputeOpened'],
      ]),
      await records.source(SOURCES.extractor, [
        ...['ContributionFeatures', 'InferenceFeatures', 'ContributionText', 'InferenceText'],
      ]),
      await records.source(SOURCES.watcher, ['Deposited', 'SignatureChecked']),
      await records.asset('digits', 'dataset', { operator: 1_000_000 }),
      await records.asset('reader', 'model', { modeller: 333_333, partner: 666_667 }),
      await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
      await records.policy(policy),
      await records.featureMap(shape),
      // In the last partition: tests have the others to themselves.
      ...(await records.vouchers()).map((record) => ({ ...record, partition: PARTITIONS - 1 })),
    )
  }

  async send(...records: readonly NewRecord[]): Promise<readonly PartitionOffset[]> {
    return this.log.append(records)
  }

  /** Moves the clock behind the end of the interval in which it stands. */
  endInterval(): void {
    this.nowMs = (this.nowMs / INTERVAL_MS + 1n) * INTERVAL_MS + AFTER_END_MS
  }

  /** @param change a part that a test replaces, by one that fails for example */
  step(name: OfflineStep, change: Partial<StepContext> = {}): Promise<StepResult> {
    return runStep(name, {
      ledger: this.ledger,
      source: this.source,
      sink: this.log,
      clock: () => this.nowMs,
      bundles: this.bundles,
      chain: () => Promise.reject(new Error('A small ledger has no chain.')),
      ...change,
    })
  }

  /** Ends the interval and takes every step up to the published bundle. @returns the epoch's manifest */
  async runEpoch(): Promise<Manifest> {
    this.endInterval()
    return this.publishNext()
  }

  /** Every step up to the published bundle, with the clock as it is. @param change as for `step`, in all of them */
  async publishNext(change: Partial<StepContext> = {}): Promise<Manifest> {
    let epoch = 0
    for (const name of OFFLINE_STEPS) {
      const result = await this.step(name, change)
      if (result.did !== 'done') throw new Error(`${name}: ${result.detail}`)
      epoch = result.epoch
    }
    return this.manifest(epoch)
  }

  manifest(epoch: number): Promise<Manifest> {
    return loadManifest(this.ledger.warehouse, epoch)
  }

  async state(epoch: number): Promise<CarryState> {
    const row = await this.ledger.warehouse.one('SELECT state_json FROM epoch WHERE epoch = $epoch', { epoch })
    return JSON.parse(row!.state_json as string) as CarryState
  }

  /** What became of a record: an outcome, or the reason of its rejection; undefined before its epoch is closed. */
  async outcomeOf({ topic, partition, offset }: PartitionOffset): Promise<Outcome | RejectionReason | undefined> {
    const row = await this.ledger.warehouse.one<{ outcome: number; reason: number }>(
      `SELECT o.outcome, o.reason FROM outcome AS o JOIN record AS r USING (rid)
       WHERE r.topic = $topic AND r.partition_id = $partition AND r.record_offset = $offset`,
      { topic, partition, offset },
    )
    if (row === undefined) return undefined
    if (row.outcome === OUTCOMES.rejected) return reasonOfCode(row.reason)
    return (Object.keys(OUTCOMES) as Outcome[]).find((name) => OUTCOMES[name] === row.outcome)
  }

  /** Sum of the lines of an account in an epoch. */
  async earned(epoch: number, account: string, kind?: string): Promise<bigint> {
    const rows = await this.ledger.warehouse.all<{ kind: string; amount: bigint }>(
      'SELECT kind, amount FROM settlement_line WHERE epoch = $epoch AND account = $account',
      { epoch, account },
    )
    return rows.filter((row) => kind === undefined || row.kind === kind).reduce((sum, row) => sum + row.amount, 0n)
  }

  audit(): Promise<AuditReport> {
    return auditBundle(this.bundles)
  }

  /** Closes the warehouse and removes the folder. */
  close(): void {
    this.ledger.warehouse.close()
    rmSync(this.folder, { recursive: true })
  }
}

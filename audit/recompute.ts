import type { Deposited, SignatureChecked } from '../schemas/events.ts'
import { adjustmentBooksOf, type WeighedDelta } from './adjustments.ts'
import { type AnnouncedAdjustment, type EpochBundle, openRecords } from './bundle.ts'
import { compareAdjustments } from './compare-adjustments.ts'
import { compareSettlement, compareState } from './compare-settlement.ts'
import { checkOutcomes, type DecidedEpoch, decideEpoch } from './decide.ts'
import type { Funding } from './funding.ts'
import { rememberLines } from './held-disputes.ts'
import { emptyHistory, type History } from './history.ts'
import { checkCounts, type EpochLeaves, LeafChecker } from './leaves.ts'
import type { SettledPeriod } from './periods.ts'
import { EpochRecords } from './records/epoch-records.ts'
import { type PartitionEnds, readRecords } from './records.ts'
import type { AuditCounts } from './report.ts'
import { Reruns } from './reruns.ts'
import { type Books, emptyBooks, settleEpoch } from './settlement.ts'

/** A check that passed, for the report. */
type Passed = (name: string, detail: string) => void

/** What an epoch's records say of the chain, as far as they were accepted. */
export interface SeenOnChain {
  readonly deposits: readonly Deposited[]
  readonly contractAnswers: readonly SignatureChecked[]
}

/** Recomputes epochs from their records, one after the other from the first on. */
export class Recomputation {
  readonly history: History = emptyHistory()
  readonly #books: Books = emptyBooks()
  readonly #passed: Passed
  /** First epoch that is recomputed. */
  readonly #from: number
  #ends: PartitionEnds = new Map()
  /** The last epoch that was read from its records. */
  lastEpoch = 0
  #records = 0
  #uses = 0
  #usesWithFeatures = 0
  #signatures = 0
  readonly #reruns: Reruns
  /** Adjustments whose reruns began before the first epoch that is recomputed. */
  readonly trustedAdjustments: string[] = []
  #lastCutMs: bigint | undefined

  /** @param announced adjustments that manifests name, of which all epochs are recomputed */
  constructor(passed: Passed, announced: readonly AnnouncedAdjustment[], from: number) {
    this.#passed = passed
    this.#from = from
    this.#reruns = new Reruns(announced)
  }

  /**
   * Decides, attributes and settles an epoch again, and holds all of it to what was published.
   *
   * @returns its periods, and what was accepted of the chain
   * @throws  DifferenceFound
   */
  async recompute(
    bundle: EpochBundle,
    leaves: EpochLeaves,
  ): Promise<SeenOnChain & { readonly periods: readonly SettledPeriod[] }> {
    const { records, checker } = await this.#read(bundle, leaves)
    const decided = await this.#decide(bundle, records, 'decided')
    checkOutcomes(records)
    checker.end()
    checkCounts(bundle, records)
    const { accepted, duplicate, rejected } = bundle.manifest.counts
    this.#passed(
      'decisions',
      `${accepted} accepted, ${duplicate} duplicate, ${rejected} rejected; every leaf recomputed`,
    )
    const influence = { ...bundle, periods: bundle.manifest.periods }
    this.#reruns.begin(bundle.epoch, this.#books)
    let funding: Funding | undefined
    const settled = settleEpoch(this.#books, bundle.epoch, decided, this.history, {
      influence,
      onFunded: (found) => {
        funding = found
      },
      deltas: () => this.#adjust(bundle),
    })
    const stands = { funding: funding!, outside: this.#books.outside, taken: settled.taken }
    this.#reruns.settle(bundle.epoch, stands, decided, this.history)
    this.#reruns.keep(bundle.epoch, settled.lines)
    const asPublished = settled.periods.filter(({ isAsPublished }) => isAsPublished)
    for (const { manifest } of asPublished)
      this.history.erasures.addPeriod(bundle.epoch, manifest.model, manifest.token)
    compareSettlement(bundle, settled, this.#books)
    rememberLines(this.#books, bundle.epoch, settled.lines, this.history)
    this.history.market.endEpoch(BigInt(bundle.manifest.cut.timeMs))
    const paid = settled.periods.filter(({ manifest }) => manifest.state === 'paid').length
    this.#passed(
      'settlement',
      `${settled.periods.length} periods, ${paid} paid; ${scoresText(asPublished.length)}, lines, amounts and state recomputed`,
    )
    return { periods: settled.periods, ...seenIn(decided) }
  }

  /**
   * Reads an epoch whose outcomes, influence and amounts are taken on trust, so that later ones can be recomputed: leaves,
   * references, funding, what waits and the pools of periods are recomputed all the same.
   *
   * @returns what was accepted of the chain
   * @throws  DifferenceFound
   */
  async takeOver(bundle: EpochBundle, leaves: EpochLeaves): Promise<SeenOnChain> {
    const { records, checker } = await this.#read(bundle, leaves)
    const decided = await this.#decide(bundle, records, 'published')
    checker.end()
    checkCounts(bundle, records)
    const { manifest, state, accounts } = bundle
    const published = { periods: manifest.periods, state }
    const deltas = () => this.#adjust(bundle)
    settleEpoch(this.#books, bundle.epoch, decided, this.history, { published, deltas })
    this.#takeOverAdjustments(bundle)
    this.history.market.endEpoch(BigInt(manifest.cut.timeMs))
    this.#books.cumulative.clear()
    this.#books.small.clear()
    for (const { account, token, cumulative, small } of accounts) {
      this.#books.cumulative.set(account + token, BigInt(cumulative))
      this.#books.small.set(account + token, BigInt(small))
    }
    compareState(bundle, this.#books)
    rememberLines(this.#books, bundle.epoch, bundle.lines, this.history)
    this.#passed(
      'history',
      'outcomes, influence and amounts as published; every leaf, fees, waits and pools recomputed',
    )
    return seenIn(decided)
  }

  /** @returns what adjustments that were accepted in the epoch found */
  #adjust(bundle: EpochBundle): readonly WeighedDelta[] {
    const { deltas, trusted } = compareAdjustments(bundle, this.history, this.#reruns, this.#books, this.#from)
    this.trustedAdjustments.push(...trusted)
    return deltas
  }

  /** Data lines are not there, so neither is what was netted of them; all of it was checked from what is public. */
  #takeOverAdjustments({ epoch, state, lines }: EpochBundle): void {
    const { owed, recoveries, reserves } = adjustmentBooksOf(state)
    this.#books.owed.clear()
    for (const [key, amount] of owed) this.#books.owed.set(key, amount)
    this.#books.recoveries.clear()
    for (const [token, amount] of recoveries) this.#books.recoveries.set(token, amount)
    this.#books.reserves.splice(0, this.#books.reserves.length, ...reserves)
    this.#reruns.keep(
      epoch,
      lines.map((line) => ({ ...line, amount: BigInt(line.amount) })),
    )
  }

  counts(): AuditCounts {
    const { batches, contributions, ids } = this.history
    let [items, withFeatures, withdrawn] = [0, 0, 0]
    for (const [number, batch] of batches.entries()) {
      items += batch.items
      for (let index = 0; index < batch.items; index++) {
        if (batch.withdrawn?.[index] === 1) withdrawn++
        for (const table of contributions.values()) {
          if (!table.has(number, index)) continue
          withFeatures++
          break
        }
      }
    }
    return {
      records: this.#records,
      ids: ids.size,
      signatures: this.#signatures,
      contributions: items,
      contributionsWithFeatures: withFeatures,
      contributionsWithoutFeatures: items - withFeatures,
      contributionsWithdrawn: withdrawn,
      uses: this.#uses,
      usesWithFeatures: this.#usesWithFeatures,
    }
  }

  async #read(
    bundle: EpochBundle,
    leaves: EpochLeaves,
  ): Promise<{ readonly records: EpochRecords; readonly checker: LeafChecker }> {
    const table = await openRecords(bundle.folder)
    try {
      const records = new EpochRecords(table.rows, this.history, this.#lastCutMs, bundle.erasures)
      const checker = new LeafChecker(leaves)
      this.#ends = await readRecords(table, bundle.manifest, this.#ends, (record) => {
        checker.add(record)
        records.add(record)
      })
      this.#records += records.rows
      this.#lastCutMs = BigInt(bundle.manifest.cut.timeMs)
      this.lastEpoch = bundle.epoch
      records.checkErasures()
      for (const [row, said] of records.erased) this.history.erasures.add(bundle.epoch, row, said)
      this.#passed('records', `${records.rows} records, contiguous but for ${bundle.manifest.holes.length} holes`)
      return { records, checker }
    } finally {
      await table.close()
    }
  }

  async #decide(bundle: EpochBundle, records: EpochRecords, outcomes: 'decided' | 'published'): Promise<DecidedEpoch> {
    const { genesis, ledgerId, epoch } = bundle
    const onSignature = outcomes === 'decided' ? () => this.#signatures++ : undefined
    const decided = await decideEpoch(this.history, { genesis, ledgerId, outcomes, onSignature }, epoch, records)
    this.#uses += decided.uses.rows.length
    this.#usesWithFeatures += decided.featuresOf.size
    return decided
  }
}

function scoresText(asPublished: number): string {
  return asPublished === 0 ? 'scores' : `scores as published of ${asPublished}, in which erased features took part`
}

function seenIn({ deposits, contractAnswers }: DecidedEpoch): SeenOnChain {
  return {
    deposits: deposits.map(({ body }) => body),
    contractAnswers: contractAnswers.map(({ body }) => body),
  }
}

import { ANSWERS_CHECK, type ComparedAnswers } from './contract-answers.ts'
import type { Difference } from './difference.ts'
import type { ErasureCounts } from './erasures.ts'
import type { ReExtractionReport } from './re-extract/re-extraction.ts'

/** A check that passed. */
export interface AuditStep {
  readonly name: string
  readonly detail: string
  readonly epoch: number | null
}

/**
 * How an audit ended: `ok`; `difference` (the bundle or the chain says something false); `chain not checked` (no difference, but
 * nobody asked the chain whether these are the anchored epochs).
 */
export type AuditVerdict = 'ok' | 'difference' | 'chain not checked'

/**
 * The verdict by what there is to do about it.
 * - `ok`: everything was recomputed since genesis, and the chain says the same.
 * - `files`: a file is not the one that files.json lists: get the bundle again.
 * - `difference`: what was published is not what follows from the records, or is no bundle at all: the operator is wrong.
 * - `chain`: the chain has another record of an epoch, or no final one, or not a deposit that was recorded, or a contract did not
 *   give an answer that was recorded.
 * - `features`: what was extracted again is not what was published.
 * - `partial`: no difference, but not everything was recomputed: records were not given, or features erased, or `from` or
 *   `payoutOnly` was asked.
 * - `payloads`: no difference, but some payloads that were drawn are gone, so that nothing can be extracted from them.
 * - `chain not checked`: no difference, everything was recomputed, and the chain was not asked.
 */
export type AuditClass =
  | 'ok'
  | 'files'
  | 'difference'
  | 'chain'
  | 'features'
  | 'partial'
  | 'payloads'
  | 'chain not checked'

/** One epoch that was given. */
export interface AuditedEpoch {
  readonly epoch: number
  readonly attempt: number
  /** SHA-256 of its manifest.json: what is anchored. */
  readonly manifestHash: string
  readonly ledgerRoot: string
  readonly treeSize: string
  readonly payoutRoot: string
  /**
   * `recomputed`: from its records, all of it. `taken over`: from its records, but for what was asked to be taken on trust.
   * `public`: what the public tier proves by itself. `but for erased`: from its records, but for what was erased by order.
   */
  readonly how: 'recomputed' | 'but for erased' | 'taken over' | 'public'
}

/** What the records that were read come to. */
export interface AuditCounts {
  readonly records: number
  /** (source, id) that are used up: the accepted records. */
  readonly ids: number
  /** That were recovered: of batches, withdrawals and registrations, never of items. */
  readonly signatures: number
  /** Items of all accepted batches. */
  readonly contributions: number
  readonly contributionsWithFeatures: number
  readonly contributionsWithoutFeatures: number
  /** Taken back by their contributors; their payloads may be erased. */
  readonly contributionsWithdrawn: number
  readonly uses: number
  readonly usesWithFeatures: number
}

/** Of distinct contributions that were drawn, how many came out how. */
export interface FeatureCounts {
  /** False: nothing was extracted again, and all numbers are 0. */
  readonly lookedAt: boolean
  readonly same: number
  readonly withinTolerance: number
  readonly differs: number
  /** The payload store has nothing under the content hash: erased, or never there. */
  readonly absent: number
  /** It has other bytes there. */
  readonly damaged: number
}

export interface AuditReport {
  /** No difference was found. */
  readonly ok: boolean
  readonly verdict: AuditVerdict
  readonly class: AuditClass
  readonly chain: 'checked' | 'not checked'
  /** Whether a checkpoint of the log lay beside the bundles, and was held to them. */
  readonly log: 'checked' | 'not there' | 'not of these epochs'
  /** What had to be taken on trust, in sentences. Never empty. */
  readonly trusted: readonly string[]
  readonly checked: readonly AuditStep[]
  /** Those that were checked to their end. */
  readonly epochs: readonly AuditedEpoch[]
  /** Null when no records were read. */
  readonly counts: AuditCounts | null
  /** Recorded answers of contracts that were asked again; null when no records were read, or the chain was not asked. */
  readonly contractAnswers: Pick<ComparedAnswers, 'recorded' | 'checked' | 'unknown'> | null
  readonly features: FeatureCounts
  /** Null when no records were read. */
  readonly erased: ErasureCounts | null
  readonly firstDifference?: Difference
  /** Only when it was asked for and the audit came so far. */
  readonly reExtraction?: ReExtractionReport
}

/** What decides the class besides a difference. */
export interface AuditFacts {
  readonly firstDifference: Difference | undefined
  readonly isWhole: boolean
  readonly isChainChecked: boolean
  readonly features: FeatureCounts
}

const CLASS_OF_CHECK: Readonly<Record<string, AuditClass>> = {
  files: 'files',
  chain: 'chain',
  deposits: 'chain',
  [ANSWERS_CHECK]: 'chain',
  'features extracted again': 'features',
}

export function classOf({ firstDifference, isWhole, isChainChecked, features }: AuditFacts): AuditClass {
  if (firstDifference !== undefined) return CLASS_OF_CHECK[firstDifference.check] ?? 'difference'
  if (!isWhole) return 'partial'
  if (features.absent + features.damaged > 0) return 'payloads'
  return isChainChecked ? 'ok' : 'chain not checked'
}

export function countFeatures(report: ReExtractionReport | undefined): FeatureCounts {
  const items = new Map<string, string>()
  for (const { batchSource, batchId, index, outcome } of report?.items ?? [])
    items.set(JSON.stringify([batchSource, batchId, index]), outcome)
  const outcomes = [...items.values()]
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length
  return {
    lookedAt: report !== undefined,
    same: count('same'),
    withinTolerance: count('within tolerance'),
    differs: count('differs'),
    absent: count('absent'),
    damaged: count('damaged'),
  }
}

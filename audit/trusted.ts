import type { ComparedAnswers } from './contract-answers.ts'
import { type ComparedDeposits, depositsText } from './deposits.ts'
import type { ErasureCounts } from './erasures.ts'
import type { CheckedLog } from './log.ts'
import type { ReExtractionReport } from './re-extract/re-extraction.ts'

/** What an audit could reach. */
export interface AuditReach {
  readonly firstEpoch: number | null
  readonly lastEpoch: number | null
  /** Epochs that were read from their records, with outcomes and amounts as published; null when there are none. */
  readonly takenOver: { readonly first: number; readonly last: number } | null
  /** The last one that was recomputed; 0 when nothing was. */
  readonly recomputedTo: number
  readonly isPayoutOnly: boolean
  readonly isChainChecked: boolean
  /** Undefined when they were not held to the chain. */
  readonly deposits: ComparedDeposits | undefined
  /** Undefined when they were not asked again. */
  readonly contractAnswers: ComparedAnswers | undefined
  readonly log: CheckedLog
  /** Accepted gaps of all epochs: `topic/partition from … to …`. */
  readonly gaps: readonly string[]
  readonly erased: ErasureCounts | null
  readonly reExtraction: ReExtractionReport | undefined
  /** Adjustments of epochs that were not settled again. */
  readonly trustedAdjustments: readonly string[]
}

const GAPS_SHOWN_MAX = 10
const PERIODS_SHOWN_MAX = 10

/** What the reader of a report still has to believe, in sentences: an audit never says a bare OK. */
export function trustedBy(reach: AuditReach): string[] {
  return [
    ...beginningTrusted(reach),
    ...epochsTrusted(reach),
    ...chainTrusted(reach),
    ...logTrusted(reach),
    ...gapsTrusted(reach.gaps),
    ...erasedTrusted(reach.erased),
    ...adjustmentsTrusted(reach.trustedAdjustments),
    ...extractorTrusted(reach.reExtraction),
    ...depositsTrusted(reach.deposits),
    ...answersTrusted(reach.contractAnswers),
    'The registered sources: inferences happened as their records say, and labels are the right ones.',
    'The log: append times are what the broker gave, and what was never appended cannot be seen.',
  ]
}

function beginningTrusted({ firstEpoch, lastEpoch }: AuditReach): string[] {
  if (firstEpoch === null || lastEpoch === null) return ['Everything: no epoch was checked to its end.']
  if (firstEpoch === 1) return ['From genesis: nothing before epoch 1.']
  return [
    `Epochs 1 to ${firstEpoch - 1}: what epoch ${firstEpoch} carries in from them, and their leaves under its root.`,
  ]
}

function epochsTrusted({ firstEpoch, lastEpoch, takenOver, recomputedTo, isPayoutOnly }: AuditReach): string[] {
  if (lastEpoch === null) return []
  if (isPayoutOnly)
    return [
      `Records, leaves and the tree, and so decisions, funding and attribution, of epochs ${firstEpoch} to ${lastEpoch}: only payouts were asked for.`,
    ]
  const trusted: string[] = []
  if (takenOver !== null)
    trusted.push(
      `Epochs ${takenOver.first} to ${takenOver.last}: signatures, why records were refused, influence, and what was paid, as published.`,
    )
  const reached = Math.max(recomputedTo, takenOver?.last ?? 0)
  if (reached < lastEpoch) {
    const from = reached === 0 ? firstEpoch : reached + 1
    trusted.push(
      `Decisions, funding and attribution of epochs ${from} to ${lastEpoch}: their records, or those before them, were not given.`,
    )
  }
  return trusted
}

function depositsTrusted(deposits: ComparedDeposits | undefined): string[] {
  if (deposits === undefined) return ['The registered sources of deposits: that each was made, as its record says.']
  return [`That no deposit before the first recorded one, or after the last, was left out; ${depositsText(deposits)}.`]
}

function answersTrusted(answers: ComparedAnswers | undefined): string[] {
  if (answers === undefined)
    return ['The registered sources of contracts’ answers: that each was given, as its record says.']
  const { recorded, unknown } = answers
  if (unknown === 0) return []
  return [
    `The registered sources of ${unknown} of ${recorded} contracts’ answers, given at blocks of which the node has no state any more: ask one that is an archive.`,
  ]
}

function chainTrusted({ isChainChecked }: AuditReach): string[] {
  if (!isChainChecked) return ['That these are the anchored epochs: the chain was not asked.']
  return [
    'The genesis: that its contract and its operator are those of the ledger you mean, and that no later epoch was withheld.',
  ]
}

function logTrusted({ log }: AuditReach): string[] {
  if (log.did === 'not there' || (log.did === 'checked' && log.vouched === 'operator')) return []
  if (log.did === 'not of these epochs')
    return ['The log beside the bundles: its checkpoint is of none of these epochs, so nothing was held to it.']
  return ['The key of the log beside the bundles: that it is the ledger’s nobody told; what it signed agrees.']
}

function gapsTrusted(gaps: readonly string[]): string[] {
  if (gaps.length === 0) return []
  const shown = gaps.slice(0, GAPS_SHOWN_MAX).join('; ')
  const more = gaps.length > GAPS_SHOWN_MAX ? `; and ${gaps.length - GAPS_SHOWN_MAX} more` : ''
  return [`${gaps.length} accepted gap(s), whose records nobody can see any more: ${shown}${more}.`]
}

function erasedTrusted(erased: ErasureCounts | null): string[] {
  if (erased === null || erased.records === 0) return []
  const { records, items, periods, orderedLater } = erased
  const trusted = [
    `${records} erased record(s), features of ${items} item(s): their headers, what was decided of them, and that it was these items whose features they told.`,
  ]
  const shown = periods.slice(0, PERIODS_SHOWN_MAX).map(({ epoch, model }) => `epoch ${epoch} ${model}`)
  const more = periods.length > PERIODS_SHOWN_MAX ? `; and ${periods.length - PERIODS_SHOWN_MAX} more` : ''
  if (periods.length > 0)
    trusted.push(
      `Scores and V, as published, of ${periods.length} period(s) in which erased features took part: ${shown.join('; ')}${more}.`,
    )
  if (orderedLater > 0)
    trusted.push(`The erasure of ${orderedLater} record(s): ordered, it is said, in an epoch that was not given.`)
  return trusted
}

function adjustmentsTrusted(adjustments: readonly string[]): string[] {
  if (adjustments.length === 0) return []
  const shown = adjustments.slice(0, GAPS_SHOWN_MAX).join('; ')
  const more = adjustments.length > GAPS_SHOWN_MAX ? `; and ${adjustments.length - GAPS_SHOWN_MAX} more` : ''
  return [`What ${adjustments.length} adjustment(s) of epochs that were not recomputed found: ${shown}${more}.`]
}

function extractorTrusted(report: ReExtractionReport | undefined): string[] {
  if (report === undefined) {
    return [
      'The extractor of each feature map: features, fingerprints and near pairs are taken as recorded, not computed from the contents.',
    ]
  }
  const compared = report.items.filter(({ outcome }) => outcome !== 'absent' && outcome !== 'damaged').length
  const missing = report.items.length - compared
  const trusted = [
    `The extractor, but for the ${compared} contributions whose features were extracted again: near pairs are taken as recorded, and the weights given as those of the model that served.`,
  ]
  if (missing > 0)
    trusted.push(
      `${missing} sampled contributions, whose payloads are erased, absent or damaged: their features are taken as recorded.`,
    )
  if (report.leftOut.length > 0)
    trusted.push(
      `${report.leftOut.length} paid periods whose feature maps name another extractor: nothing of them was extracted again.`,
    )
  return trusted
}

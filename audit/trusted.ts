import type { ReExtractionReport } from './re-extract/re-extraction.ts'

/** What an audit could reach. */
export interface AuditReach {
  readonly firstEpoch: number | null
  readonly lastEpoch: number | null
  /** 0 when nothing was recomputed from records. */
  readonly recomputedTo: number
  readonly isChainChecked: boolean
  /** Accepted gaps of all epochs: `topic/partition from … to …`. */
  readonly gaps: readonly string[]
  readonly reExtraction: ReExtractionReport | undefined
}

const GAPS_SHOWN_MAX = 10

/** What the reader of a report still has to believe, in sentences: an audit never says a bare OK. */
export function trustedBy({
  firstEpoch,
  lastEpoch,
  recomputedTo,
  isChainChecked,
  gaps,
  reExtraction,
}: AuditReach): string[] {
  const trusted: string[] = []
  if (firstEpoch === null || lastEpoch === null) {
    trusted.push('Everything: no epoch was checked to its end.')
  } else if (firstEpoch === 1) {
    trusted.push('From genesis: nothing before epoch 1.')
  } else {
    trusted.push(
      `Epochs 1 to ${firstEpoch - 1}: what epoch ${firstEpoch} carries in from them, and their leaves under its root.`,
    )
  }
  if (lastEpoch !== null && recomputedTo < lastEpoch) {
    const from = recomputedTo === 0 ? firstEpoch : recomputedTo + 1
    trusted.push(
      `Decisions, funding and attribution of epochs ${from} to ${lastEpoch}: their records, or those before them, were not given.`,
    )
  }
  if (isChainChecked)
    trusted.push(
      'The genesis: that its contract and its operator are those of the ledger you mean, and that no later epoch was withheld.',
    )
  else trusted.push('That these are the anchored epochs: the chain was not asked.')
  if (gaps.length > 0) {
    const shown = gaps.slice(0, GAPS_SHOWN_MAX).join('; ')
    const more = gaps.length > GAPS_SHOWN_MAX ? `; and ${gaps.length - GAPS_SHOWN_MAX} more` : ''
    trusted.push(`${gaps.length} accepted gap(s), whose records nobody can see any more: ${shown}${more}.`)
  }
  trusted.push(
    ...extractorTrusted(reExtraction),
    'The registered sources: inferences and deposits happened, and contracts signed, as their records say, and labels are the right ones.',
    'The log: append times are what the broker gave, and what was never appended cannot be seen.',
  )
  return trusted
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

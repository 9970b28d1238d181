import type { Contribution, ContributionPlace } from './period.ts'

export interface AccountItems {
  readonly account: string
  readonly kept: Contribution[]
  readonly withdrawn: Contribution[]
  /** Contributions whose content, or nearly the same, somebody (or the account itself) contributed earlier. */
  duplicates: number
}

/** Contributions of equal fingerprint. */
interface Content {
  /** The earliest. */
  readonly first: Contribution
  readonly near: Content[]
  /** Known once the turn of the first has come. */
  isRepresentative: boolean
}

/**
 * Step 0: of contributions with equal fingerprint only the earliest can take part, kept or withdrawn, and it does unless its
 * content is near that of an earlier one that does.
 *
 * @returns accounts with at least one contribution, ascending
 */
export function clusterContributions(contributions: readonly Contribution[]): AccountItems[] {
  const inOrder = [...contributions].sort(
    (a, b) => a.priority - b.priority || a.batchRank - b.batchRank || a.index - b.index,
  )
  const contents = contentsOf(inOrder)
  const accounts = new Map<string, AccountItems>()
  for (const contribution of inOrder) {
    const { account, fingerprint, isWithdrawn } = contribution
    const entry = accounts.get(account) ?? { account, kept: [], withdrawn: [], duplicates: 0 }
    accounts.set(account, entry)
    const content = contents.get(fingerprint)!
    const isFirst = content.first === contribution
    if (isFirst) content.isRepresentative = !content.near.some((other) => other.isRepresentative)
    if (isFirst && content.isRepresentative) entry[isWithdrawn ? 'withdrawn' : 'kept'].push(contribution)
    else entry.duplicates++
  }
  // Addresses are lower-case hex of one length: the order of the text is the order of the bytes.
  return [...accounts.values()].sort((a, b) => (a.account < b.account ? -1 : 1))
}

/** In order; by fingerprint, each with the contents that are near it by what either of the two declares. */
function contentsOf(contributions: readonly Contribution[]): Map<Contribution['fingerprint'], Content> {
  const contents = new Map<Contribution['fingerprint'], Content>()
  for (const first of contributions)
    if (!contents.has(first.fingerprint)) contents.set(first.fingerprint, { first, near: [], isRepresentative: false })
  const declaring = contributions.filter(({ near }) => near.length > 0)
  if (declaring.length === 0) return contents
  const named = new Set(declaring.flatMap(({ near }) => near.map(placeText)))
  const byPlace = new Map<string, Content>()
  for (const each of contributions)
    if (named.has(placeText(each))) byPlace.set(placeText(each), contents.get(each.fingerprint)!)
  for (const { fingerprint, near } of declaring) {
    const content = contents.get(fingerprint)!
    for (const place of near) {
      // One without features under the map takes no part.
      const other = byPlace.get(placeText(place))
      if (other === undefined || other === content) continue
      content.near.push(other)
      other.near.push(content)
    }
  }
  return contents
}

function placeText({ batchRank, index }: ContributionPlace): string {
  return `${batchRank}/${index}`
}

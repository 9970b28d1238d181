import type { Contribution } from './period.ts'

export interface AccountItems {
  readonly account: string
  readonly kept: Contribution[]
  /** Contributions whose content somebody (or the account itself) contributed earlier. */
  duplicates: number
}

/** More accounts would break the bound on what one purchase can return (docs/attribution.md, step 0). */
export const ACCOUNTS_MAX = 1_024
/** Kept items of a period; more are not solved. */
export const ITEMS_MAX = 30_000

/**
 * Step 0: of contributions with equal fingerprint only the earliest is kept.
 *
 * @returns accounts with at least one contribution, ascending
 */
export function clusterContributions(contributions: readonly Contribution[]): AccountItems[] {
  const inOrder = [...contributions].sort((a, b) => a.batchRank - b.batchRank || a.index - b.index)
  const seen = new Set<string>()
  const accounts = new Map<string, AccountItems>()
  for (const contribution of inOrder) {
    const entry = accounts.get(contribution.account) ?? { account: contribution.account, kept: [], duplicates: 0 }
    accounts.set(contribution.account, entry)
    if (seen.has(contribution.fingerprint)) {
      entry.duplicates++
    } else {
      seen.add(contribution.fingerprint)
      entry.kept.push(contribution)
    }
  }
  // Addresses are lower-case hex of one length: the order of the text is the order of the bytes.
  return [...accounts.values()].sort((a, b) => (a.account < b.account ? -1 : 1))
}

import type { Contribution } from './period.ts'

export interface AccountItems {
  readonly account: string
  readonly kept: Contribution[]
  readonly withdrawn: Contribution[]
  /** Contributions whose content somebody (or the account itself) contributed earlier. */
  duplicates: number
}

/**
 * Step 0: of contributions with equal fingerprint only the earliest takes part, kept or withdrawn.
 *
 * @returns accounts with at least one contribution, ascending
 */
export function clusterContributions(contributions: readonly Contribution[]): AccountItems[] {
  const inOrder = [...contributions].sort((a, b) => a.batchRank - b.batchRank || a.index - b.index)
  const seen = new Set<string>()
  const accounts = new Map<string, AccountItems>()
  for (const contribution of inOrder) {
    const { account, fingerprint, isWithdrawn } = contribution
    const entry = accounts.get(account) ?? { account, kept: [], withdrawn: [], duplicates: 0 }
    accounts.set(account, entry)
    if (seen.has(fingerprint)) {
      entry.duplicates++
    } else {
      seen.add(fingerprint)
      entry[isWithdrawn ? 'withdrawn' : 'kept'].push(contribution)
    }
  }
  // Addresses are lower-case hex of one length: the order of the text is the order of the bytes.
  return [...accounts.values()].sort((a, b) => (a.account < b.account ? -1 : 1))
}

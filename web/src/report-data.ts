/** What the report shows. Amounts are whole numbers in the token's smallest unit, as decimal text; pictures are data URIs. */
export interface ReportData {
  readonly title: string
  readonly seed: string
  readonly token: { readonly symbol: string; readonly decimals: number; readonly address: string }
  readonly epochs: readonly ReportEpoch[]
  /** Where the fees of all epochs went, in this order. `unattributed`, `held` and `carried` appear only when above zero. */
  readonly flow: {
    readonly fees: string
    readonly pools: readonly { readonly kind: string; readonly label: string; readonly amount: string }[]
  }
  readonly accounts: readonly ReportAccount[]
  readonly others: readonly {
    readonly name: string
    readonly account: string
    readonly role: string
    /** What it owns a share of, in words, one an asset. */
    readonly owns: readonly string[]
    readonly earned: string
    readonly claimed: string
  }[]
  readonly inferences: readonly ReportInference[]
  readonly audit: {
    readonly ok: boolean
    readonly checks: readonly { readonly name: string; readonly detail: string }[]
    readonly trusted: readonly string[]
  }
  /** Commands that check what the page says, with one sentence each. */
  readonly commands: readonly { readonly command: string; readonly does: string }[]
}

export interface ReportEpoch {
  readonly epoch: number
  /** Records below the cut; `accepted` + `duplicate` + `rejected` of them. */
  readonly records: number
  readonly accepted: number
  readonly duplicate: number
  readonly rejected: number
  /** Paid answers of the epoch. */
  readonly events: number
  readonly ledgerRoot: string
  readonly payoutRoot: string
  readonly manifestHash: string
  /** Leaves of the ledger up to the end of this epoch, as decimal text. */
  readonly treeSize: string
}

export interface ReportAccount {
  readonly account: string
  readonly name: string
  readonly role: string
  readonly accepted: number
  readonly duplicates: number
  /** Share of the contributors' pool in millionths with its 90 % interval; null when nothing was paid yet. */
  readonly share: { readonly low: number; readonly value: number; readonly high: number } | null
  readonly earned: string
  readonly claimed: string
  /** Its contributions that moved paid answers most, best first; and those that hurt most. Values are integers without a unit. */
  readonly helped: readonly ReportItem[]
  readonly hurt: readonly ReportItem[]
  /** One plain sentence: why it earned what it earned. */
  readonly why: string
}

export interface ReportItem {
  readonly picture: string
  readonly label: string
  readonly value: string
}

export interface ReportInference {
  readonly id: string
  readonly picture: string
  readonly answer: string
  readonly label: string
  readonly fee: string
  readonly split: readonly { readonly name: string; readonly amount: string }[]
  readonly influential: readonly (ReportItem & { readonly name: string })[]
}

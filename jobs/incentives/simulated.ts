/** Something that somebody might have done in a period, and what it would have brought. */
export interface Simulated {
  readonly attack: 'split' | 'copy' | 'junk' | 'wash' | 'self-dealing'
  /** What was done, in words. */
  readonly what: string
  /** Of the account that did it; null: a stranger. */
  readonly account: string | null
  /** Its data pay as it was, atoms. */
  readonly before: bigint
  /** Its data pay then, with that of all names it goes by. */
  readonly after: bigint
  /** Fees of the uses that it bought. */
  readonly spent: bigint
  /** What of these fees came back to it otherwise: as an owner, or as the treasury. */
  readonly back: bigint
  /**
   * In per cent, rounded: of `split` what it gained over what it had; of `copy` and `junk` what it got over what honest contributions
   * get on average, so that 100 is like anybody; of purchases what they brought less what they cost, over what they cost.
   */
  readonly percent: number | null
}

/** a / b in per cent, to a thousandth; null when b is 0. */
export function percentOf(a: bigint, b: bigint): number | null {
  return b === 0n ? null : Number((a * 100_000n) / b) / 1_000
}

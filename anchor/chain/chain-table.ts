import { UnknownChainError } from './errors.ts'

/** What has to be known of a chain before anything is sent to it. */
export interface ChainEntry {
  readonly chainId: number
  readonly name: string
  /** The block tag whose block is taken as never changing. */
  readonly finalityTag: 'latest' | 'finalized'
  /** Shortest delay between a proposal and its finalization, in seconds. */
  readonly minimumDelay_s: number
  /** Fewest attestations that a proposal has to need: 0 only where there is no real money. */
  readonly minimumThreshold: number
  /** Most that is ever offered for a unit of gas, replacements included: no market and no node can make it more. */
  readonly feeCeiling_wei: bigint
  /** Most of it that goes to the block's proposer. */
  readonly tipCeiling_wei: bigint
}

export const LOCAL_CHAIN_ID = 31337
const HOUR_S = 3600
const GWEI = 1_000_000_000n

// On a rollup the delay is at least its force-inclusion delay plus 24 h: a guardian whom the sequencer ignores can still
// be heard in time. Base forces inclusion within 12 h.
const CHAINS: readonly ChainEntry[] = [
  {
    chainId: LOCAL_CHAIN_ID,
    name: 'local',
    finalityTag: 'latest',
    minimumDelay_s: HOUR_S,
    minimumThreshold: 0,
    feeCeiling_wei: 10_000n * GWEI,
    tipCeiling_wei: 100n * GWEI,
  },
  {
    chainId: 1,
    name: 'mainnet',
    finalityTag: 'finalized',
    minimumDelay_s: 24 * HOUR_S,
    minimumThreshold: 1,
    feeCeiling_wei: 300n * GWEI,
    tipCeiling_wei: 20n * GWEI,
  },
  {
    chainId: 11155111,
    name: 'sepolia',
    finalityTag: 'finalized',
    minimumDelay_s: 24 * HOUR_S,
    minimumThreshold: 1,
    feeCeiling_wei: 1_000n * GWEI,
    tipCeiling_wei: 100n * GWEI,
  },
  {
    chainId: 8453,
    name: 'base',
    finalityTag: 'finalized',
    minimumDelay_s: 48 * HOUR_S,
    minimumThreshold: 1,
    feeCeiling_wei: 20n * GWEI,
    tipCeiling_wei: 2n * GWEI,
  },
]

/**
 * The entry of a chain. There is no default on purpose: a wrong finality loses money.
 *
 * @throws {@link UnknownChainError}
 */
export function chainEntry(chainId: number): ChainEntry {
  const entry = CHAINS.find((each) => each.chainId === chainId)
  if (entry === undefined)
    throw new UnknownChainError({ chainId, known: CHAINS.map((each) => each.chainId).join(', ') })
  return entry
}

import { type Hex, parseTransaction } from 'viem'
import type { ChainEntry } from './chain-table.ts'
import { ask, type ChainConnection } from './connect.ts'
import { FeeCeilingError } from './sending-errors.ts'

/** Fees of an EIP-1559 transaction, in wei for a unit of gas. */
export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** What the newest block costs, and what is paid on top of it. */
export interface Market {
  readonly baseFee_wei: bigint
  readonly tip_wei: bigint
}

/** The signed fee pays for a base fee that doubled: about six full blocks. */
const BASE_FEE_FACTOR = 2n
/** A replacement offers so much more in both fields, over 1000. EIP-1559 pools ask for 10 %, some for 12.5 %. */
const REPLACEMENT_PERMILLE = 1_125n

/** Errors as `ask`. The tip is what the node suggests, but no more than the chain table allows. */
export async function readMarket(connection: ChainConnection): Promise<Market> {
  const { client, entry } = connection
  const { baseFeePerGas } = await ask(connection, () => client.getBlock())
  const suggested = await ask(connection, () => client.estimateMaxPriorityFeePerGas({ chain: null }))
  return { baseFee_wei: baseFeePerGas ?? 0n, tip_wei: lesser(suggested, entry.tipCeiling_wei) }
}

/**
 * Fees for a first signature.
 *
 * @throws {@link FeeCeilingError} not even the next block can be paid for below the ceiling
 */
export function feesFor({ chainId, feeCeiling_wei }: ChainEntry, { baseFee_wei, tip_wei }: Market): Fees {
  const needed_wei = baseFee_wei + tip_wei
  if (needed_wei > feeCeiling_wei) throw new FeeCeilingError({ chainId, needed_wei, ceiling_wei: feeCeiling_wei })
  const maxFeePerGas = lesser(baseFee_wei * BASE_FEE_FACTOR + tip_wei, feeCeiling_wei)
  return { maxFeePerGas, maxPriorityFeePerGas: tip_wei }
}

/** True when a block has reason to pass over a transaction with these fees. */
export function isBelowMarket(fees: Fees, { baseFee_wei, tip_wei }: Market): boolean {
  return fees.maxFeePerGas < baseFee_wei + fees.maxPriorityFeePerGas || fees.maxPriorityFeePerGas < tip_wei
}

/**
 * Fees of a replacement: those of the market, and in both fields at least 12.5 % above what is replaced.
 *
 * @throws {@link FeeCeilingError} a node would take a replacement only above the ceiling of the fee or of the tip
 */
export function replacementFees(entry: ChainEntry, replaced: Fees, market: Market): Fees {
  const { chainId, feeCeiling_wei, tipCeiling_wei } = entry
  const leastFee = raised(replaced.maxFeePerGas)
  const leastTip = raised(replaced.maxPriorityFeePerGas)
  if (leastFee > feeCeiling_wei)
    throw new FeeCeilingError({ chainId, needed_wei: leastFee, ceiling_wei: feeCeiling_wei })
  if (leastTip > tipCeiling_wei)
    throw new FeeCeilingError({ chainId, needed_wei: leastTip, ceiling_wei: tipCeiling_wei })
  const wanted = lesser(market.baseFee_wei * BASE_FEE_FACTOR + market.tip_wei, feeCeiling_wei)
  const maxFeePerGas = greater(wanted, leastFee)
  return { maxFeePerGas, maxPriorityFeePerGas: lesser(greater(market.tip_wei, leastTip), maxFeePerGas) }
}

/** What signed bytes offer. */
export function feesOf(raw: Hex): Fees & { readonly gas: bigint } {
  const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n, gas = 0n } = parseTransaction(raw)
  return { maxFeePerGas, maxPriorityFeePerGas, gas }
}

/** Rounded up, and more than before even where that was nothing. */
function raised(fee_wei: bigint): bigint {
  return greater((fee_wei * REPLACEMENT_PERMILLE + 999n) / 1_000n, fee_wei + 1n)
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

import { BIGINT, BLOB, type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type Channel, type ChannelKey, Channels, compareText, raiseChannels } from './channels.ts'
import { endHeldFees, type HeldFees } from './held-fees.ts'
import type { Policy } from './policy.ts'
import type { Sales } from './sales.ts'
import { Takings } from './takings.ts'

const usesOfEpoch = readSql(new URL('./uses-of-epoch.sql', import.meta.url))
const PAGE_INFERENCES = 20_000

export interface Balance {
  readonly payer: string
  readonly token: string
  readonly amount: bigint
}

/** What payers have there, and what of it they promised. */
export interface Purses {
  readonly balances: readonly Balance[]
  readonly channels: readonly Channel[]
}

/**
 * What became of a fee: taken; taken and held, because no licence covers the use; signed for by the payer, but not there; only said by
 * who reported the use; or taken back by who reported it.
 */
export type FeeStatus = 'funded' | 'outside' | 'unfunded' | 'reported' | 'void'

/**
 * Takes the fees of an epoch's inferences from what their payers deposited and signed for, in accept order (docs/formats.md#settlement
 * rule 2), and the prices of accepted offers and the bonds of disputes among them (see {@link Takings}). Writes `funded`: one row for each inference whose fee was
 * taken, `held_fee`: one for each whose fee was taken and is held, and `not_funded`: one for each other one, with its status. Then
 * held fees are released or given back. Runs inside the caller's transaction.
 *
 * @param policy  in force; undefined: nothing says how a fee is divided, so nothing is taken
 * @returns       balances afterwards, ascending by (payer, token), without those of 0; channels, none is ever left out; what is held
 */
export async function fundFees(
  warehouse: Database,
  epoch: number,
  before: Purses,
  policy: Policy | undefined,
): Promise<Purses & { readonly outside: readonly HeldFees[] }> {
  const balances = new Map(before.balances.map(({ payer, token, amount }) => [payer + token, amount]))
  const deposits = await warehouse.all<{ payer: string; token: string; amount: bigint }>(
    'SELECT payer, token, sum(amount)::HUGEINT AS amount FROM deposit WHERE epoch = $epoch GROUP BY payer, token',
    { epoch },
  )
  for (const { payer, token, amount } of deposits)
    balances.set(payer + token, (balances.get(payer + token) ?? 0n) + amount)
  const channels = new Channels(before.channels)
  await raiseChannels(warehouse, epoch, channels)
  await takeFees(warehouse, epoch, policy, { balances, channels })
  const { refunds, outside } = await endHeldFees(warehouse, epoch, policy)
  for (const refund of refunds) {
    const key = refund.payer + refund.token
    balances.set(key, (balances.get(key) ?? 0n) + refund.fees)
    channels.giveBack(refund, refund.fees)
  }
  return {
    balances: [...balances]
      .filter(([, amount]) => amount > 0n)
      .map(([key, amount]) => ({
        payer: key.slice(0, key.length / 2),
        token: key.slice(key.length / 2),
        amount,
      }))
      .sort((a, b) => compareText(a.payer, b.payer) || compareText(a.token, b.token)),
    channels: channels.sorted(),
    outside,
  }
}

interface OpenPurses {
  readonly balances: Map<string, bigint>
  readonly channels: Channels
}

async function takeFees(
  warehouse: Database,
  epoch: number,
  policy: Policy | undefined,
  purses: OpenPurses,
): Promise<void> {
  const takings = await Takings.open(warehouse, epoch)
  for (let after = -1n; ; ) {
    const page = await warehouse.all<Use>(usesOfEpoch, { epoch, after, page: PAGE_INFERENCES })
    const last = page.at(-1)
    if (last === undefined) return takings.takeBefore(undefined, purses.balances)
    const funded: DuckDBValue[][] = []
    const held: DuckDBValue[][] = []
    const notFunded: DuckDBValue[][] = []
    for (const use of page) {
      const { inference, ordinal, fee } = use
      if (takings.isDueBefore(ordinal)) await takings.takeBefore(ordinal, purses.balances)
      const status = takeFee(purses, use, policy, isOutside(use, takings.sales))
      if (status === 'funded')
        funded.push([inference, epoch, epoch + policy!.featureWaitEpochs, policy!.dataParts, ordinal, fee])
      else if (status === 'outside') held.push([inference, epoch, epoch + policy!.outsideWaitEpochs, fee])
      else notFunded.push([inference, epoch, status, fee])
    }
    await warehouse.append('funded', [BLOB, INTEGER, INTEGER, INTEGER, BIGINT, HUGEINT], funded)
    await warehouse.append('held_fee', [BLOB, INTEGER, INTEGER, HUGEINT], held)
    await warehouse.append('not_funded', [BLOB, INTEGER, VARCHAR, HUGEINT], notFunded)
    after = last.ordinal
  }
}

type Use = ChannelKey & {
  readonly ordinal: bigint
  readonly inference: DuckDBValue
  /** That stands. */
  readonly fee: bigint
  readonly is_void: boolean
  readonly voucher: bigint
  readonly agent: string
  readonly commercial: boolean
  readonly price_list: string
  /** No licence covers it that was there when the epoch was closed. */
  readonly model_outside: boolean
  readonly agent_outside: boolean
  /** That it retrieved from; null: none. */
  readonly datasets_outside: { readonly items: readonly string[] } | null
  /** Of a use that something of is outside. */
  readonly effective_ms: bigint
}

/** Of what no licence covered, something is not covered by one that was bought in this epoch either. */
function isOutside(use: Use, sales: Sales): boolean {
  const { ordinal, payer, commercial, price_list: priceList, effective_ms: effectiveMs } = use
  const isCovered = (asset: string, as: 'infer' | 'retrieve') =>
    sales.cover(asset, { payer, commercial, priceList, as }, { ordinal, effectiveMs })
  return (
    (use.model_outside && !isCovered(use.model, 'infer')) ||
    (use.agent_outside && !isCovered(use.agent, 'infer')) ||
    (use.datasets_outside?.items ?? []).some((dataset) => !isCovered(dataset, 'retrieve'))
  )
}

/** Nothing is ever taken that its payer did not sign for. */
function takeFee(
  { balances, channels }: OpenPurses,
  use: Use,
  policy: Policy | undefined,
  isOutside: boolean,
): FeeStatus {
  const { fee, voucher } = use
  if (use.is_void) return 'void'
  if (!channels.covers(use, voucher, fee)) return 'reported'
  const key = use.payer + use.token
  const balance = balances.get(key) ?? 0n
  if (policy === undefined || fee === 0n || fee > balance) return 'unfunded'
  balances.set(key, balance - fee)
  channels.spend(use, fee)
  return isOutside ? 'outside' : 'funded'
}

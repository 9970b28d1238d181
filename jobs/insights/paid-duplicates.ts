import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import { placeContributions } from '../attribution/features/clusters.ts'

const paidDuplicates = readSql(new URL('./paid-duplicates.sql', import.meta.url))

interface ContributionName {
  readonly account: Address
  readonly batchId: string
  readonly index: number
}

/** A contribution that was paid although an earlier one that it equals or is near was paid too. */
export interface PaidDuplicate extends ContributionName {
  /** The earliest of those, by priority as it is now. */
  readonly of: ContributionName
  /** Whole millionths. */
  readonly similarity: number
  readonly measure: string
  /** Epochs that paid it. */
  readonly epochs: readonly number[]
  /** Its part, by value, of what its account was paid in those epochs; atoms, rounded down. */
  readonly paid: bigint
}

/** The same by pairs of accounts, which may be one and the same account. */
interface AccountPair {
  readonly account: Address
  readonly of: Address
  readonly contributions: number
  readonly paid: bigint
}

/** What a token was paid for near duplicates of a model, in all settled periods. */
export interface PaidDuplicates {
  readonly token: Address
  readonly contributions: number
  readonly paid: bigint
  /** Most paid first. */
  readonly accounts: readonly AccountPair[]
  /** Most paid first, at most `top`. */
  readonly most: readonly PaidDuplicate[]
}

interface Row {
  readonly later: bigint
  readonly similarity: number
  readonly measure: string
  readonly account: Address
  readonly batch_id: string
  readonly item_index: number
  readonly of_account: Address
  readonly of_batch_id: string
  readonly of_item_index: number
  readonly epoch: number
  readonly value: bigint
  readonly pay: bigint
  readonly helped: bigint
}

/**
 * Money that went to near duplicates: pairs of contributions that were both paid, in one period or in different ones, and that
 * are near or equal by the evidence recorded so far under any feature map. That happens where the evidence came later: under a
 * map without a measure while another map has one, before the features of the original, before a late reveal. Nothing of it is
 * taken back.
 *
 * @param top how many contributions to name
 */
export async function paidDuplicatesOf(
  warehouse: Database,
  { model, featureMap, token }: { readonly model: string; readonly featureMap: string; readonly token: Address },
  top: number,
): Promise<PaidDuplicates> {
  const newest = await warehouse.one<{ epoch: number }>('SELECT max(epoch) AS epoch FROM epoch')
  await placeContributions(warehouse, featureMap, newest!.epoch)
  const found = new Map<bigint, PaidDuplicate>()
  for (const row of await warehouse.all<Row>(paidDuplicates, { model, token })) {
    const before = found.get(row.later)
    found.set(row.later, {
      ...{ account: row.account, batchId: row.batch_id, index: row.item_index },
      of: { account: row.of_account, batchId: row.of_batch_id, index: row.of_item_index },
      ...{ similarity: row.similarity, measure: row.measure },
      epochs: [...(before?.epochs ?? []), row.epoch],
      paid: (before?.paid ?? 0n) + (row.pay * row.value) / row.helped,
    })
  }
  const all = [...found.values()].sort(byPaid)
  return {
    token,
    contributions: all.length,
    paid: all.reduce((sum, { paid }) => sum + paid, 0n),
    accounts: accountPairs(all),
    most: all.slice(0, top),
  }
}

function accountPairs(duplicates: readonly PaidDuplicate[]): AccountPair[] {
  const pairs = new Map<string, AccountPair>()
  for (const { account, of, paid } of duplicates) {
    const key = `${account}/${of.account}`
    const before = pairs.get(key) ?? { account, of: of.account, contributions: 0, paid: 0n }
    pairs.set(key, { ...before, contributions: before.contributions + 1, paid: before.paid + paid })
  }
  return [...pairs.values()].sort(byPaid)
}

function byPaid(a: { readonly paid: bigint }, b: { readonly paid: bigint }): number {
  return a.paid > b.paid ? -1 : a.paid < b.paid ? 1 : 0
}

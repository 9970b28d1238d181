import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, toHex } from '../../schemas/ids.ts'
import { rankBatches } from '../attribution/features/clusters.ts'
import { type DisputeView, disputesOf } from '../disputes/disputes.ts'
import { type Claim, claimsOf } from './claims.ts'
import { ALL_EPOCHS, type EpochRange, type StatementEpoch, statementEpochs } from './epochs.ts'
import { type ErasedItems, erasedOf } from './erased.ts'
import { type Finding, findingsOf } from './findings.ts'
import { type OwnedAsset, ownedBy, type PaidFor } from './owned.ts'
import { type Paying, payingOf } from './paying.ts'

export interface StatementItem {
  readonly batchId: string
  readonly index: number
  readonly contentHash: string
  /** Influence on the paid uses of the period, a whole number without a unit. Influence, not payment. */
  readonly value: bigint
}

/** Why a contribution may be taken for a copy: what the extractor of a feature map said of it. */
export interface StatementEvidence {
  readonly batchId: string
  readonly index: number
  readonly of: { readonly batchId: string; readonly index: number }
  /** Whole millionths. */
  readonly similarity: number
  readonly measure: string
}

/** A settlement told to a person. */
export interface Statement {
  readonly account: Address
  /** What it owns a share of, or did. */
  readonly owns: readonly OwnedAsset[]
  readonly contributions: number
  /** Of these, copies of what was there before: they earn nothing. */
  readonly duplicates: number
  /** Contributions that are near another one before them, as an extractor said. */
  readonly near: number
  /** What of them was ordered to be erased. */
  readonly erased: readonly ErasedItems[]
  /** Of what is near the most similar ones, most similar first. */
  readonly evidence: readonly StatementEvidence[]
  readonly epochs: readonly StatementEpoch[]
  /** Paid out since the first epoch, and what is owed and too little to be paid so far. */
  readonly totals: readonly { readonly token: string; readonly cumulative: bigint; readonly small: bigint }[]
  /** What adjustments found and nobody has paid yet. */
  readonly claims: readonly Claim[]
  /** What the adjustments of these epochs found: rows `adjustment` and `netted` come of it. */
  readonly findings: readonly Finding[]
  /** What was earned in these epochs, by cause; over all epochs the sum of both totals. */
  readonly paidByKind: readonly PaidFor[]
  readonly helped: readonly StatementItem[]
  readonly hurt: readonly StatementItem[]
  /** Null for an account that never deposited, signed a voucher or was named as a payer. */
  readonly paying: Paying | null
  /** Disputes that it opened, or of its lines; newest first. */
  readonly disputes: readonly DisputeView[]
}

export class AccountUnknownError extends TallyError {
  override readonly code = 'ACCOUNT_UNKNOWN'
  constructor(facts: { account: string }) {
    super(`Nothing is known of account ${facts.account}.`, {
      facts,
      hint: 'It has no accepted contribution, owns nothing, has no settlement line in a closed epoch, and pays for nothing. `tally epoch status` shows what was rejected and why.',
    })
  }
}

const nearEvidence = readSql(new URL('./near-evidence.sql', import.meta.url))
const ITEMS_SHOWN = 5

/**
 * Everything that is settled for an account, and what explains it.
 *
 * @param range what was earned and paid in these epochs, and totals and influence as of their end; ownership, contributions
 *              and paying are as of now. Default: all
 * @throws AccountUnknownError
 */
export async function statementOf(
  warehouse: Database,
  account: Address,
  range: EpochRange = ALL_EPOCHS,
): Promise<Statement> {
  const { to } = range
  const contributions = await countItems(warehouse, account)
  const epochs = await statementEpochs(warehouse, account, range)
  const ownership = await ownedBy(warehouse, account, range)
  const paying = (await payingOf(warehouse, account)) ?? null
  const totals = await warehouse.all<{ token: string; cumulative: bigint; small: bigint }>(
    `SELECT token, cumulative, small FROM account_total
     WHERE account = $account AND epoch = (SELECT max(epoch) FROM account_total WHERE epoch <= $to) ORDER BY token`,
    { account, to },
  )
  if (
    contributions.items === 0 &&
    ownership.owns.length === 0 &&
    paying === null &&
    !(await hasEarned(warehouse, account))
  )
    throw new AccountUnknownError({ account })
  return {
    account,
    ...ownership,
    contributions: contributions.items,
    duplicates: contributions.duplicates,
    ...(await evidenceOf(warehouse, account)),
    erased: await erasedOf(warehouse, account, to),
    epochs,
    totals,
    claims: await claimsOf(warehouse, account),
    findings: await findingsOf(warehouse, account, range),
    helped: await itemsOf(warehouse, account, to, 'DESC'),
    hurt: await itemsOf(warehouse, account, to, 'ASC'),
    paying,
    disputes: await disputesOf(warehouse, account),
  }
}

async function hasEarned(warehouse: Database, account: Address): Promise<boolean> {
  const row = await warehouse.one('SELECT 1 FROM account_total WHERE account = $account LIMIT 1', { account })
  return row !== undefined
}

async function countItems(warehouse: Database, account: Address): Promise<{ items: number; duplicates: number }> {
  const row = await warehouse.one<{ items: bigint; duplicates: bigint | null }>(
    `WITH newest AS (SELECT model, token, duplicates, epoch FROM score WHERE account = $account ORDER BY epoch DESC LIMIT 1)
     SELECT (SELECT count(*) FROM contribution WHERE account = $account) AS items, (SELECT duplicates FROM newest)::BIGINT AS duplicates`,
    { account },
  )
  return { items: Number(row?.items ?? 0n), duplicates: Number(row?.duplicates ?? 0n) }
}

interface Evidence {
  readonly near: number
  readonly evidence: readonly StatementEvidence[]
}

async function evidenceOf(warehouse: Database, account: Address): Promise<Evidence> {
  await rankBatches(warehouse)
  const rows = await warehouse.all(nearEvidence, { account, top: ITEMS_SHOWN })
  const evidence = rows.map((row) => ({
    batchId: row.batch_id as string,
    index: row.item_index as number,
    of: { batchId: row.of_batch_id as string, index: row.of_index as number },
    similarity: row.similarity as number,
    measure: row.measure as string,
  }))
  return { near: Number((rows[0]?.found as bigint | undefined) ?? 0n), evidence }
}

/** An item that was paid for in several periods of the epoch is named once, by the one in which it moved most. */
async function itemsOf(
  warehouse: Database,
  account: Address,
  to: number,
  order: 'ASC' | 'DESC',
): Promise<StatementItem[]> {
  const rows = await warehouse.all(
    `SELECT b.batch_id, v.item_index, c.content_hash, v.value
     FROM item_value AS v
     JOIN contribution AS c USING (batch, item_index)
     JOIN contribution_batch AS b USING (batch)
     WHERE c.account = $account AND v.epoch = (SELECT max(epoch) FROM item_value WHERE epoch <= $to) AND v.value ${order === 'ASC' ? '<' : '>'} 0
     QUALIFY row_number() OVER (PARTITION BY v.batch, v.item_index ORDER BY v.value ${order}, v.model, v.token) = 1
     ORDER BY v.value ${order}, b.batch_id, v.item_index LIMIT ${ITEMS_SHOWN}`,
    { account, to },
  )
  return rows.map((row) => ({
    batchId: row.batch_id as string,
    index: row.item_index as number,
    contentHash: toHex(fromBlob(row.content_hash)),
    value: row.value as bigint,
  }))
}

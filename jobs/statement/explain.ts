import { BLOB, INTEGER, LIST, listValue } from '@duckdb/node-api'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, toHex } from '../../schemas/ids.ts'
import { PARTS_WHOLE } from '../attribution/channels/weights.ts'
import { explainInferences } from '../attribution/explain/explain-inferences.ts'
import type { EventInfluence } from '../attribution/explain/rank-items.ts'
import type { FeeStatus } from '../funding/fund-fees.ts'
import { type DataChannel, type Policy, policyInForce } from '../funding/policy.ts'
import { apportion } from '../settlement/apportion.ts'
import { splitData } from '../settlement/pools.ts'
import { type CorrectionOfUse, correctionsOf, lateTimeOf } from './corrections.ts'
import { type DataFate, dataFateOf } from './data-fate.ts'
import { type CitedItem, citedItems, type TakenUse, takenBy } from './retrieved.ts'
import { type ToldPeriod, ToldPeriods } from './told-periods.ts'

const feeStatus = readSql(new URL('./fee-status.sql', import.meta.url))
const itemPlaces = readSql(new URL('./item-places.sql', import.meta.url))

export interface ExplainedItem {
  readonly account: Address
  readonly batchId: string
  readonly index: number
  readonly contentHash: string
  /** Relative to the strongest item of the answer: 1 for that one. Influence, not payment. */
  readonly influence: number
}

/** In the order in which a policy divides a fee. */
const FEE_PARTS = ['data', 'model', 'upstream', 'agent', 'outcome', 'infrastructure', 'treasury'] as const
type FeePart = (typeof FEE_PARTS)[number]

/** Why an answer paid whom. */
export interface Explanation {
  readonly inference: { readonly source: string; readonly id: string; readonly inputHash: string }
  readonly epoch: number
  readonly model: string
  readonly token: string
  /** As it was recorded. */
  readonly fee: bigint
  /** What of the fee was taken, is held, or was asked for in vain; while it is undecided, as it was recorded. */
  readonly counts: bigint
  /** The first one first. Those accepted after its fee was taken move nothing but by an adjustment. */
  readonly corrections: readonly CorrectionOfUse[]
  /** The time that its producer gave it, when that lies before the cut of the epoch before its own. */
  readonly lateTime: string | null
  /** What became of the fee; undecided until its epoch is attributed. Corrected: it was held, and nothing is left of it. */
  readonly status: FeeStatus | 'refunded' | 'corrected' | 'undecided'
  /** In which epoch it was funded, held or given back; null while it is undecided. */
  readonly statusEpoch: number | null
  /** How the policy divides what counts of the fee; those above 0. Of what goes upstream, what nobody was promised is the model's. */
  readonly parts: readonly { readonly kind: FeePart; readonly amount: bigint }[]
  /** What became of the data part: paid, or where it is, and until when. */
  readonly data: DataFate
  /**
   * This use's part, by its fee, of what its period paid to contributors; null when no period has paid for it (yet). It is not
   * the data part to the unit: a period may carry some of its pool on, or have had some carried in.
   */
  readonly paid: bigint | null
  /**
   * `paid`, apportioned over the accounts that the period paid, by their influence on this one answer; Σ = paid exactly. The
   * period pays by the sum over all answers, so this is a way to look at it and no line of a settlement.
   */
  readonly accounts: readonly { readonly account: Address; readonly apportioned: bigint }[]
  readonly items: readonly ExplainedItem[]
  /** By which channel its data part is divided; null: by none (yet). */
  readonly channel: DataChannel | null
  /** What was retrieved for it, the best first. */
  readonly retrieved: readonly CitedItem[]
}

export class InferenceUnknownError extends TallyError {
  override readonly code = 'INFERENCE_UNKNOWN'
  constructor(facts: { id: string }) {
    super(`No accepted inference has the id ${JSON.stringify(facts.id)}.`, {
      facts,
      hint: 'Its epoch may not be closed yet, or the record was rejected: see `tally epoch status`.',
    })
  }
}

/** Scores are scaled to so many bits before money is divided by them. */
const WEIGHT_BITS = 40

/**
 * Explains inferences of one model: the fee's parts, the accounts behind the answer, the contributions that pulled most.
 *
 * @param ids `ce_id`s of accepted inferences
 * @throws InferenceUnknownError
 */
export async function explain(warehouse: Database, ids: readonly string[], top: number): Promise<Explanation[]> {
  const uses: Use[] = []
  const periods = new ToldPeriods(warehouse)
  for (const id of ids) uses.push(...(await usesOf(warehouse, periods, id)))
  const influences = await influencesOf(warehouse, uses, top)
  const explanations: Explanation[] = []
  for (const [index, use] of uses.entries()) explanations.push(await explainUse(warehouse, use, influences[index]))
  return explanations
}

interface InferenceRow {
  readonly inference: unknown
  readonly source: string
  readonly event_id: string
  readonly model: string
  readonly token: string
  readonly fee: bigint
  readonly input_hash: unknown
  readonly epoch: number
  /** Empty: none. */
  readonly agent: string
  readonly feature_map: string | null
  readonly feature_rank: number
  readonly classes: number
  readonly checkpoints: number
}

/** A use, what became of its fee, and the period that paid for it if one did. */
interface Use extends InferenceRow {
  readonly status: Explanation['status']
  readonly statusEpoch: number | null
  readonly counts: bigint
  readonly corrections: readonly CorrectionOfUse[]
  readonly lateTime: string | null
  /** The last epoch in which its features count; null: its fee was not taken. */
  readonly featuresUntil: number | null
  readonly period: ToldPeriod | undefined
  readonly paidBy: PaidPeriod | undefined
  readonly taken: TakenUse['taken']
}

async function usesOf(warehouse: Database, periods: ToldPeriods, id: string): Promise<Use[]> {
  const rows = await warehouse.all<InferenceRow>(
    `SELECT i.*, m.feature_map, m.feature_rank, m.classes, m.checkpoints
     FROM inference AS i LEFT JOIN feature_map AS m ON m.model = i.model
     WHERE i.event_id = $id ORDER BY i.epoch, i.ordinal`,
    { id },
  )
  if (rows.length === 0) throw new InferenceUnknownError({ id })
  const uses: Use[] = []
  for (const row of rows) {
    const inference = toBlob(fromBlob(row.inference))
    const found = await warehouse.one<{ status: Explanation['status']; epoch: number; fee: bigint }>(feeStatus, {
      inference,
    })
    const taken = await takenBy(warehouse, inference)
    const funded = await warehouse.one<{ features_until: number }>(
      'SELECT features_until FROM funded WHERE inference = $inference',
      { inference },
    )
    // It belongs to the period of the epoch in which its features took it (docs/formats.md#channels).
    const period = taken?.channel === 'features' ? await periods.ofUse(row, taken.epoch) : undefined
    uses.push({
      ...row,
      ...{ status: found?.status ?? 'undecided', statusEpoch: found?.epoch ?? null, counts: found?.fee ?? row.fee },
      ...{ corrections: await correctionsOf(warehouse, inference), lateTime: await lateTimeOf(warehouse, inference) },
      ...{ taken, featuresUntil: funded?.features_until ?? null },
      ...{ period, paidBy: paidBy(period) },
    })
  }
  return uses
}

/** In the order of the uses; those of one feature map and cut share a factor. */
async function influencesOf(
  warehouse: Database,
  uses: readonly Use[],
  top: number,
): Promise<(EventInfluence | undefined)[]> {
  const groups = new Map<string, number[]>()
  for (const [index, use] of uses.entries()) {
    if (use.feature_map === null) continue
    const key = `${cutOf(use)}/${use.feature_map}`
    groups.set(key, [...(groups.get(key) ?? []), index])
  }
  const influences: (EventInfluence | undefined)[] = uses.map(() => undefined)
  for (const indexes of groups.values()) {
    const use = uses[indexes[0]!]!
    const found = await explainInferences({
      warehouse,
      epoch: cutOf(use),
      featureMap: use.feature_map!,
      shape: { rank: use.feature_rank, classes: use.classes, checkpointCount: use.checkpoints },
      inferences: indexes.map((index) => fromBlob(uses[index]!.inference)),
      top,
    })
    for (const [place, index] of indexes.entries()) influences[index] = found[place]
  }
  return influences
}

/** The contributions that were paid for it, or that were there when it happened. */
function cutOf({ paidBy, epoch }: Use): number {
  return paidBy?.epoch ?? epoch
}

async function explainUse(warehouse: Database, use: Use, influence: EventInfluence | undefined): Promise<Explanation> {
  const policy = await policyInForce(warehouse, use.statusEpoch ?? use.epoch)
  const parts = policy === undefined ? [] : feeParts(use, policy)
  const fundedEpoch = use.status === 'funded' ? use.statusEpoch : null
  const cited = { inference: toBlob(fromBlob(use.inference)), fundedEpoch, taken: use.taken }
  const data = parts.find(({ kind }) => kind === 'data')?.amount ?? 0n
  const told =
    use.taken?.channel === 'text' && policy !== undefined ? await paidByText(warehouse, cited, data, policy) : undefined
  const paid = told === undefined ? (use.paidBy === undefined ? null : paidFor(use.counts, use.paidBy)) : sumOf(told)
  return {
    inference: { source: use.source, id: use.event_id, inputHash: toHex(fromBlob(use.input_hash)) },
    epoch: use.epoch,
    model: use.model,
    token: use.token,
    fee: use.fee,
    counts: use.counts,
    corrections: use.corrections,
    lateTime: use.lateTime,
    status: use.status,
    statusEpoch: use.statusEpoch,
    parts,
    data: await dataOf(warehouse, use, parts),
    paid,
    accounts:
      told ??
      (paid === null || influence === undefined
        ? []
        : apportionAccounts(paid, influence.accounts, await paidAccounts(warehouse, use, use.paidBy!.epoch))),
    items: await describeItems(warehouse, influence?.items ?? []),
    channel: use.taken?.channel ?? null,
    retrieved: await citedItems(warehouse, cited, data, policy, use.epoch),
  }
}

/** What accounts have of a use that texts divide; the most first. */
async function paidByText(
  warehouse: Database,
  { inference }: TakenUse,
  data: bigint,
  policy: Policy,
): Promise<Explanation['accounts']> {
  const rows = await warehouse.all<{ account: Address; weight: number; retrieved: boolean }>(
    `SELECT w.account, w.weight, t.retrieved FROM channel_weight AS w JOIN channel_use AS t USING (inference, channel, epoch)
     WHERE w.inference = $inference AND w.channel = 'text' ORDER BY w.weight DESC, w.account`,
    { inference },
  )
  if (rows.length === 0) return []
  const { rest } = splitData(data, rows[0]!.retrieved, policy)
  const left = PARTS_WHOLE - rows.reduce((sum, { weight }) => sum + weight, 0)
  const amounts = apportion(rest, [...rows.map(({ weight }) => BigInt(weight)), BigInt(left)])
  return rows.map(({ account }, index) => ({ account, apportioned: amounts[index]! }))
}

function sumOf(accounts: Explanation['accounts']): bigint {
  return accounts.reduce((sum, { apportioned }) => sum + apportioned, 0n)
}

async function dataOf(warehouse: Database, use: Use, parts: Explanation['parts']): Promise<DataFate> {
  const row = await warehouse.one<{ epoch: number | null }>(
    'SELECT max(epoch) AS epoch FROM epoch WHERE settlement_json IS NOT NULL',
  )
  const settled = row?.epoch ?? 0
  const policy = settled === 0 ? undefined : await policyInForce(warehouse, settled)
  if (policy === undefined) return { state: 'none' }
  const amount = parts.find(({ kind }) => kind === 'data')?.amount ?? 0n
  return dataFateOf({ ...use, amount }, { ...policy, settled })
}

/** The parts of a fee that are above 0; without an agent its two are the model's. */
function feeParts({ counts: fee, agent }: Use, policy: Policy): Explanation['parts'] {
  const amounts = apportion(
    fee,
    FEE_PARTS.map((kind) => BigInt(policy[`${kind}Parts`])),
  )
  const sums = new Map<FeePart, bigint>()
  for (const [index, part] of FEE_PARTS.entries()) {
    const kind = agent === '' && (part === 'agent' || part === 'outcome') ? 'model' : part
    sums.set(kind, (sums.get(kind) ?? 0n) + amounts[index]!)
  }
  return [...sums].filter(([, amount]) => amount > 0n).map(([kind, amount]) => ({ kind, amount }))
}

/** The period that a use belongs to, as its manifest tells it, when it paid. */
interface PaidPeriod {
  readonly epoch: number
  /** Σ fee of its uses. */
  readonly fees: bigint
  /** What the accounts were paid. */
  readonly paid: bigint
}

function paidBy(period: ToldPeriod | undefined): PaidPeriod | undefined {
  if (period?.state !== 'paid' || period.paid === '0') return undefined
  return { epoch: period.toldIn, fees: BigInt(period.fees), paid: BigInt(period.paid) }
}

/** A use's part, by its fee, of what its period paid to contributors: all of them together come to no more than that. */
function paidFor(fee: bigint, { fees, paid }: PaidPeriod): bigint {
  return (fee * paid) / fees
}

/** What each account was paid by that period. */
function paidAccounts(warehouse: Database, { model, token }: InferenceRow, epoch: number): Promise<PaidAccount[]> {
  return warehouse.all<PaidAccount>(
    `SELECT account, pay FROM score WHERE epoch = $epoch AND model = $model AND token = $token AND pay > 0
     ORDER BY account`,
    { epoch, model, token },
  )
}

interface PaidAccount {
  readonly account: string
  readonly pay: bigint
}

/** By influence on the answer; by what the period paid when no paid account had any. Σ = amount exactly. */
function apportionAccounts(
  amount: bigint,
  scores: ReadonlyMap<string, number>,
  paid: readonly PaidAccount[],
): Explanation['accounts'] {
  const positive = paid.map(({ account }) => Math.max(0, scores.get(account) ?? 0))
  const largest = positive.reduce((most, score) => Math.max(most, score), 0)
  const weights =
    largest === 0
      ? paid.map(({ pay }) => pay)
      : positive.map((score) => BigInt(Math.round((score / largest) * 2 ** WEIGHT_BITS)))
  const amounts = apportion(amount, weights)
  return paid
    .map(({ account }, index) => ({ account: account as Address, apportioned: amounts[index]! }))
    .sort((a, b) => (a.apportioned > b.apportioned ? -1 : a.apportioned < b.apportioned ? 1 : 0))
}

async function describeItems(warehouse: Database, items: EventInfluence['items']): Promise<ExplainedItem[]> {
  if (items.length === 0) return []
  const places = await warehouse.all<{ batch: unknown; item_index: number; batch_id: string; content_hash: unknown }>(
    itemPlaces,
    {
      batches: listValue(items.map(({ batch }) => toBlob(batch))),
      indexes: listValue(items.map(({ index }) => index)),
    },
    { batches: LIST(BLOB), indexes: LIST(INTEGER) },
  )
  const keyOf = (batch: Uint8Array, index: number) => `${toHex(batch)}/${index}`
  const found = new Map(places.map((place) => [keyOf(fromBlob(place.batch), place.item_index), place]))
  const strongest = items[0]!.score
  return items.map(({ account, batch, index, score }) => {
    const place = found.get(keyOf(batch, index))!
    return {
      account: account as Address,
      batchId: place.batch_id,
      index,
      contentHash: toHex(fromBlob(place.content_hash)),
      influence: strongest > 0 ? score / strongest : 0,
    }
  })
}

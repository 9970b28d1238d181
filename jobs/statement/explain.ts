import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, toHex } from '../../schemas/ids.ts'
import { type EventInfluence, explainInferences } from '../attribution/influence-factored/explain.ts'
import { withKernels } from '../attribution/kernel/open-kernels.ts'
import { policyInForce } from '../funding/policy.ts'
import { apportion } from '../settlement/apportion.ts'

export interface ExplainedItem {
  readonly account: Address
  readonly batchId: string
  readonly index: number
  readonly contentHash: string
  /** Relative to the strongest item of the answer: 1 for that one. Influence, not payment. */
  readonly influence: number
}

/** Why an answer paid whom. */
export interface Explanation {
  readonly inference: { readonly source: string; readonly id: string; readonly inputHash: string }
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly fee: bigint
  readonly funded: boolean
  /** How the policy divides the fee. */
  readonly parts: readonly {
    readonly kind: 'data' | 'model' | 'infrastructure' | 'treasury'
    readonly amount: bigint
  }[]
  /**
   * The data part, apportioned over the accounts that its period pays, by their influence on this one answer. The period pays by
   * the sum over all answers, so this is a way to look at it and no line of a settlement. Empty while the period is held.
   */
  readonly accounts: readonly { readonly account: Address; readonly apportioned: bigint }[]
  readonly items: readonly ExplainedItem[]
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
  const rows: InferenceRow[] = []
  for (const id of ids) rows.push(...(await inferenceRows(warehouse, id)))
  const influences = await influencesOf(warehouse, rows, top)
  const explanations: Explanation[] = []
  for (const [index, row] of rows.entries()) explanations.push(await explainRow(warehouse, row, influences[index]))
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
  readonly funded: boolean
  readonly feature_map: string | null
  readonly feature_rank: number
  readonly classes: number
  readonly checkpoints: number
}

async function inferenceRows(warehouse: Database, id: string): Promise<InferenceRow[]> {
  const rows = await warehouse.all<InferenceRow>(
    `SELECT i.*, p.inference IS NOT NULL AS funded, m.feature_map, m.feature_rank, m.classes, m.checkpoints
     FROM inference AS i LEFT JOIN funded AS p USING (inference) LEFT JOIN feature_map AS m ON m.model = i.model
     WHERE i.event_id = $id ORDER BY i.epoch, i.ordinal`,
    { id },
  )
  if (rows.length === 0) throw new InferenceUnknownError({ id })
  return rows
}

/** In the order of the rows; those of one feature map and epoch share a factor. */
async function influencesOf(
  warehouse: Database,
  rows: readonly InferenceRow[],
  top: number,
): Promise<(EventInfluence | undefined)[]> {
  const groups = new Map<string, number[]>()
  for (const [index, row] of rows.entries()) {
    if (row.feature_map === null) continue
    const key = `${row.epoch}/${row.feature_map}`
    groups.set(key, [...(groups.get(key) ?? []), index])
  }
  const influences: (EventInfluence | undefined)[] = rows.map(() => undefined)
  for (const indexes of groups.values()) {
    const { epoch, feature_map, feature_rank, classes, checkpoints } = rows[indexes[0]!]!
    const found = await withKernels((kernels) =>
      explainInferences({
        warehouse,
        kernels,
        epoch,
        featureMap: feature_map!,
        shape: { rank: feature_rank, classes, checkpointCount: checkpoints },
        inferences: indexes.map((index) => fromBlob(rows[index]!.inference)),
        top,
      }),
    )
    for (const [place, index] of indexes.entries()) influences[index] = found[place]
  }
  return influences
}

async function explainRow(
  warehouse: Database,
  row: InferenceRow,
  influence: EventInfluence | undefined,
): Promise<Explanation> {
  const policy = await policyInForce(warehouse, row.epoch)
  const kinds = ['data', 'model', 'infrastructure', 'treasury'] as const
  const amounts =
    policy === undefined
      ? []
      : apportion(
          row.fee,
          kinds.map((kind) => BigInt(policy[`${kind}Parts`])),
        )
  const strongest = influence?.items[0]?.score ?? 0
  const items: ExplainedItem[] = []
  for (const item of influence?.items ?? []) {
    items.push({
      account: item.account as Address,
      ...(await placeOf(warehouse, item.batch, item.index)),
      index: item.index,
      influence: strongest > 0 ? item.score / strongest : 0,
    })
  }
  return {
    inference: { source: row.source, id: row.event_id, inputHash: toHex(fromBlob(row.input_hash)) },
    epoch: row.epoch,
    model: row.model,
    token: row.token,
    fee: row.fee,
    funded: row.funded,
    parts: amounts.map((amount, index) => ({ kind: kinds[index]!, amount })),
    accounts:
      influence === undefined
        ? []
        : apportionAccounts(amounts[0] ?? 0n, influence.accounts, await paidAccounts(warehouse, row)),
    items,
  }
}

/** Accounts that the period of this inference paid. */
async function paidAccounts(warehouse: Database, { epoch, model, token }: InferenceRow): Promise<string[]> {
  const rows = await warehouse.all<{ account: string }>(
    `SELECT account FROM score WHERE model = $model AND token = $token AND pay > 0 AND epoch = (
       SELECT min(epoch) FROM score WHERE model = $model AND token = $token AND pay > 0 AND epoch >= $epoch)
     ORDER BY account`,
    { epoch, model, token },
  )
  return rows.map(({ account }) => account)
}

function apportionAccounts(
  amount: bigint,
  scores: ReadonlyMap<string, number>,
  paid: readonly string[],
): Explanation['accounts'] {
  const positive = paid.map((account) => Math.max(0, scores.get(account) ?? 0))
  const largest = Math.max(0, ...positive)
  const weights = positive.map((score) =>
    largest === 0 ? 0n : BigInt(Math.round((score / largest) * 2 ** WEIGHT_BITS)),
  )
  const amounts = apportion(amount, weights)
  return paid
    .map((account, index) => ({ account: account as Address, apportioned: amounts[index]! }))
    .sort((a, b) => (a.apportioned > b.apportioned ? -1 : a.apportioned < b.apportioned ? 1 : 0))
}

async function placeOf(
  warehouse: Database,
  batch: Uint8Array,
  index: number,
): Promise<{ batchId: string; contentHash: string }> {
  const row = await warehouse.one(
    `SELECT b.batch_id, c.content_hash FROM contribution AS c JOIN contribution_batch AS b USING (batch)
     WHERE lower(hex(c.batch)) = $batch AND c.item_index = $index`,
    { batch: toHex(batch).slice(2), index },
  )
  return { batchId: row!.batch_id as string, contentHash: toHex(fromBlob(row!.content_hash)) }
}

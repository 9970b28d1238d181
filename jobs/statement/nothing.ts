import type { ManifestPeriod } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address } from '../../schemas/ids.ts'
import { loadState, movedOf } from '../carry-state.ts'
import type { SettlementDraft } from '../settlement/settle-epoch.ts'
import type { EpochRange, StatementEpoch } from './epochs.ts'
import { OWNED_KINDS } from './owned.ts'

const sql = (name: string) => readSql(new URL(name, import.meta.url))
const ownFeatures = sql('./own-features.sql')
const ownItems = sql('./own-items.sql')
const ownAssetUses = sql('./own-asset-uses.sql')

/**
 * Why something earned nothing, or why nothing of what was earned was paid.
 *
 * Contributions: `no-features`, `withdrawn`, `erased` (of all of them); under a model `unused`, `no-use-features` (its uses wait for
 * features), `too-few-uses` (its pool is still open), `expired` (its pool was given up), `not-then` (they came later than what was
 * paid), `copies`, `did-not-help`, `too-little` (less than one unit). Assets: `unused`, `unpaid`, `outside` a licence,
 * `nothing-derived`, `no-part` (the policy gives its owners nothing of these uses). Payouts: `below-minimum`, `netted`, `disputed`.
 */
type NothingReason =
  | 'no-features'
  | 'withdrawn'
  | 'erased'
  | 'unused'
  | 'no-use-features'
  | 'too-few-uses'
  | 'expired'
  | 'not-then'
  | 'copies'
  | 'did-not-help'
  | 'too-little'
  | 'unpaid'
  | 'outside'
  | 'nothing-derived'
  | 'no-part'
  | 'below-minimum'
  | 'netted'
  | 'disputed'

export interface Nothing {
  readonly of: 'contributions' | 'asset' | 'payout'
  readonly reason: NothingReason
  /** The model, or the asset that is owned; null: of all. */
  readonly asset: string | null
  /** Null: in any. */
  readonly token: string | null
  /** Contributions, or uses, that it is about; null where none are counted. */
  readonly count: number | null
  /** What waits, was given up, carried or deducted; null where it is about no sum. */
  readonly amount: bigint | null
}

/**
 * Why an account earned nothing where it might have: for its contributions under each model, for each asset that it owns, and of
 * what it earned in each token.
 *
 * @param epochs what it earned in the range
 */
export async function nothingFor(
  warehouse: Database,
  account: Address,
  range: EpochRange,
  epochs: readonly StatementEpoch[],
): Promise<Nothing[]> {
  return [
    ...(await ofContributions(warehouse, account, range, epochs)),
    ...(await ofAssets(warehouse, account, range, epochs)),
    ...ofPayouts(epochs),
  ]
}

function nothing(
  of: Nothing['of'],
  reason: NothingReason,
  facts: Partial<Pick<Nothing, 'asset' | 'token' | 'count' | 'amount'>>,
): Nothing {
  return { of, reason, asset: null, token: null, count: null, amount: null, ...facts }
}

async function ofContributions(
  warehouse: Database,
  account: Address,
  range: EpochRange,
  epochs: readonly StatementEpoch[],
): Promise<Nothing[]> {
  const { to } = range
  const row = await warehouse.one<Record<'items' | 'withdrawn' | 'erased', bigint>>(ownItems, { account, to })
  const [items, withdrawn, erased] = [Number(row!.items), Number(row!.withdrawn), Number(row!.erased)]
  if (items === 0) return []
  const gone = erased > 0 ? 'erased' : 'withdrawn'
  const models = await warehouse.all<{ model: string; counting: bigint }>(ownFeatures, { account, to })
  if (models.length === 0) {
    if (epochs.some(({ lines }) => lines.some(({ kind }) => kind === 'data'))) return []
    const isGone = erased === items || withdrawn === items
    return [nothing('contributions', isGone ? gone : 'no-features', { count: isGone ? items : items - erased })]
  }
  const periods = await periodsIn(warehouse, range)
  const found: Nothing[] = []
  for (const { model, counting } of models) {
    const paidIn = new Set(linesOf(epochs, 'data', model).map(({ token }) => token))
    const last = [...lastByToken(periods.filter((period) => period.model === model)).values()]
    if (paidIn.size === 0 && counting === 0n) found.push(nothing('contributions', gone, { asset: model }))
    else if (last.length > 0)
      for (const period of last.filter(({ token }) => !paidIn.has(token)))
        found.push(await ofPeriod(warehouse, account, period))
    else if (paidIn.size === 0) found.push(...(await ofUsesOf(warehouse, model, range)))
  }
  return found
}

function linesOf(epochs: readonly StatementEpoch[], kind: string, asset: string) {
  return epochs.flatMap(({ lines }) => lines.filter((line) => line.kind === kind && line.asset === asset))
}

type ToldPeriod = ManifestPeriod & { readonly toldIn: number }

/** As the manifests of these epochs tell them, oldest first. */
async function periodsIn(warehouse: Database, { from, to }: EpochRange): Promise<ToldPeriod[]> {
  const rows = await warehouse.all<{ epoch: number; settlement_json: string }>(
    'SELECT epoch, settlement_json FROM epoch WHERE epoch BETWEEN $from AND $to AND settlement_json IS NOT NULL ORDER BY epoch',
    { from, to },
  )
  return rows.flatMap(({ epoch, settlement_json: json }) =>
    (JSON.parse(json) as SettlementDraft).periods.map((period) => ({ ...period, toldIn: epoch })),
  )
}

/** Of each token the last period that paid, and the last one where none did. */
function lastByToken(periods: readonly ToldPeriod[]): Map<string, ToldPeriod> {
  const last = new Map(periods.map((period) => [period.token, period]))
  for (const period of periods) if (period.state === 'paid') last.set(period.token, period)
  return last
}

async function ofPeriod(warehouse: Database, account: Address, period: ToldPeriod): Promise<Nothing> {
  const { model: asset, token, state, events, pool, toldIn } = period
  if (state === 'held')
    return nothing('contributions', 'too-few-uses', { asset, token, count: events, amount: BigInt(pool) })
  if (state === 'unattributed')
    return nothing('contributions', 'expired', { asset, token, count: events, amount: BigInt(pool) })
  const score = await warehouse.one<{ items: number; duplicates: number; s: bigint }>(
    'SELECT items, duplicates, s FROM score WHERE epoch = $epoch AND model = $model AND token = $token AND account = $account',
    { epoch: toldIn, model: asset, token, account },
  )
  if (score === undefined) return nothing('contributions', 'not-then', { asset, token, count: events })
  if (score.items === 0) return nothing('contributions', 'copies', { asset, token, count: score.duplicates })
  const reason = score.s > 0n ? 'too-little' : 'did-not-help'
  return nothing('contributions', reason, { asset, token, count: score.items })
}

/** Of a model of which no period is told: nobody paid for a use of it, or what its uses saw is not known yet. */
async function ofUsesOf(warehouse: Database, model: string, { from, to }: EpochRange): Promise<Nothing[]> {
  const row = await warehouse.one<{ uses: bigint }>(
    `SELECT count(*) AS uses FROM funded AS f JOIN inference AS i USING (inference)
     WHERE i.model = $model AND f.epoch BETWEEN $from AND $to`,
    { model, from, to },
  )
  if (row!.uses === 0n) return [nothing('contributions', 'unused', { asset: model, count: 0 })]
  const waiting = (await loadState(warehouse, to)).waiting.filter((each) => each.model === model)
  const tokens = [...new Set(waiting.map(({ token }) => token))]
  const count = Number(row!.uses)
  if (tokens.length === 0) return [nothing('contributions', 'no-use-features', { asset: model, count })]
  return tokens.map((token) => {
    const held = waiting.filter((each) => each.token === token).map((each) => BigInt(each.part) - movedOf(each))
    const amount = held.reduce((sum, each) => sum + each, 0n)
    return nothing('contributions', 'no-use-features', { asset: model, token, count, amount })
  })
}

interface OwnUses {
  readonly asset: string
  readonly kind: string
  readonly is_reused: boolean
  readonly uses: bigint
  readonly paid: bigint
  readonly outside: bigint
}

async function ofAssets(
  warehouse: Database,
  account: Address,
  { from, to }: EpochRange,
  epochs: readonly StatementEpoch[],
): Promise<Nothing[]> {
  const earned = new Set(
    epochs.flatMap(({ lines }) => lines.filter(({ kind }) => OWNED_KINDS.has(kind)).map(({ asset }) => asset)),
  )
  const rows = await warehouse.all<OwnUses>(ownAssetUses, { account, first: from, to })
  return rows.filter(({ asset }) => !earned.has(asset)).map(ofAsset)
}

function ofAsset({ asset, kind, is_reused: isReused, uses, paid, outside }: OwnUses): Nothing {
  if (paid > 0n) return nothing('asset', 'no-part', { asset, count: Number(paid) })
  if (outside > 0n) return nothing('asset', 'outside', { asset, count: Number(outside) })
  if (uses > 0n) return nothing('asset', 'unpaid', { asset, count: Number(uses) })
  return nothing('asset', kind === 'dataset' && !isReused ? 'nothing-derived' : 'unused', { asset, count: 0 })
}

/** Of tokens in which something was earned and nothing paid. */
function ofPayouts(epochs: readonly StatementEpoch[]): Nothing[] {
  const all = epochs.flatMap(({ payouts }) => payouts)
  const tokens = [...new Set(all.map(({ token }) => token))].sort()
  return tokens.flatMap((token) => {
    const own = all.filter((payout) => payout.token === token)
    if (own.some(({ paid }) => paid > 0n)) return []
    const { small } = own.at(-1)!
    const deducted = own.flatMap((payout) => payout.deducted)
    const sums = (['netted', 'disputed'] as const).map((reason) => {
      const amounts = deducted.filter(({ deduction }) => deduction === reason).map(({ amount }) => amount)
      return { reason, amount: amounts.reduce((sum, amount) => sum + amount, 0n) }
    })
    return [...sums, { reason: 'below-minimum' as const, amount: small }]
      .filter(({ amount }) => amount > 0n)
      .map(({ reason, amount }) => nothing('payout', reason, { token, amount }))
  })
}

import { sha256 } from '../../anchor/hash.ts'
import type { ManifestPeriod } from '../../anchor/manifest.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { type Address, type Hash32, toHex } from '../../schemas/ids.ts'
import type { PeriodDraft } from '../attribution/attribute-epoch.ts'
import type { CarriedPeriod, Reserve } from '../carry-state.ts'
import type { Policy } from '../funding/policy.ts'
import { apportion } from './apportion.ts'
import type { Lines } from './lines.ts'
import { heldBackOf } from './reserves.ts'

export interface SettledPeriod {
  readonly entry: ManifestPeriod
  readonly next: CarriedPeriod
  readonly reserve: Reserve
  /** What of its pool goes to unattributed. */
  readonly unattributed: bigint
}

/**
 * Pays a period, holds it, or gives its pool to unattributed (docs/formats.md#settlement rule 5).
 *
 * @param before periods as the epoch finds them, with what returned to their pools
 * @param joined data parts that joined the period in this epoch
 * @param isOver whether nothing can come any more, so that it is now or never
 */
export async function payPeriod(
  warehouse: Database,
  epoch: number,
  draft: PeriodDraft,
  before: readonly CarriedPeriod[],
  { joined, isOver }: { readonly joined: bigint; readonly isOver: boolean },
  policy: Policy,
  lines: Lines,
): Promise<SettledPeriod> {
  const { model, token, output } = draft
  const known = before.find((period) => period.model === model && period.token === token)
  const pool = BigInt(known?.pool ?? 0) + joined
  const carriedIn = BigInt(known?.carriedIn ?? 0)
  const pays = output.next !== null
  const isGivenUp = isOver || draft.epochs.length >= policy.maxPeriodEpochs
  const state = pays ? 'paid' : isGivenUp ? 'unattributed' : 'held'
  const whole: Pool = { state, pool, carriedIn }
  const books = { ...whole, ...(await divide(warehouse, epoch, draft, whole, policy, lines)) }
  const stays = state === 'held' ? pool : books.carried
  return {
    entry: await describePeriod(warehouse, epoch, draft, { ...books, holdBackParts: policy.holdBackParts }),
    next: {
      model,
      token,
      dBarFixed: output.next?.dBarFixed ?? known?.dBarFixed ?? null,
      epochs: state === 'held' ? draft.epochs : [],
      pool: stays.toString(),
      carriedIn: (state === 'held' ? carriedIn : stays).toString(),
    },
    reserve: { amount: books.heldBack.toString(), epoch, model, token, until: epoch + policy.holdBackEpochs },
    unattributed: books.unattributed,
  }
}

interface Pool {
  readonly state: ManifestPeriod['state']
  readonly pool: bigint
  readonly carriedIn: bigint
}

/** Of what contributors earned in a period. */
interface Paid {
  readonly paid: bigint
  readonly heldBack: bigint
}

/** Where a pool goes; all of it is held when it goes nowhere. */
interface Division extends Paid {
  /** Into the next period. */
  readonly carried: bigint
  readonly unattributed: bigint
}

async function divide(
  warehouse: Database,
  epoch: number,
  draft: PeriodDraft,
  { state, pool, carriedIn }: Pool,
  policy: Policy,
  lines: Lines,
): Promise<Division> {
  if (state === 'held') return { paid: 0n, heldBack: 0n, carried: 0n, unattributed: 0n }
  if (state === 'unattributed') return { paid: 0n, heldBack: 0n, carried: 0n, unattributed: pool }
  const own = pool - carriedIn
  const paid = await payAccounts(warehouse, epoch, draft, payablePart(pool, own), policy, lines)
  const left = pool - paid.paid - paid.heldBack
  // Never less than was carried in: a period of tiny fees gives nothing of it up.
  const most = own > carriedIn ? own : carriedIn
  const carried = left < most ? left : most
  return { ...paid, carried, unattributed: left - carried }
}

/**
 * What of a pool a period may pay: a ninth more than its own fees brought, so that nobody's purchase returns more than it
 * cost (docs/attribution.md, "Why an own purchase cannot pay").
 *
 * @param own data parts of the period's own fees, at most `pool`
 */
function payablePart(pool: bigint, own: bigint): bigint {
  const most = own + own / 9n
  return pool < most ? pool : most
}

/** docs/attribution.md step 8, and what is held back of it. @returns what of `payable` was earned */
async function payAccounts(
  warehouse: Database,
  epoch: number,
  draft: PeriodDraft,
  payable: bigint,
  policy: Policy,
  lines: Lines,
): Promise<Paid> {
  const { model, token } = draft
  const solved = draft.output.solved!
  const scores = await warehouse.all<{ account: string; s: bigint }>(
    'SELECT account, s FROM score WHERE epoch = $epoch AND model = $model AND token = $token ORDER BY account',
    { epoch, model, token },
  )
  const weights = scores.map(({ s }) => (s > 0n ? s : 0n))
  const amounts = apportion(payable, [...weights, BigInt(solved.denominator) - BigInt(solved.sumPositive)])
  let [paid, heldBack] = [0n, 0n]
  for (const [index, { account }] of scores.entries()) {
    const share = amounts[index]!
    if (share === 0n) continue
    const held = heldBackOf(share, policy)
    const amount = share - held
    lines.add({ account, token, kind: 'data', asset: model }, amount)
    await warehouse.run(
      `UPDATE score SET pay = $amount, held_back = $held
       WHERE epoch = $epoch AND model = $model AND token = $token AND account = $account`,
      { amount, held, epoch, model, token, account },
    )
    paid += amount
    heldBack += held
  }
  return { paid, heldBack }
}

async function describePeriod(
  warehouse: Database,
  epoch: number,
  draft: PeriodDraft,
  outcome: Pool & Division & Pick<Policy, 'holdBackParts'>,
): Promise<ManifestPeriod> {
  const { model, token, output } = draft
  const { solved, next } = output
  const vectors = await warehouse.one(
    'SELECT v, x FROM period WHERE epoch = $epoch AND model = $model AND token = $token',
    {
      epoch,
      model,
      token,
    },
  )
  const hashOf = (value: unknown) => (solved === null ? null : (toHex(sha256(fromBlob(value))) as Hash32))
  return {
    model,
    token: token as Address,
    featureMap: draft.featureMap,
    method: draft.method,
    state: outcome.state,
    firstEpoch: draft.epochs[0]!,
    epochs: draft.epochs.length,
    events: output.events,
    items: output.items,
    duplicates: output.duplicates,
    effectiveEvents: output.effectiveEvents,
    fees: output.fees,
    pool: outcome.pool.toString(),
    carriedIn: outcome.carriedIn.toString(),
    paid: outcome.paid.toString(),
    holdBackParts: outcome.holdBackParts,
    heldBack: outcome.heldBack.toString(),
    carried: outcome.carried.toString(),
    unattributed: outcome.unattributed.toString(),
    feeShift: output.feeShift,
    lambda: solved?.lambda ?? null,
    lambdaRetries: solved?.lambdaRetries ?? null,
    exponent: solved?.exponent ?? null,
    vExponent: solved?.vExponent ?? null,
    dBar: solved?.dBar ?? null,
    dBarNext: next?.dBar ?? null,
    sumPositive: solved?.sumPositive ?? null,
    denominator: solved?.denominator ?? null,
    vHash: hashOf(vectors?.v),
    xHash: hashOf(vectors?.x),
    vErrorNano: solved?.vErrorNano ?? null,
  }
}

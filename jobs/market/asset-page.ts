import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { AssetAccess, AssetKind } from '../../schemas/events.ts'
import type { Address } from '../../schemas/ids.ts'
import { rankBatches } from '../attribution/features/clusters.ts'
import type { LineKind } from '../settlement/lines.ts'

const sql = (name: string) => readSql(new URL(name, import.meta.url))
const assetIncome = sql('./asset-income.sql')
const assetQuality = sql('./asset-quality.sql')
const assetDuplicates = sql('./asset-duplicates.sql')
const assetInterval = sql('./asset-interval.sql')
const assetUses = sql('./asset-uses.sql')
const contributorsPaid = sql('./asset-contributors-paid.sql')
const assetContributors = sql('./asset-contributors.sql')

/** What an asset brought in an epoch, by cause; atoms. */
interface Income {
  readonly epoch: number
  readonly token: Address
  readonly kind: LineKind
  readonly amount: bigint
  readonly accounts: number
}

/** What a period paid to contributors of a dataset for what they gave to it; atoms. */
interface ContributorsIncome {
  readonly epoch: number
  readonly model: string
  readonly token: Address
  /** Of accounts that contributed elsewhere too, what is due to this dataset by what their items did; rounded down. */
  readonly amount: bigint
  readonly accounts: number
}

/** What a paid period measured of a dataset, or of all data of a model. */
interface Quality {
  readonly epoch: number
  readonly model: string
  readonly token: Address
  readonly items: number
  /** Items that did no good, part of the items: 0 is best. */
  readonly junk: number
  /** What the items sum to, part of all that helped. */
  readonly value: number
  /** Of a dataset: its part of what the scores of all contributors sum to, with its 90 % interval, fractions. */
  readonly interval: { readonly low: number; readonly share: number; readonly high: number } | null
}

/** How often it is used, by itself and by what was derived from it, and by whose leave. */
interface Uses {
  readonly own: number
  readonly payers: number
  /** Of what was derived from it, in any generation. */
  readonly derived: number
  /** Licences of it that were not revoked: granted ones, sold ones, and how many accounts have one of their own. */
  readonly granted: number
  readonly bought: number
  readonly licensees: number
}

/** A contributor's part of the contributors' pool, with its 90 % interval, fractions. */
interface Contributor {
  readonly epoch: number
  readonly model: string
  readonly token: Address
  readonly account: Address
  readonly low: number
  readonly share: number
  readonly high: number
}

/** What a buyer of a share or of a licence can know of an asset, as of the last closed epoch. */
export interface AssetPage {
  readonly asset: string
  readonly kind: AssetKind
  readonly title: string
  readonly licence: string
  /** Whether who uses it needs a licence. */
  readonly access: AssetAccess
  /** Millionths, largest first. */
  readonly owners: readonly { readonly account: Address; readonly parts: number }[]
  /** What it passes royalties on to, millionths. */
  readonly parents: readonly { readonly asset: string; readonly parts: number }[]
  /** What was derived from it, and passes royalties on to it. */
  readonly reuse: readonly { readonly asset: string; readonly kind: AssetKind; readonly parts: number }[]
  readonly uses: Uses
  readonly income: readonly Income[]
  /** What its contributors were paid, which is not its owners' income; none of what is no dataset. */
  readonly contributorsIncome: readonly ContributorsIncome[]
  /** Contributions to it, those of them that are copies of ones before, and whose. Null for what is no dataset. */
  readonly contributions: { readonly items: number; readonly duplicates: number; readonly accounts: number } | null
  readonly quality: readonly Quality[]
  /** The largest. */
  readonly contributors: readonly Contributor[]
}

export class AssetUnknownError extends TallyError {
  override readonly code = 'ASSET_UNKNOWN'
  constructor(facts: { asset: string }) {
    super(`No asset ${JSON.stringify(facts.asset)} is registered.`, {
      facts,
      hint: 'It counts from the epoch on in which its record lies: `tally epoch status` shows what waits for the next cut.',
    })
  }
}

const CONTRIBUTORS_SHOWN = 10

/** @throws AssetUnknownError */
export async function assetPage(warehouse: Database, asset: string): Promise<AssetPage> {
  const row = await warehouse.one<{ kind: AssetKind; title: string; licence: string; access: AssetAccess }>(
    'SELECT kind, title, licence, access FROM asset WHERE asset = $asset',
    { asset },
  )
  if (row === undefined) throw new AssetUnknownError({ asset })
  return {
    asset,
    ...row,
    owners: await ownersOf(warehouse, asset),
    parents: await warehouse.all(
      'SELECT parent AS asset, parts FROM asset_parent WHERE asset = $asset ORDER BY parent',
      {
        asset,
      },
    ),
    reuse: await warehouse.all(
      'SELECT p.asset, a.kind, p.parts FROM asset_parent AS p JOIN asset AS a USING (asset) WHERE p.parent = $asset ORDER BY p.asset',
      { asset },
    ),
    uses: await usesOf(warehouse, asset),
    income: await incomeOf(warehouse, asset),
    contributorsIncome: row.kind === 'dataset' ? await contributorsIncomeOf(warehouse, asset) : [],
    contributions: row.kind === 'dataset' ? await contributionsTo(warehouse, asset) : null,
    quality: await qualityOf(warehouse, asset),
    contributors: await contributorsTo(warehouse, asset),
  }
}

async function ownersOf(warehouse: Database, asset: string): Promise<AssetPage['owners']> {
  const rows = await warehouse.all<{ account: Address; parts: bigint }>(
    `SELECT account, sum(delta) AS parts FROM ownership_change WHERE asset = $asset
     GROUP BY account HAVING sum(delta) > 0 ORDER BY parts DESC, account`,
    { asset },
  )
  return rows.map(({ account, parts }) => ({ account, parts: Number(parts) }))
}

async function incomeOf(warehouse: Database, asset: string): Promise<Income[]> {
  const rows = await warehouse.all<Omit<Income, 'accounts'> & { accounts: bigint }>(assetIncome, { asset })
  return rows.map((row) => ({ ...row, accounts: Number(row.accounts) }))
}

async function contributionsTo(warehouse: Database, asset: string): Promise<AssetPage['contributions']> {
  await rankBatches(warehouse)
  const row = await warehouse.one<{ items: bigint; duplicates: bigint }>(assetDuplicates, { asset })
  const { accounts } = (await warehouse.one<{ accounts: bigint }>(
    'SELECT count(DISTINCT account) AS accounts FROM contribution_batch WHERE dataset = $asset',
    { asset },
  ))!
  return { items: Number(row!.items), duplicates: Number(row!.duplicates), accounts: Number(accounts) }
}

interface PaidRow {
  readonly epoch: number
  readonly model: string
  readonly token: Address
  readonly shared: string | null
  readonly pay: bigint
  readonly accounts: bigint
  readonly own: bigint
  readonly items: bigint
}

async function contributorsIncomeOf(warehouse: Database, asset: string): Promise<ContributorsIncome[]> {
  const sums = new Map<string, ContributorsIncome>()
  for (const row of await warehouse.all<PaidRow>(contributorsPaid, { asset })) {
    const { epoch, model, token, shared, pay, own, items } = row
    const key = JSON.stringify([epoch, model, token])
    const before = sums.get(key)
    sums.set(key, {
      ...{ epoch, model, token, accounts: (before?.accounts ?? 0) + Number(row.accounts) },
      amount: (before?.amount ?? 0n) + (shared === null ? pay : (pay * own) / items),
    })
  }
  return [...sums.values()]
}

async function qualityOf(warehouse: Database, asset: string): Promise<Quality[]> {
  const rows = await warehouse.all<{
    epoch: number
    model: string
    token: Address
    items: bigint
    helping: bigint
    value: bigint
    helped: bigint
  }>(assetQuality, { asset })
  const intervals = await intervalsOf(warehouse, asset)
  return rows.map(({ epoch, model, token, items, helping, value, helped }) => ({
    ...{ epoch, model, token, items: Number(items) },
    junk: Number(items - helping) / Number(items),
    value: helped === 0n ? 0 : Number(value) / Number(helped),
    interval: intervals.get(`${epoch}/${token}/${model}`) ?? null,
  }))
}

/** By epoch, token and model. */
async function intervalsOf(warehouse: Database, asset: string): Promise<Map<string, Quality['interval']>> {
  const rows = await warehouse.all<{
    epoch: number
    model: string
    token: string
    share: number
    below: number
    above: number
  }>(assetInterval, { asset })
  return new Map(
    rows.map(({ epoch, model, token, share, below, above }) => [
      `${epoch}/${token}/${model}`,
      { low: Math.max(0, share - below), share, high: Math.min(1, share + above) },
    ]),
  )
}

async function usesOf(warehouse: Database, asset: string): Promise<Uses> {
  const row = await warehouse.one<
    Record<'uses' | 'payers' | 'derived_uses' | 'granted' | 'bought' | 'licensees', bigint>
  >(assetUses, { asset })
  const { uses, payers, derived_uses, granted, bought, licensees } = row!
  return {
    ...{ own: Number(uses), payers: Number(payers), derived: Number(derived_uses) },
    ...{ granted: Number(granted), bought: Number(bought), licensees: Number(licensees) },
  }
}

async function contributorsTo(warehouse: Database, asset: string): Promise<Contributor[]> {
  const rows = await warehouse.all(assetContributors, { asset, top: CONTRIBUTORS_SHOWN })
  return rows.map((row) => ({
    epoch: row.epoch as number,
    model: row.model as string,
    token: row.token as Address,
    account: row.account as Address,
    low: row.share_low as number,
    share: row.share as number,
    high: row.share_high as number,
  }))
}

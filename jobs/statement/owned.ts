import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { AssetAccess, AssetKind } from '../../schemas/events.ts'
import type { Address } from '../../schemas/ids.ts'
import type { LineKind } from '../settlement/lines.ts'
import { ALL_EPOCHS, type EpochRange } from './epochs.ts'

const owned = readSql(new URL('./owned.sql', import.meta.url))
const ownedOutside = readSql(new URL('./owned-outside.sql', import.meta.url))

/** Fees of uses that no licence of an asset covered when they happened. */
export interface OutsideFees {
  readonly token: string
  /** Still held. */
  readonly held: bigint
  /** Funded by a later licence, and divided then. */
  readonly released: bigint
  /** With their payers again. */
  readonly refunded: bigint
}

/** What was paid to an account for one cause, over all epochs. */
export interface PaidFor {
  readonly kind: LineKind
  readonly token: string
  readonly amount: bigint
}

/** A share that an account has, or had. */
export interface OwnedAsset {
  readonly asset: string
  readonly kind: AssetKind
  readonly title: string
  /** Whether uses of it need a licence. */
  readonly access: AssetAccess
  /** Of uses outside its licences; none once all of it was given away. */
  readonly outside: readonly OutsideFees[]
  /** An ERC-8004 id as its registrant gave it, unchecked; empty: none. */
  readonly identity: string
  /** Millionths, as of the newest closed epoch; 0: all of it was given away. */
  readonly parts: number
  /** Millionths from each epoch on in which they changed; the last entry is `parts`. */
  readonly history: readonly { readonly epoch: number; readonly parts: number }[]
  /** For owning it. */
  readonly paid: readonly PaidFor[]
}

/** Kinds of lines that an owner of their asset is paid. */
export const OWNED_KINDS: ReadonlySet<string> = new Set<LineKind>([
  'model',
  'royalty',
  'agent',
  'outcome',
  'licence',
  'infrastructure',
])

/** Everything that an account ever owned of, ascending by name, and what it earned in these epochs for which cause. */
export async function ownedBy(
  warehouse: Database,
  account: Address,
  { from, to }: EpochRange = ALL_EPOCHS,
): Promise<{ owns: OwnedAsset[]; paidByKind: PaidFor[] }> {
  const paid = await warehouse.all<PaidFor & { asset: string }>(
    `SELECT kind, asset, token, sum(amount)::HUGEINT AS amount FROM settlement_line
     WHERE account = $account AND epoch BETWEEN $from AND $to
     GROUP BY kind, asset, token ORDER BY kind, token, asset`,
    { account, from, to },
  )
  const outside = await warehouse.all<OutsideFees & { asset: string }>(ownedOutside, { account })
  const owns = new Map<string, OwnedAsset>()
  for (const row of await warehouse.all(owned, { account })) {
    const asset = row.asset as string
    const change = { epoch: row.epoch as number, parts: row.parts as number }
    owns.set(asset, {
      ...{ asset, kind: row.kind as AssetKind, title: row.title as string, identity: row.identity as string },
      access: row.access as AssetAccess,
      outside: outside
        .filter((each) => each.asset === asset)
        .map(({ token, held, released, refunded }) => ({ token, held, released, refunded })),
      parts: change.parts,
      history: [...(owns.get(asset)?.history ?? []), change],
      paid: paid
        .filter((each) => each.asset === asset && OWNED_KINDS.has(each.kind))
        .map(({ kind, token, amount }) => ({ kind, token, amount })),
    })
  }
  return { owns: [...owns.values()], paidByKind: sumByKind(paid) }
}

function sumByKind(paid: readonly PaidFor[]): PaidFor[] {
  const sums = new Map<string, PaidFor>()
  for (const { kind, token, amount } of paid) {
    const key = `${kind}/${token}`
    sums.set(key, { kind, token, amount: (sums.get(key)?.amount ?? 0n) + amount })
  }
  return [...sums.values()]
}

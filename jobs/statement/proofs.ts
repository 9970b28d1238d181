import { type Manifest, manifestHash, toManifest } from '../../anchor/manifest.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { Address, Hash32 } from '../../schemas/ids.ts'
import type { EpochState } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import type { EpochRange } from './epochs.ts'

const landedTransactions = readSql(new URL('./landed-transactions.sql', import.meta.url))

/** A transaction that is final on the chain. */
export interface Landed {
  readonly hash: string
  /** As decimal text. */
  readonly block: string
}

/** What the numbers of an epoch are proven by. */
export interface EpochProof {
  readonly epoch: number
  readonly state: EpochState
  /** Null until the epoch is published, as the next two. */
  readonly manifestHash: Hash32 | null
  readonly payoutRoot: Hash32 | null
  readonly ledgerRoot: Hash32 | null
  /** The transactions that put the manifest's hash and the payout root on the chain, and made them final; null: not yet. */
  readonly proposed: Landed | null
  readonly finalized: Landed | null
}

/** What an account can claim of a token, as far as the ledger's own records tell. */
export interface Claimable {
  readonly token: string
  /** The newest finalized epoch: its payout root proves the claim. */
  readonly epoch: number
  /** All that was ever paid up to that epoch. A claim transfers what of it was not claimed before. */
  readonly cumulative: bigint
  /** The newest claim that was sent from this ledger's own data folder; anybody else may have claimed too. */
  readonly claimedHere: (Landed & { readonly epoch: number }) | null
}

interface LandedRow extends Landed {
  readonly act: string
  readonly epoch: number
  /** Of a claim the account. */
  readonly name: string
  readonly token: string
}

function landedIn({ warehouse, genesis }: Ledger, { from, to }: EpochRange): Promise<LandedRow[]> {
  const prefix = `${genesis.chainId}/${genesis.distributor.toLowerCase()}/`
  return warehouse.all<LandedRow>(landedTransactions, { prefix, first: from, last: to })
}

/** Proofs of epochs, in their order. */
export async function proofsOf(ledger: Ledger, epochs: readonly number[]): Promise<EpochProof[]> {
  if (epochs.length === 0) return []
  const landed = await landedIn(ledger, { from: Math.min(...epochs), to: Math.max(...epochs) })
  const proofs: EpochProof[] = []
  for (const epoch of epochs) {
    const row = await ledger.warehouse.one<{ state: EpochState; attempt: number; manifest_json: string | null }>(
      'SELECT state, attempt, manifest_json FROM epoch WHERE epoch = $epoch',
      { epoch },
    )
    const { state, attempt, manifest_json: text } = row!
    const manifest: Manifest | undefined = text === null ? undefined : toManifest(JSON.parse(text))
    const find = (act: string) =>
      landed.find((each) => each.act === act && each.epoch === epoch && each.name === `${attempt}`)
    proofs.push({
      epoch,
      state,
      manifestHash: manifest === undefined ? null : manifestHash(manifest),
      payoutRoot: manifest?.payout.root ?? null,
      ledgerRoot: manifest?.tree.root ?? null,
      proposed: landedOf(find('propose')),
      finalized: landedOf(find('finalize')),
    })
  }
  return proofs
}

function landedOf(row: LandedRow | undefined): Landed | null {
  return row === undefined ? null : { hash: row.hash, block: row.block }
}

/** What an account can claim with the newest finalized epoch, one a token; none before an epoch is final. */
export async function claimableBy(ledger: Ledger, account: Address): Promise<Claimable[]> {
  const last = await ledger.warehouse.one<{ epoch: number | null }>(
    "SELECT max(epoch) AS epoch FROM epoch WHERE state = 'finalized'",
  )
  const epoch = last?.epoch ?? 0
  if (epoch === 0) return []
  const rows = await ledger.warehouse.all<{ token: string; cumulative: bigint }>(
    'SELECT token, cumulative FROM account_total WHERE epoch = $epoch AND account = $account AND cumulative > 0 ORDER BY token',
    { epoch, account },
  )
  const landed = await landedIn(ledger, { from: 1, to: epoch })
  return rows.map(({ token, cumulative }) => {
    const claims = landed.filter((each) => each.act === 'claim' && each.name === account && each.token === token)
    const newest = claims.at(-1)
    const claimedHere = newest === undefined ? null : { hash: newest.hash, block: newest.block, epoch: newest.epoch }
    return { token, epoch, cumulative, claimedHere }
  })
}

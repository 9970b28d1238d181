import type { FileHandle } from 'node:fs/promises'
import type { Manifest } from '../../anchor/manifest.ts'
import { buildPayoutTreeOnThreads } from '../../anchor/payout/build-on-threads.ts'
import { PayoutNotFoundError, StoredPayoutTreeError } from '../../anchor/payout/errors.ts'
import { allocatePayoutRows } from '../../anchor/payout/payout-rows.ts'
import type { PayoutTree } from '../../anchor/payout/payout-tree.ts'
import { readStoredPayout, type StoredPayout, storedPayoutTree } from '../../anchor/payout/stored-payout-tree.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { Address } from '../../schemas/ids.ts'
import { CacheFolder, isFileError } from '../cache-folder.ts'
import type { Ledger } from '../ledger.ts'

const payoutRows = readSql(new URL('./payout-rows.sql', import.meta.url))

/** The warehouse no longer holds the accounts whose root was published. */
export class PayoutRootChangedError extends TallyError {
  override readonly code = 'PAYOUT_ROOT_CHANGED'
  constructor(facts: { epoch: number; published: string; found: string }) {
    super(
      `The accounts of epoch ${facts.epoch} lead to the payout root ${facts.found}, and ${facts.published} was published.`,
      { facts, hint: 'The warehouse was changed after the epoch was published: restore it, or audit the bundle.' },
    )
  }
}

/** The payout tree of an epoch, from the accounts in the warehouse; one without leaves when nobody was ever paid. */
export async function payoutTreeOf({ warehouse, genesis }: Ledger, epoch: number): Promise<PayoutTree> {
  const counted = await warehouse.one<{ payouts: number }>(
    'SELECT count(*)::INTEGER AS payouts FROM account_total WHERE epoch = $epoch AND cumulative > 0',
    { epoch },
  )
  const rows = allocatePayoutRows(counted!.payouts)
  let at = 0
  for await (const chunk of warehouse.stream(payoutRows.replaceAll('$epoch', String(epoch)))) {
    const [packed] = chunk.getColumns()
    for (let row = 0; row < chunk.rowCount; row++) {
      const some = fromBlob(packed![row])
      rows.set(some, at)
      at += some.length
    }
  }
  const { chainId, distributor } = genesis
  return buildPayoutTreeOnThreads({ chainId: BigInt(chainId), distributor, rows })
}

/**
 * The payout tree of a published epoch, held to the root in its manifest.
 *
 * @throws {@link PayoutRootChangedError}
 */
export async function publishedPayoutTree(ledger: Ledger, epoch: number, published: string): Promise<PayoutTree> {
  const tree = await payoutTreeOf(ledger, epoch)
  if (tree.root !== published) throw new PayoutRootChangedError({ epoch, published, found: tree.root })
  return tree
}

/** Keeps a tree as a file beside the warehouse, named by its root. @returns false when the disk took none */
export async function storePayoutTree({ warehouse }: Ledger, tree: PayoutTree): Promise<boolean> {
  return CacheFolder.beside(warehouse).write('payouts', tree.root, async (file) => {
    for (const bytes of storedPayoutTree(tree)) await file.writeFile(bytes)
  })
}

export interface PayoutsQuery {
  readonly epoch: number
  /** What the epoch's manifest says. */
  readonly payout: Manifest['payout']
  readonly account: Address
  readonly tokens: readonly Address[]
}

/**
 * An account's payouts of a published epoch with their proofs, one a token, each verified against the root in the manifest.
 * From the file of the tree in a few milliseconds; where that is missing or cannot be used the tree is built, and kept.
 *
 * @throws {@link PayoutRootChangedError}
 * @throws PayoutNotFoundError a token in which the tree does not pay the account
 */
export async function payoutsOf(ledger: Ledger, query: PayoutsQuery): Promise<StoredPayout[]> {
  const stored = await fromFile(ledger, query)
  if (stored !== undefined) return stored
  const tree = await publishedPayoutTree(ledger, query.epoch, query.payout.root)
  await storePayoutTree(ledger, tree)
  const { account } = query
  return query.tokens.map((token) => ({
    cumulative: tree.cumulativeOf(account, token),
    proof: tree.proofOf(account, token),
  }))
}

/** @returns undefined when there is no file, or one of no use */
async function fromFile({ warehouse }: Ledger, query: PayoutsQuery): Promise<StoredPayout[] | undefined> {
  const { payout, account, tokens } = query
  const { root, distributor } = payout
  const file = await CacheFolder.beside(warehouse).open('payouts', root)
  if (file === undefined) return undefined
  const read = (at: number, length: number) => readBytes(file, at, length)
  const chainId = BigInt(payout.chainId)
  try {
    return await Promise.all(
      tokens.map((token) => readStoredPayout({ read, root, chainId, distributor, account, token })),
    )
  } catch (error) {
    // That a payout is not in a file says nothing of the tree.
    const isOfFile = error instanceof StoredPayoutTreeError || error instanceof PayoutNotFoundError
    if (isOfFile || isFileError(error)) return undefined
    throw error
  } finally {
    await file.close()
  }
}

async function readBytes(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const { bytesRead } = await file.read(bytes, 0, length, at)
  return bytes.subarray(0, bytesRead)
}

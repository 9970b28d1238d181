import type { CanonicalJson } from '../../anchor/canonical-json.ts'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { rowHash } from '../../anchor/table-root.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, toHex } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import { type AccountRow, accountRows, loadManifest } from '../publish/build-manifest.ts'
import { payoutsOf } from '../publish/payout-tree.ts'
import { type Line, lineRow } from '../settlement/lines.ts'

/** The machine's half of a statement: verified with nothing but this document (docs/formats.md#receipt). */
export interface Receipt {
  readonly format: 'tallystick-receipt/1'
  readonly account: Address
  readonly token: Address
  readonly manifest: Manifest
  readonly payout: {
    readonly chainId: number
    readonly distributor: Address
    readonly account: Address
    readonly token: Address
    readonly cumulative: string
    readonly proof: readonly string[]
  }
  readonly row: AccountRow
  readonly rowIndex: number
  readonly rowProof: readonly string[]
  readonly lines: readonly ReturnType<typeof lineRow>[]
}

export class NoReceiptError extends TallyError {
  override readonly code = 'NO_RECEIPT'
  constructor(facts: { account: string; epoch: number }) {
    super(`There is no receipt for ${facts.account} in epoch ${facts.epoch}.`, {
      facts,
      hint: 'A receipt exists for each account that was ever paid, once an epoch is published; see `tally epoch status`.',
    })
  }
}

/** Receipts of an account, one for each token, in the newest published epoch or in `epoch`. @throws NoReceiptError */
export async function receiptsOf(ledger: Ledger, account: Address, epoch?: number): Promise<Receipt[]> {
  const { warehouse } = ledger
  const newest = await warehouse.one<{ epoch: number | null }>(
    'SELECT max(epoch) AS epoch FROM epoch WHERE manifest_json IS NOT NULL',
  )
  const chosen = epoch ?? newest?.epoch ?? 0
  const rows = chosen === 0 || chosen > (newest?.epoch ?? 0) ? [] : await accountRows(warehouse, chosen)
  const own = [...rows.entries()].filter(([, row]) => row.account === account && row.cumulative !== '0')
  if (own.length === 0) throw new NoReceiptError({ account, epoch: chosen })
  const manifest = await loadManifest(warehouse, chosen)
  const tokens = own.map(([, row]) => row.token as Address)
  const payouts = await payoutsOf(ledger, { epoch: chosen, payout: manifest.payout, account, tokens })
  const hashes = rows.map((row) => rowHash(row as unknown as CanonicalJson))
  return Promise.all(
    own.map(async ([rowIndex, row], at) => ({
      format: 'tallystick-receipt/1' as const,
      account,
      token: row.token as Address,
      manifest,
      payout: {
        chainId: manifest.payout.chainId,
        distributor: manifest.payout.distributor,
        account,
        token: row.token as Address,
        cumulative: row.cumulative,
        proof: payouts[at]!.proof,
      },
      row,
      rowIndex,
      rowProof: inclusionProof(hashes, rowIndex).map(toHex),
      lines: await linesOf(ledger, chosen, row),
    })),
  )
}

async function linesOf({ warehouse }: Ledger, epoch: number, row: AccountRow): Promise<ReturnType<typeof lineRow>[]> {
  const lines = await warehouse.all<Line>(
    `SELECT account, token, kind, asset, amount FROM settlement_line
     WHERE epoch = $epoch AND account = $account AND token = $token ORDER BY kind, asset`,
    { epoch, account: row.account, token: row.token },
  )
  return lines.map((line) => lineRow(line, epoch))
}

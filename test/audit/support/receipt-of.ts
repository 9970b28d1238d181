import { inclusionProof } from '../../../anchor/log/inclusion-proof.ts'
import { buildPayoutTree } from '../../../anchor/payout/payout-tree.ts'
import { rowHash } from '../../../anchor/table-root.ts'
import { type Address, toHex } from '../../../schemas/ids.ts'
import type { EpochFiles } from './bundle-writer.ts'
import { accountJson } from './published-world.ts'

/** The receipt of an account for an epoch, docs/formats.md#receipt, as plain JSON that a test may change. */
export function receiptOf({ manifest, tables }: EpochFiles, account: string) {
  const rows = (tables.accounts.rows as Parameters<typeof accountJson>[0][]).map(accountJson) as Record<
    string,
    string
  >[]
  const rowIndex = rows.findIndex((row) => row.account === account)
  const row = rows[rowIndex]!
  const { chainId, distributor } = manifest.payout
  const payouts = rows.map((each) => ({
    account: each.account as Address,
    token: each.token as Address,
    cumulative: BigInt(each.cumulative!),
  }))
  const tree = buildPayoutTree({ chainId: BigInt(chainId), distributor, payouts })
  const token = row.token!
  return structuredClone({
    format: 'tallystick-receipt/1',
    manifest,
    account,
    token,
    payout: {
      chainId,
      distributor: distributor as string,
      account,
      token,
      cumulative: row.cumulative!,
      proof: tree.proofOf(account as Address, token as Address) as string[],
    },
    row,
    rowIndex,
    rowProof: inclusionProof(rows.map(rowHash), rowIndex).map(toHex) as string[],
    lines: tables.lines.rows
      .filter((line) => line.account === account)
      .map((line) => ({ ...line, epoch: manifest.epoch })) as Record<string, string | number>[],
  })
}

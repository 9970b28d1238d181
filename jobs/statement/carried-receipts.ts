import { type Receipt, verifyReceiptOffline } from '../../anchor/verify/receipt.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { WholeStatement } from './whole-statement.ts'

/** A statement with receipts that prove some of its numbers, to be verified by whoever gets it. */
export interface StatementDocument extends WholeStatement {
  readonly receipts: readonly Receipt[]
}

export class ReceiptNotOfStatementError extends TallyError {
  override readonly code = 'RECEIPT_NOT_OF_STATEMENT'
  constructor(facts: { account: string; token: string; epoch: number; problem: string }) {
    super(`The receipt of ${facts.account}, epoch ${facts.epoch}, does not prove this statement: ${facts.problem}.`, {
      facts,
      hint: 'Make it from the same ledger: tally receipt ACCOUNT --epoch N --out receipt.json',
    })
  }
}

/**
 * A statement that carries its own proof. Each receipt is verified, without the chain, and says of its epoch what the statement says.
 *
 * @throws ReceiptNotOfStatementError
 */
export async function carryReceipts(
  statement: WholeStatement,
  receipts: readonly Receipt[],
): Promise<StatementDocument> {
  for (const receipt of receipts) {
    const problem = await problemOf(statement, receipt)
    const { account, token, manifest } = receipt
    if (problem !== undefined) throw new ReceiptNotOfStatementError({ account, token, epoch: manifest.epoch, problem })
  }
  return { ...statement, receipts }
}

async function problemOf(statement: WholeStatement, receipt: Receipt): Promise<string | undefined> {
  const { account, manifest, token, row } = receipt
  if (account !== statement.account) return `the statement is of ${statement.account}`
  const { ok, steps, manifestHash } = await verifyReceiptOffline(receipt)
  if (!ok) return steps.at(-1)?.detail ?? 'it does not hold'
  const proof = statement.proofs.find(({ epoch }) => epoch === manifest.epoch)
  if (proof === undefined) return 'the statement tells nothing of this epoch'
  if (proof.manifestHash !== manifestHash)
    return `the ledger's manifest of it is ${proof.manifestHash ?? 'not made yet'}`
  const epoch = statement.epochs.find((each) => each.epoch === manifest.epoch)
  const payout = epoch?.payouts.find((each) => each.token === token)
  if (payout !== undefined && payout.cumulative.toString() !== row.cumulative)
    return `it says that ${row.cumulative} was paid since the first epoch, the statement ${payout.cumulative}`
  return undefined
}

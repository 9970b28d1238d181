import { recordDeposits } from '../jobs/anchoring/record-deposits.ts'
import { requireDeployment } from './chain-session.ts'
import type { Session } from './session.ts'

/**
 * Writes deposits that became final on the chain into the log, when a source for them is configured (`depositSource`).
 *
 * @returns how many were appended
 */
export async function recordNewDeposits(session: Session): Promise<number> {
  const source = session.config.depositSource
  if (source === undefined) return 0
  const { fromBlock } = requireDeployment(session.directory)
  return recordDeposits({
    ledger: await session.ledger(),
    chain: await session.distributor(),
    sink: (await session.log()).sink,
    source,
    fromBlock: BigInt(fromBlock),
    time: new Date(Number(session.clock())).toISOString(),
  })
}

import { recordDeposits } from '../jobs/anchoring/record-deposits.ts'
import { registeredSource } from '../jobs/registered-source.ts'
import { requireDeployment } from './chain-session.ts'
import type { Session } from './session.ts'

/**
 * Writes deposits that became final on the chain into the log, when a source for them is configured (`depositSource`) and
 * its registration was accepted in a closed epoch.
 *
 * @returns how many were appended
 */
export async function recordNewDeposits(session: Session): Promise<number> {
  const source = session.config.depositSource
  if (source === undefined) return 0
  const ledger = await session.ledger()
  // Reported under a source that is not accepted yet, or may not send it, a deposit would be rejected and its block passed:
  // so they wait.
  const registered = await registeredSource(ledger.warehouse, source)
  if (registered?.eventTypes.has('Deposited') !== true) return 0
  const { fromBlock } = requireDeployment(session.directory)
  // What is noted as read must not be lost with the machine: the embedded chain would come back without it.
  await (await session.chain()).local?.saveState()
  return recordDeposits({
    ledger,
    chain: await session.distributor(),
    sink: (await session.log()).sink,
    source,
    fromBlock: BigInt(fromBlock),
    time: new Date(Number(session.clock())).toISOString(),
  })
}

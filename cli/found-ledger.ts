import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { ledgerIdOf } from '../anchor/ledger-id.ts'
import { readGenesis } from '../jobs/ledger.ts'
import { TallyError } from '../schemas/errors.ts'
import { type Genesis, toGenesis } from '../schemas/genesis.ts'
import { type Address, toHex } from '../schemas/ids.ts'
import type { Deployment } from './chain-session.ts'
import type { Session } from './session.ts'

export class LedgerExistsError extends TallyError {
  override readonly code = 'LEDGER_EXISTS'
  constructor(facts: { path: string }) {
    super(`${facts.path} founds another ledger already.`, {
      facts,
      hint: 'A ledger is founded once. Use another --data folder.',
    })
  }
}

export interface Founded {
  readonly ledgerId: string
  readonly chainId: number
  readonly distributor: Address
  readonly token: Address | null
}

/**
 * Writes the genesis and the deployment of a ledger. Calling it again with the same facts changes nothing.
 *
 * @throws LedgerExistsError when the folder holds another ledger
 */
export function foundLedger(
  session: Session,
  facts: { name: string; operator: Address; deployment: Deployment },
): Founded {
  const { genesis: path, deployment: deploymentPath } = session.directory
  const { chainId, distributor, token } = facts.deployment
  const genesis: Genesis = toGenesis({
    format: 'tallystick-genesis/1',
    name: facts.name,
    chainId,
    distributor,
    operator: facts.operator,
  })
  const ledgerId = toHex(ledgerIdOf(genesis))
  if (existsSync(path) && toHex(ledgerIdOf(readGenesis(path))) !== ledgerId) throw new LedgerExistsError({ path })
  session.makeFolder()
  // The genesis comes last: while it is missing, the ledger does not exist and this can be done again.
  writeWhole(deploymentPath, facts.deployment)
  writeWhole(path, genesis)
  return { ledgerId, chainId, distributor, token }
}

function writeWhole(path: string, document: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(document, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}

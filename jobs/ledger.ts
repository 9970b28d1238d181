import { readFileSync } from 'node:fs'
import { ledgerIdOf } from '../anchor/ledger-id.ts'
import type { Database } from '../pipelines/warehouse/database.ts'
import { TallyError } from '../schemas/errors.ts'
import { type Genesis, InvalidGenesisError, toGenesis } from '../schemas/genesis.ts'
import { type Hash32, toHex } from '../schemas/ids.ts'

/** A warehouse together with the ledger that it holds: what every step of an epoch works on. */
export interface Ledger {
  readonly warehouse: Database
  readonly genesis: Genesis
  /** SHA-256 of the canonical JSON of the genesis. */
  readonly ledgerId: Uint8Array
}

export class GenesisMissingError extends TallyError {
  override readonly code = 'GENESIS_MISSING'
  constructor(facts: { path: string }, cause: unknown) {
    super(`${facts.path} cannot be read.`, {
      facts,
      cause,
      hint: 'A ledger begins with `tally anchor deploy`, which writes it.',
    })
  }
}

export class GenesisMismatchError extends TallyError {
  override readonly code = 'GENESIS_MISMATCH'
  constructor(facts: { found: string; expected: string }) {
    super(`The warehouse belongs to ledger ${facts.expected}, the genesis is ${facts.found}.`, {
      facts,
      hint: 'Use the data directory that belongs to this genesis; nothing was changed.',
    })
  }
}

/** @throws GenesisMissingError, InvalidGenesisError */
export function readGenesis(path: string): Genesis {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new GenesisMissingError({ path }, cause)
  }
  try {
    return toGenesis(JSON.parse(text))
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new InvalidGenesisError(`${path} holds no JSON.`)
    throw cause
  }
}

/** Binds a warehouse to its ledger: the first genesis it sees is its own for ever. @throws GenesisMismatchError */
export async function openLedger(warehouse: Database, genesis: Genesis): Promise<Ledger> {
  const ledgerId = ledgerIdOf(genesis)
  const found: Hash32 = toHex(ledgerId) as Hash32
  const row = await warehouse.one<{ value: string }>("SELECT value FROM meta WHERE name = 'ledger'")
  if (row === undefined) await warehouse.run("INSERT INTO meta VALUES ('ledger', $found)", { found })
  else if (row.value !== found) throw new GenesisMismatchError({ found, expected: row.value })
  return { warehouse, genesis, ledgerId }
}

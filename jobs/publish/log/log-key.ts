import { join } from 'node:path'
import { canonicalJson } from '../../../anchor/canonical-json.ts'
import type { VerifierKey } from '../../../anchor/log/note/keys.ts'
import { isSameKey, type LogKey, type VerifiedLogKey, verifyLogKey } from '../../../anchor/log-key/log-key.ts'
import { signLogKey } from '../../../anchor/log-key/sign.ts'
import type { TypedDataSigner } from '../../../anchor/signatures/signer.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { toHex } from '../../../schemas/ids.ts'
import type { Ledger } from '../../ledger.ts'
import { readOptional, replaceFile, syncFolders } from './durable-files.ts'
import { LogKeyEndorsementError } from './errors.ts'

/** Of the served folder, and of the folder of the key. */
const LOG_KEY_FILE = 'key.json'

export interface LogKeyEndorsing {
  readonly ledger: Ledger
  readonly key: VerifierKey
  readonly folder: string
  readonly keyFolder: string
  /** Without it only what was endorsed before is found. */
  readonly operator?: TypedDataSigner
  /** Leaves of the tree that the key signs next. */
  readonly size: number
}

/**
 * The operator's word on the log's key: the one that lies beside the key, or a new one when the operator's key is at hand.
 *
 * 1. It is written beside the key, durably. Killed before: there is none, and the next call makes it. Killed after: the next
 *    call finds it, so that no key is ever endorsed twice.
 * 2. The warehouse and the served folder get it.
 *
 * @returns undefined when the operator has not endorsed the key and its key is not at hand
 * @throws LogKeyEndorsementError what lies there is of another key or does not hold
 */
export async function endorseLogKey(endorsing: LogKeyEndorsing): Promise<LogKey | undefined> {
  const { ledger, key, folder, keyFolder, operator, size } = endorsing
  const own = join(keyFolder, LOG_KEY_FILE)
  const served = join(folder, LOG_KEY_FILE)
  let document = await readEndorsement(own, ledger)
  if (document !== undefined && !isSameKey(document.verified.key, key))
    throw new LogKeyEndorsementError({ path: own, problem: 'it is of another key' })
  if (document === undefined && operator !== undefined) {
    const sequence =
      1 +
      Math.max(await lastSequence(ledger.warehouse), (await readEndorsement(served, ledger))?.verified.sequence ?? 0)
    const fromSize = sequence === 1 ? 0 : size
    const signed = await signLogKey(ledger.genesis, operator, { key, sequence, fromSize })
    await replaceFile(own, bytesOf(signed))
    await syncFolders([], keyFolder)
    document = { signed, verified: await verifyLogKey(signed) }
  }
  if (document === undefined) return undefined
  await rememberLogKey(ledger.warehouse, document.signed)
  await replaceFile(served, bytesOf(document.signed))
  return document.signed
}

interface Endorsement {
  readonly signed: LogKey
  readonly verified: VerifiedLogKey
}

async function readEndorsement(path: string, { ledgerId }: Ledger): Promise<Endorsement | undefined> {
  const bytes = await readOptional(path)
  if (bytes === undefined) return undefined
  try {
    const verified = await verifyLogKey(bytes)
    if (verified.ledger !== toHex(ledgerId))
      throw new LogKeyEndorsementError({ path, problem: 'it is of another ledger' })
    return { signed: JSON.parse(Buffer.from(bytes).toString()) as LogKey, verified }
  } catch (cause) {
    if (cause instanceof LogKeyEndorsementError) throw cause
    throw new LogKeyEndorsementError({ path, problem: 'it does not hold' }, cause)
  }
}

function bytesOf(document: LogKey): Uint8Array {
  return canonicalJson({ ...document, genesis: { ...document.genesis } })
}

async function lastSequence(warehouse: Database): Promise<number> {
  const row = await warehouse.one<{ last: number | null }>('SELECT max(sequence) AS last FROM log_key')
  return row?.last ?? 0
}

async function rememberLogKey(warehouse: Database, document: LogKey): Promise<void> {
  const { key, sequence } = document
  const known = await warehouse.one('SELECT 1 FROM log_key WHERE verifier_key = $key AND sequence = $sequence', {
    key,
    sequence,
  })
  if (known !== undefined) return
  await warehouse.run('INSERT INTO log_key VALUES ($sequence, $key, $document)', {
    sequence,
    key,
    document: JSON.stringify(document),
  })
}

/** The operator's word on every key that the log had, the newest first. */
export async function loadLogKeys(warehouse: Database): Promise<LogKey[]> {
  const rows = await warehouse.all<{ document: string }>('SELECT document FROM log_key ORDER BY sequence DESC')
  return rows.map(({ document }) => JSON.parse(document) as LogKey)
}

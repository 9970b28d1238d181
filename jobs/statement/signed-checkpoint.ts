import { bytesToHex, decodeUtf8 } from '../../anchor/bytes.ts'
import { decodeCheckpoint } from '../../anchor/log/checkpoint.ts'
import { manifestLine, manifestLinesOf } from '../../anchor/log/manifest-line.ts'
import { parseVerifierKey } from '../../anchor/log/note/keys.ts'
import { parseNote } from '../../anchor/log/note/note.ts'
import { type Manifest, manifestHash } from '../../anchor/manifest.ts'
import type { SignedCheckpoint } from '../../anchor/verify/signed-checkpoint.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { loadLogKeys } from '../publish/log/log-key.ts'

/**
 * The checkpoint that the log's key signed for a manifest, with the operator's word on the key. Null when none was signed:
 * the ledger has no log, or a restored one was behind what it had signed before.
 *
 * @param servedKey verifier key of the log, for notes whose key nobody endorsed
 */
export async function signedCheckpointOf(
  warehouse: Database,
  manifest: Manifest,
  servedKey: string | undefined,
): Promise<SignedCheckpoint | null> {
  const row = await warehouse.one('SELECT note FROM checkpoint WHERE epoch = $epoch', { epoch: manifest.epoch })
  if (row === undefined) return null
  const bytes = fromBlob(row.note)
  const { text, signatures } = parseNote(bytes)
  const checkpoint = decodeCheckpoint(text)
  const line = manifestLine(manifest.epoch, manifestHash(manifest))
  if (manifestLinesOf(checkpoint).join() !== line || bytesToHex(checkpoint.root) !== manifest.tree.root) return null
  const isSigner = (key: string) => {
    const { name, id } = parseVerifierKey(key)
    return signatures.some((each) => each.name === name && each.id === id)
  }
  const note = decodeUtf8(bytes, 'The note')
  const endorsement = (await loadLogKeys(warehouse)).find(({ key }) => isSigner(key))
  if (endorsement !== undefined) return { key: endorsement.key, note, endorsement }
  return servedKey !== undefined && isSigner(servedKey) ? { key: servedKey, note, endorsement: null } : null
}

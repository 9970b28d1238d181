import { z } from 'zod'
import { bytesToHex, encodeUtf8, hexToBytes } from '../bytes.ts'
import { HASH_BYTES, sha256 } from '../hash.ts'
import { openCheckpoint } from '../log/checkpoint.ts'
import { manifestLine, manifestLinesOf } from '../log/manifest-line.ts'
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../log/note/keys.ts'
import { NOTE_BYTES_MAX } from '../log/note/note.ts'
import { originOf } from '../log/origin.ts'
import { isSameKey, logKeyShape, verifyLogKey } from '../log-key/log-key.ts'
import { encodeManifest, type Manifest } from '../manifest.ts'
import { assertEqual, type Check, ReceiptMismatchError } from './steps.ts'

/** A checkpoint with what its signature is checked by. */
export const signedCheckpointShape = z.strictObject({
  /** Verifier key of the log. */
  key: z.string().min(1).max(1_000),
  /** The signed note, as text. */
  note: z.string().min(1).max(NOTE_BYTES_MAX),
  /** The operator's word on the key; null: nothing in the document says that the key is the ledger's. */
  endorsement: logKeyShape.nullable(),
})
export type SignedCheckpoint = z.infer<typeof signedCheckpointShape>

/** What whoever checks a document knows from elsewhere. */
export interface Trust {
  /** The log's key. */
  readonly logKey?: VerifierKey
  readonly witnesses?: readonly VerifierKey[]
  /** How many of these have to have signed. Default: none. */
  readonly quorum?: number
}

/**
 * Who answers for a manifest, without the chain: `operator`: the key of its genesis, through the log's key; `known key`: the
 * log's key that the reader gave; `unknown key`: a signature that holds, of anybody; `nobody`: there is no checkpoint.
 */
export type Vouched = 'operator' | 'known key' | 'unknown key' | 'nobody'

/** The checks of a checkpoint, in order, for {@link runChecks}. */
export function checkpointChecks(
  manifest: Manifest,
  signed: SignedCheckpoint | null,
  trust: Trust,
): (readonly ['checkpoint' | 'log key', Check])[] {
  if (signed !== null) {
    return [
      ['checkpoint', () => checkNote(manifest, signed, trust)],
      ['log key', () => checkKey(manifest, signed, trust)],
    ]
  }
  if (trust.logKey === undefined && (trust.quorum ?? 0) === 0) return []
  return [['checkpoint', () => missing()]]
}

export function vouchedBy(signed: SignedCheckpoint | null, trust: Trust): Vouched {
  if (signed === null) return 'nobody'
  if (signed.endorsement !== null) return 'operator'
  return trust.logKey === undefined ? 'unknown key' : 'known key'
}

function missing(): never {
  throw new ReceiptMismatchError('checkpoint', 'one of the log’s key', 'none')
}

async function open(signed: SignedCheckpoint, { witnesses = [], quorum = 0 }: Trust) {
  const key = parseVerifierKey(signed.key)
  return { key, ...(await openCheckpoint(encodeUtf8(signed.note, 'The note'), { key, witnesses, quorum })) }
}

/** The log's key signed the tree and the hash of this manifest. */
async function checkNote(manifest: Manifest, signed: SignedCheckpoint, trust: Trust): Promise<string> {
  const { checkpoint, cosignatures } = await open(signed, trust)
  const { tree, ledger, epoch } = manifest
  assertEqual('origin of the checkpoint', originOf(hexToBytes(ledger, HASH_BYTES, 'The ledger')), checkpoint.origin)
  assertEqual('leaves of the checkpoint', tree.size, String(checkpoint.size))
  assertEqual('root of the checkpoint', tree.root, bytesToHex(checkpoint.root))
  const hash = bytesToHex(sha256(encodeManifest(manifest)))
  assertEqual(
    'manifest of the checkpoint',
    manifestLine(epoch, hash),
    manifestLinesOf(checkpoint).join(' and ') || 'none',
  )
  const seen = cosignatures.map(({ key, time_s }) => `${key.name}${time_s === undefined ? '' : ` at ${time_s} s`}`)
  const witnesses = seen.length === 0 ? '' : ` Seen by ${seen.join(' and ')}.`
  return `The log's key signed the tree of ${tree.size} leaves together with this manifest.${witnesses}`
}

/** Whose key that is. */
async function checkKey(manifest: Manifest, signed: SignedCheckpoint, { logKey }: Trust): Promise<string> {
  const key = parseVerifierKey(signed.key)
  if (logKey !== undefined && !isSameKey(key, logKey))
    throw new ReceiptMismatchError('key of the log', formatVerifierKey(logKey), formatVerifierKey(key))
  if (signed.endorsement === null) {
    if (logKey !== undefined) return 'It is the key that you gave.'
    return 'Nothing here says whose key this is: anybody could have made it. Compare it with the log’s verifier key.'
  }
  const endorsed = await verifyLogKey(signed.endorsement)
  if (!isSameKey(key, endorsed.key))
    throw new ReceiptMismatchError('endorsed key', formatVerifierKey(key), formatVerifierKey(endorsed.key))
  assertEqual('ledger of the endorsement', manifest.ledger, endorsed.ledger)
  const { chainId, distributor } = signed.endorsement.genesis
  assertEqual('chain of the genesis', chainId, manifest.payout.chainId)
  assertEqual('distributor of the genesis', distributor, manifest.payout.distributor)
  if (BigInt(manifest.tree.size) < endorsed.fromSize)
    throw new ReceiptMismatchError('leaves of the checkpoint', `at least ${endorsed.fromSize}`, manifest.tree.size)
  return `The operator ${endorsed.operator} says that it is the key of ledger ${endorsed.ledger}, from ${endorsed.fromSize} leaves on (number ${endorsed.sequence}).`
}

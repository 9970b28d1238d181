import { TallyError } from '../../schemas/errors.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { type CheckpointPolicy, type OpenedCheckpoint, openCheckpoint } from '../log/checkpoint.ts'
import { leafHash } from '../log/leaf-hash.ts'
import { NOTE_BYTES_MAX } from '../log/note/note.ts'
import { TREE_SIZE_MAX } from '../log/tree-range.ts'
import { verifyInclusion } from '../log/verify-inclusion.ts'

const FIRST_LINE = 'c2sp.org/tlog-proof@v1'
/** A note, an entry as base64, and 53 hashes with room to spare. */
const PROOF_BYTES_MAX = NOTE_BYTES_MAX + 100_000

/** A proof that an entry is in a log: c2sp.org/tlog-proof, with the entry as its extra data. */
export interface LogProof {
  readonly entry: Uint8Array
  readonly index: number
  /** 32 bytes a node, from the leaf up. */
  readonly proof: readonly Uint8Array[]
  /** The signed checkpoint. */
  readonly note: Uint8Array
}

/** A text is no proof of an entry of a log. */
export class LogProofFormatError extends TallyError {
  override readonly code = 'LOG_PROOF_FORMAT'
  constructor(detail: string) {
    super(`This is no proof of an entry: ${detail}.`, { hint: 'Its shape is in docs/formats.md, section "Log".' })
  }
}

/** The text of a proof. @throws {@link TextEncodingError} */
export function formatLogProof({ entry, index, proof, note }: LogProof): Uint8Array {
  const lines = [FIRST_LINE, `extra ${encodeBase64(entry)}`, `index ${index}`, ...proof.map(encodeBase64)]
  return encodeUtf8(`${lines.join('\n')}\n\n${decodeUtf8(note, 'The checkpoint')}`, 'The proof')
}

/** Reads what {@link formatLogProof} writes, and nothing else. @throws {@link LogProofFormatError} */
export function parseLogProof(bytes: Uint8Array): LogProof {
  if (bytes.length > PROOF_BYTES_MAX) throw new LogProofFormatError(`it has more than ${PROOF_BYTES_MAX} bytes`)
  const text = decodeUtf8(bytes, 'The proof')
  const gap = text.indexOf('\n\n')
  if (gap === -1) throw new LogProofFormatError('it has no checkpoint')
  const [first, extra = '', index = '', ...nodes] = text.slice(0, gap).split('\n')
  if (first !== FIRST_LINE) throw new LogProofFormatError(`its first line is not ${FIRST_LINE}`)
  const entry = extra.startsWith('extra ') ? decodeBase64(extra.slice(6)) : undefined
  if (entry === undefined) throw new LogProofFormatError('its second line is not the entry')
  const place = /^index (0|[1-9]\d{0,15})$/.exec(index)?.[1]
  if (place === undefined || Number(place) > TREE_SIZE_MAX)
    throw new LogProofFormatError('its third line is not the index')
  const proof = nodes.map((node) => {
    const hash = decodeBase64(node)
    if (hash?.length !== HASH_BYTES) throw new LogProofFormatError('a node is not 32 bytes of base64')
    return hash
  })
  return { entry, index: Number(place), proof, note: encodeUtf8(text.slice(gap + 2), 'The checkpoint') }
}

/**
 * Checks a proof offline: the checkpoint by `policy`, and that the entry is in its tree. Runs in a browser.
 *
 * @throws {@link LogProofFormatError}; as {@link openCheckpoint} and {@link verifyInclusion}
 */
export async function verifyLogProof(
  bytes: Uint8Array,
  policy: CheckpointPolicy,
): Promise<LogProof & OpenedCheckpoint> {
  const document = parseLogProof(bytes)
  const opened = await openCheckpoint(document.note, policy)
  const { size: treeSize, root } = opened.checkpoint
  const { entry, index, proof } = document
  verifyInclusion({ leafHash: leafHash(entry), index, treeSize, proof, rootHash: root })
  return { ...document, ...opened }
}

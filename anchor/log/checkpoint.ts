import { TallyError } from '../../schemas/errors.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { HASH_BYTES } from '../hash.ts'
import { hasControls, type NoteSigner, type VerifierKey } from './note/keys.ts'
import { openNote, signNote, type VerifiedSignature } from './note/note.ts'
import { assertHash, assertInRange, TREE_SIZE_MAX } from './tree-range.ts'

/** What a log says of itself at one moment (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** Names the log, for ever; one line. */
  readonly origin: string
  /** Leaves, 0 to 2^53 − 1. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Further lines, none of them empty. Tallystick writes one, see {@link manifestLine}. */
  readonly extensions: readonly string[]
}

/** Which signatures a checkpoint has to bear. */
export interface CheckpointPolicy {
  /** The log's own key; its name is the origin. */
  readonly key: VerifierKey
  /** Keys of witnesses whose cosignatures count; each must verify where it stands. */
  readonly witnesses?: readonly VerifierKey[]
  /** How many of them have to have signed. Default: none. */
  readonly quorum?: number
}

export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint
  /** Of witnesses. */
  readonly cosignatures: readonly VerifiedSignature[]
}

const EXTENSIONS_MAX = 100

/** Text is no checkpoint, or fields cannot be written as one. */
export class CheckpointFormatError extends TallyError {
  override readonly code = 'CHECKPOINT_FORMAT'
  constructor(detail: string) {
    super(`This is no checkpoint: ${detail}.`, { hint: 'Its shape is in docs/formats.md, section "Log".' })
  }
}

/** The checkpoint is of another log than the key, or lacks a signature that was asked for. */
export class CheckpointPolicyError extends TallyError {
  override readonly code = 'CHECKPOINT_POLICY'
  constructor(facts: { what: string; expected: string | number; found: string | number }) {
    super(`The checkpoint’s ${facts.what}: expected ${facts.expected}, found ${facts.found}.`, {
      facts,
      hint: 'Check that the checkpoint, the key and the witnesses belong to one log.',
    })
  }
}

/** The text that is signed. @throws {@link CheckpointFormatError}, {@link TreeRangeError}, {@link HashLengthError} */
export function encodeCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  assertInRange('Tree size', size, 0, TREE_SIZE_MAX)
  assertHash('Root', root)
  const lines = [origin, String(size), encodeBase64(root), ...extensions]
  if (lines.some((line) => line === '' || line.includes('\n') || hasControls(line)))
    throw new CheckpointFormatError('origin and extensions are lines that are not empty')
  if (extensions.length > EXTENSIONS_MAX) throw new CheckpointFormatError(`more than ${EXTENSIONS_MAX} extension lines`)
  return `${lines.join('\n')}\n`
}

/** Reads what {@link encodeCheckpoint} writes, and nothing else. @throws {@link CheckpointFormatError} */
export function decodeCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new CheckpointFormatError('its last line has no end')
  const [origin = '', size = '', root = '', ...extensions] = lines
  const hash = decodeBase64(root)
  const number = Number(size)
  if (lines.some((line) => line === '')) throw new CheckpointFormatError('it has an empty line')
  if (extensions.length > EXTENSIONS_MAX) throw new CheckpointFormatError(`more than ${EXTENSIONS_MAX} extension lines`)
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || number > TREE_SIZE_MAX)
    throw new CheckpointFormatError('its second line is no tree size from 0 to 2^53 − 1')
  if (hash?.length !== HASH_BYTES) throw new CheckpointFormatError('its third line is not 32 bytes of base64')
  return { origin, size: number, root: hash, extensions }
}

/** A signed note over the checkpoint. @throws {@link CheckpointPolicyError} the key bears another name than the origin */
export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): Uint8Array {
  assertOrigin(checkpoint, signer.key)
  return signNote(encodeCheckpoint(checkpoint), [signer])
}

/**
 * Reads a checkpoint and checks that its log signed it, and as many witnesses as `policy` asks for.
 *
 * @throws {@link NoteFormatError}, {@link NoteSignatureError}, {@link NoteUnsignedError}, {@link TextEncodingError}
 * @throws {@link CheckpointFormatError}, {@link CheckpointPolicyError}
 */
export async function openCheckpoint(note: Uint8Array, policy: CheckpointPolicy): Promise<OpenedCheckpoint> {
  const { key, witnesses = [], quorum = 0 } = policy
  const { text, verified } = await openNote(note, [key, ...witnesses])
  const checkpoint = decodeCheckpoint(text)
  assertOrigin(checkpoint, key)
  if (!verified.some((each) => each.key === key))
    throw new CheckpointPolicyError({ what: 'signature of its log', expected: key.name, found: 'none' })
  const cosignatures = verified.filter((each) => each.key !== key)
  const signed = new Set(cosignatures.map((each) => each.key)).size
  if (signed < quorum) throw new CheckpointPolicyError({ what: 'number of witnesses', expected: quorum, found: signed })
  return { checkpoint, cosignatures }
}

function assertOrigin({ origin }: Checkpoint, { name }: VerifierKey): void {
  if (origin !== name) throw new CheckpointPolicyError({ what: 'origin', expected: name, found: origin })
}

import { decodeBase64, encodeBase64 } from '../../base64.ts'
import { decodeUtf8, encodeUtf8 } from '../../bytes.ts'
import { verifyEd25519 } from './ed25519.ts'
import { NoteFormatError, NoteSignatureError, NoteUnsignedError } from './errors.ts'
import { cosignedMessage, hasControls, isKeyName, type NoteSigner, type VerifierKey } from './keys.ts'

/** One line under a note; who it is from is only claimed. */
export interface NoteSignature {
  readonly name: string
  /** u32. */
  readonly id: number
  /** What stands behind the key id, at least one byte. */
  readonly signature: Uint8Array
}

export interface SignedNote {
  /** Ends with a line end. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A signature that verified. */
export interface VerifiedSignature {
  readonly key: VerifierKey
  /** Of a cosignature: when the witness saw the checkpoint, by its own clock, seconds since 1970. */
  readonly time_s: bigint | undefined
}

/** Limits of Go's sumdb/note: what one side of a log takes, the other must take too. */
export const NOTE_BYTES_MAX = 1_000_000
const NOTE_SIGNATURES_MAX = 100

const KEY_ID_BYTES = 4
const TIME_BYTES = 8
const DASH = '— '
const GAP = '\n\n'

/**
 * Reads a signed note; every note has exactly one form in bytes, and nothing else is read. No signature is checked here.
 *
 * @throws {@link NoteFormatError}, {@link TextEncodingError}
 * c2sp.org/signed-note, section "Format".
 */
export function parseNote(bytes: Uint8Array): SignedNote {
  if (bytes.length > NOTE_BYTES_MAX) throw new NoteFormatError(`it has more than ${NOTE_BYTES_MAX} bytes`)
  const note = decodeUtf8(bytes, 'The note')
  if (hasControls(note)) throw new NoteFormatError('it holds a control character')
  // The last empty line: the text may have empty lines of its own.
  const gap = note.lastIndexOf(GAP)
  if (gap === -1) throw new NoteFormatError('no empty line parts text and signatures')
  const lines = note.slice(gap + GAP.length).split('\n')
  if (lines.pop() !== '' || lines.length === 0) throw new NoteFormatError('it does not end with a signature line')
  if (lines.length > NOTE_SIGNATURES_MAX)
    throw new NoteFormatError(`it has more than ${NOTE_SIGNATURES_MAX} signatures`)
  return { text: note.slice(0, gap + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [name = '', base64 = '', ...rest] = line.slice(DASH.length).split(' ')
  const bytes = decodeBase64(base64)
  const isWhole = line.startsWith(DASH) && rest.length === 0 && isKeyName(name)
  if (!isWhole || bytes === undefined || bytes.length <= KEY_ID_BYTES)
    throw new NoteFormatError('a signature line is not a dash, a key name and base64')
  return { name, id: viewOf(bytes).getUint32(0), signature: bytes.subarray(KEY_ID_BYTES) }
}

/** Bytes of a note. @throws {@link NoteFormatError} the text cannot stand in a note */
export function formatNote({ text, signatures }: SignedNote): Uint8Array {
  if (!text.endsWith('\n') || hasControls(text))
    throw new NoteFormatError('its text needs whole lines without controls')
  const lines = signatures.map(({ name, id, signature }) => {
    const bytes = new Uint8Array(KEY_ID_BYTES + signature.length)
    viewOf(bytes).setUint32(0, id)
    bytes.set(signature, KEY_ID_BYTES)
    return `${DASH}${name} ${encodeBase64(bytes)}\n`
  })
  return encodeUtf8(`${text}\n${lines.join('')}`, 'The note')
}

/**
 * Puts the signatures of `signers` under a text, or under a note that others have signed.
 *
 * @param note text that ends with a line end, or a note whose signatures stay
 * @throws {@link NoteFormatError}
 */
export function signNote(note: string | SignedNote, signers: readonly NoteSigner[]): Uint8Array {
  const { text, signatures } = typeof note === 'string' ? { text: note, signatures: [] } : note
  const added = signers.map(({ key, sign }) => ({ name: key.name, id: key.id, signature: sign(text) }))
  return formatNote({ text, signatures: [...signatures, ...added] })
}

/**
 * Reads a note and checks what the given keys have signed. Signatures of other keys are ignored, as the specification
 * asks: who wants one of a certain key looks for it in what this returns.
 *
 * @throws {@link NoteFormatError}, {@link TextEncodingError}
 * @throws {@link NoteSignatureError} one of `keys` stands under it and did not sign this
 * @throws {@link NoteUnsignedError}  none of `keys` stands under it
 * c2sp.org/signed-note, section "Signatures".
 */
export async function openNote(
  bytes: Uint8Array,
  keys: readonly VerifierKey[],
): Promise<{ readonly text: string; readonly verified: readonly VerifiedSignature[] }> {
  const { text, signatures } = parseNote(bytes)
  const verified: VerifiedSignature[] = []
  for (const signature of signatures) {
    const known = keys.filter(({ name, id }) => name === signature.name && id === signature.id)
    if (known.length > 0) verified.push(await verifyOne(text, signature, known))
  }
  if (verified.length === 0) {
    const names = (of: readonly { name: string }[]) => of.map(({ name }) => name).join(', ')
    throw new NoteUnsignedError({ wanted: names(keys), found: names(signatures) })
  }
  return { text, verified }
}

/** @param known keys of this name and id; more than one only where ids collide */
async function verifyOne(
  text: string,
  { name, signature }: NoteSignature,
  known: readonly VerifierKey[],
): Promise<VerifiedSignature> {
  for (const key of known) {
    if (key.type === 'ed25519') {
      if (await verifyEd25519(key.publicKey, encodeUtf8(text, 'Note'), signature)) return { key, time_s: undefined }
      continue
    }
    if (signature.length <= TIME_BYTES) continue
    const time_s = viewOf(signature).getBigInt64(0)
    if (time_s < 0n) continue // above 2^63 − 1, which no cosignature has
    const message = cosignedMessage(time_s, text)
    if (await verifyEd25519(key.publicKey, message, signature.subarray(TIME_BYTES))) return { key, time_s }
  }
  throw new NoteSignatureError({ key: name })
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

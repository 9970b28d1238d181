import { decodeBase64, encodeBase64 } from '../../base64.ts'
import { encodeUtf8 } from '../../bytes.ts'
import { sha256 } from '../../hash.ts'
import { ED25519_KEY_BYTES, ed25519Of, randomSeed } from './ed25519.ts'
import { NoteKeyError } from './errors.ts'

/**
 * What a key signs: the text itself, or, as a witness of a log, a checkpoint with the time at which it was seen
 * (c2sp.org/tlog-cosignature). The number is the type's byte in key ids and verifier keys.
 */
export const NOTE_KEY_TYPES = { ed25519: 0x01, cosignature: 0x04 } as const
export type NoteKeyType = keyof typeof NOTE_KEY_TYPES

/** A key that signed notes are checked with. */
export interface VerifierKey {
  readonly name: string
  /** u32; tells keys of one name apart, and is no strong hash. */
  readonly id: number
  readonly type: NoteKeyType
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

/** What signs notes. */
export interface NoteSigner {
  readonly key: VerifierKey
  /** @returns what stands behind the key id in a signature line */
  sign(text: string): Uint8Array
}

const KEY_TEXT_MAX = 1_000
const PRIVATE = 'PRIVATE+KEY+'
/** What a cosignature is over, in front of the note's text. */
const COSIGNATURE_HEADER = 'cosignature/v1\n'
const TIME_MAX = 2n ** 63n - 1n

/** Key names hold no spaces and no plus (c2sp.org/signed-note), and no characters that a note cannot have. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}\p{Surrogate}+]/u.test(name) && !hasControls(name)
}

/** Whether a text has characters below U+0020 other than the end of a line. */
export function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 && code !== 0x0a) return true
  }
  return false
}

/** The key with its id: SHA-256(name ‖ 0x0A ‖ type ‖ public key), first four bytes. @throws {@link NoteKeyError} */
export function verifierKey(name: string, type: NoteKeyType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new NoteKeyError('its name is empty, or holds a space, a plus or a control character')
  if (publicKey.length !== ED25519_KEY_BYTES) throw new NoteKeyError(`it has ${publicKey.length} bytes, not 32`)
  const digest = sha256(Uint8Array.of(...encodeUtf8(name, 'Key name'), 0x0a, NOTE_KEY_TYPES[type], ...publicKey))
  return { name, id: new DataView(digest.buffer, digest.byteOffset).getUint32(0), type, publicKey }
}

/** `name+hash+base64(type ‖ public key)`: a vkey of c2sp.org/signed-note. */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${hexOf(id)}+${encodeBase64(Uint8Array.of(NOTE_KEY_TYPES[type], ...publicKey))}`
}

/** Reads what {@link formatVerifierKey} writes, and nothing else. @throws {@link NoteKeyError} */
export function parseVerifierKey(text: string): VerifierKey {
  const { name, id, type, bytes } = parseKey(text)
  const key = verifierKey(name, type, bytes)
  if (key.id !== id) throw new NoteKeyError('its hash is not that of its name and its bytes')
  return key
}

/** A new signing key: `PRIVATE+KEY+name+hash+base64(type ‖ seed)`, as Go's sumdb/note writes it. Secret. */
export function generateSigningKey(name: string, type: NoteKeyType = 'ed25519', seed = randomSeed()): string {
  const { id } = verifierKey(name, type, ed25519Of(seed).publicKey)
  return `${PRIVATE}${name}+${hexOf(id)}+${encodeBase64(Uint8Array.of(NOTE_KEY_TYPES[type], ...seed))}`
}

/**
 * The signer of a text that {@link generateSigningKey} or Go's sumdb/note wrote.
 *
 * @param clock_s for cosignatures: when the checkpoint was seen, seconds since 1970
 * @throws {@link NoteKeyError}
 */
export function signerOf(signingKey: string, clock_s = () => Math.floor(Date.now() / 1_000)): NoteSigner {
  if (!signingKey.startsWith(PRIVATE)) throw new NoteKeyError('it does not begin with PRIVATE+KEY+')
  const { name, id, type, bytes } = parseKey(signingKey.slice(PRIVATE.length))
  if (bytes.length !== ED25519_KEY_BYTES) throw new NoteKeyError('its seed is not 32 bytes')
  const { publicKey, sign } = ed25519Of(bytes)
  const key = verifierKey(name, type, publicKey)
  if (key.id !== id) throw new NoteKeyError('its hash is not that of its name and its bytes')
  if (type === 'ed25519') return { key, sign: (text) => sign(encodeUtf8(text, 'Note')) }
  return {
    key,
    sign(text) {
      const time_s = BigInt(clock_s())
      return Uint8Array.of(...u64(time_s), ...sign(cosignedMessage(time_s, text)))
    },
  }
}

/** The bytes that a witness signs. @throws {@link NoteKeyError} the time does not fit */
export function cosignedMessage(time_s: bigint, text: string): Uint8Array {
  if (time_s < 0n || time_s > TIME_MAX) throw new NoteKeyError('the time of a cosignature is below 0 or above 2^63 − 1')
  return encodeUtf8(`${COSIGNATURE_HEADER}time ${time_s}\n${text}`, 'Note')
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

function hexOf(id: number): string {
  return id.toString(16).padStart(8, '0')
}

function parseKey(text: string): { name: string; id: number; type: NoteKeyType; bytes: Uint8Array } {
  if (text.length > KEY_TEXT_MAX) throw new NoteKeyError(`it has more than ${KEY_TEXT_MAX} characters`)
  const [name = '', hash = '', ...rest] = text.split('+')
  // The base64 may hold plus signs of its own; a name may not.
  const bytes = decodeBase64(rest.join('+'))
  if (!isKeyName(name) || !/^[0-9a-f]{8}$/.test(hash) || bytes === undefined)
    throw new NoteKeyError('it is not name, eight hex digits and base64, with a plus between')
  const type = (Object.keys(NOTE_KEY_TYPES) as NoteKeyType[]).find((each) => NOTE_KEY_TYPES[each] === bytes[0])
  if (type === undefined) throw new NoteKeyError(`its type is ${bytes[0] ?? 'missing'}; known are 1 and 4`)
  return { name, id: Number.parseInt(hash, 16), type, bytes: bytes.subarray(1) }
}

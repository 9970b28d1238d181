/** Bytes of an Ed25519 public key, and of the seed of a private one. RFC 8032 §5.1.5. */
export const ED25519_KEY_BYTES = 32
const ED25519_SIGNATURE_BYTES = 64

/** DER in front of a raw public key (SubjectPublicKeyInfo) and of a seed (PKCS #8). RFC 8410 §4, §7. */
const SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)
const PKCS8 = Uint8Array.of(
  ...[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20],
)

/**
 * Whether `signature` is Ed25519 over `message`. With Node's own crypto; in a browser with WebCrypto, which has Ed25519 in
 * all current ones.
 *
 * @param publicKey 32 bytes
 * @param signature 64 bytes; any other length is no signature
 */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false
  const node = nodeCrypto()
  if (node !== undefined) {
    const key = node.createPublicKey({ key: joined(SPKI, publicKey), format: 'der', type: 'spki' })
    return node.verify(null, message, key, signature)
  }
  const { subtle } = globalThis.crypto
  const key = await subtle.importKey('raw', Uint8Array.from(publicKey), 'Ed25519', false, ['verify'])
  return subtle.verify('Ed25519', key, Uint8Array.from(signature), Uint8Array.from(message))
}

/**
 * Signs in Node; nothing that runs in a browser holds a log's key.
 *
 * @param seed 32 bytes
 */
export function ed25519Of(seed: Uint8Array): { publicKey: Uint8Array; sign(message: Uint8Array): Uint8Array } {
  const node = requireNodeCrypto()
  const key = node.createPrivateKey({ key: joined(PKCS8, seed), format: 'der', type: 'pkcs8' })
  const spki = node.createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: Uint8Array.from(spki.subarray(SPKI.length)),
    sign: (message) => Uint8Array.from(node.sign(null, message, key)),
  }
}

/** 32 bytes of the system's randomness. */
export function randomSeed(): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(ED25519_KEY_BYTES))
}

function nodeCrypto() {
  // `getBuiltinModule` instead of an import: a bundler for the browser finds nothing here that it cannot resolve.
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined
  return process.getBuiltinModule('node:crypto')
}

function requireNodeCrypto() {
  const node = nodeCrypto()
  if (node === undefined) throw new TypeError('Signing needs Node.')
  return node
}

function joined(head: Uint8Array, tail: Uint8Array): Buffer {
  return Buffer.concat([head, tail])
}

/** RFC 4648 §4 with padding, in Node and in the browser. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/**
 * The bytes of base64, or undefined. Every byte string has exactly one form: `atob` alone would skip spaces, and ignore bits
 * behind the last byte, so that a changed text could mean the same.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  let bytes: Uint8Array
  try {
    bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined // no base64 at all: atob says so by throwing
  }
  return encodeBase64(bytes) === text ? bytes : undefined
}

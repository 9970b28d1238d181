const BITS = 7
const MORE = 0x80
const INT_BYTES_MAX = 5

/**
 * Reads Kafka's own bytes as its broker does: zigzag varints of at most five bytes (KIP-98). Never throws; what cannot be read,
 * or would lie beyond the end, sets `broken`, and nothing that is read after that means anything.
 */
export class VarintReader {
  readonly #bytes: Uint8Array
  at = 0
  broken = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  int(): number {
    const bytes = this.#bytes
    let value = 0
    for (let read = 0; read < INT_BYTES_MAX; read++) {
      const byte = bytes[this.at++]
      if (byte === undefined) break
      value |= (byte & (MORE - 1)) << (read * BITS)
      if (byte < MORE) return (value >>> 1) ^ -(value & 1)
    }
    this.broken = true
    return 0
  }

  /** Passes over an integer of up to `bytesMax` bytes. */
  skipInt(bytesMax: number): void {
    for (let read = 0; read < bytesMax; read++) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) break
      if (byte < MORE) return
    }
    this.broken = true
  }

  /** Passes over bytes; fewer than none are none, as they are to the broker. */
  skip(length: number): void {
    if (length <= 0) return
    if (length > this.#bytes.length - this.at) this.broken = true
    else this.at += length
  }
}

/** A length as Kafka writes it. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = ((value << 1) ^ (value >> 31)) >>> 0
  for (; left >= MORE; left >>>= BITS) bytes.push((left & (MORE - 1)) | MORE)
  return Buffer.from([...bytes, left])
}

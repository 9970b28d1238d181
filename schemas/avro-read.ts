/** Where a reader stands in a value. */
export interface Tap {
  readonly buf: Buffer
  pos: number
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const INT_BYTES_MAX = 5
const LONG_BYTES_MAX = 10
const FLOAT_BYTES = 4
const DOUBLE_BYTES = 8

// Avro's primitives, read strictly: what one reader would round, wrap or replace and another refuse is refused, so that
// everybody decides the same. All of them throw a RangeError or TypeError on bytes that are no such value.

/** An Avro int: a zigzag varint of at most 32 bits. avsc reads more and rounds, other readers refuse. */
export function readInt(tap: Tap): number {
  let value = 0
  for (let index = 0; index < INT_BYTES_MAX; index++) {
    const byte = readByte(tap)
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) {
      if (value >= 2 ** 32) break
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }
  throw new RangeError('An int does not fit 32 bits.')
}

/** Longs of one byte, by that byte: most are, and arithmetic on bigint takes longer than all else that is read. */
const SHORT_LONGS = Array.from({ length: 0x80 }, (_, byte) => BigInt(byte % 2 === 0 ? byte / 2 : -(byte + 1) / 2))

/** An Avro long: a zigzag varint of at most 64 bits, where avsc would wrap. */
export function readLong(tap: Tap): bigint {
  const first = readByte(tap)
  if (first < 0x80) return SHORT_LONGS[first]!
  let value = BigInt(first & 0x7f)
  for (let index = 1; index < LONG_BYTES_MAX; index++) {
    const byte = readByte(tap)
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) {
      if (value >> 64n !== 0n) break
      return value & 1n ? -((value + 1n) >> 1n) : value >> 1n
    }
  }
  throw new RangeError('A long does not fit 64 bits.')
}

function readByte(tap: Tap): number {
  const byte = tap.buf[tap.pos++]
  if (byte === undefined) throw new RangeError('A number goes on behind the end of the value.')
  return byte
}

export function readBoolean(tap: Tap): boolean {
  const byte = readByte(tap)
  if (byte > 1) throw new RangeError('A boolean is neither 0 nor 1.')
  return byte === 1
}

export function readFloat(tap: Tap): number {
  return take(tap, FLOAT_BYTES).readFloatLE(0)
}

export function readDouble(tap: Tap): number {
  return take(tap, DOUBLE_BYTES).readDoubleLE(0)
}

/** Of what is empty there is nothing to change: all share it. */
const NO_BYTES = Buffer.alloc(0)

function readLength(tap: Tap): number {
  return Number(readLong(tap))
}

/** A copy, so that a value does not keep the whole batch it came in. */
export function readBytes(tap: Tap): Buffer {
  const length = readLength(tap)
  return length === 0 ? NO_BYTES : Buffer.from(take(tap, length))
}

export function readFixed(tap: Tap, length: number): Buffer {
  return Buffer.from(take(tap, length))
}

/** Text that is not UTF-8 is refused: read with replacement characters, different bytes would become one identifier. */
export function readString(tap: Tap): string {
  return utf8.decode(take(tap, readLength(tap)))
}

/** The place of an enum's symbol or a union's branch, an int for the first and a long for the second. */
export function readIndex(index: number | bigint, count: number): number {
  if (index < 0 || index >= count) throw new RangeError(`Index ${index} is none of ${count}.`)
  return Number(index)
}

/**
 * Items of an array or a map, block by block. A block's header may claim any number of items: nine bytes could ask for 10^12
 * and be noticed only at the end. Every item of a schema that we read takes at least one byte (docs/formats.md#schemas), so
 * a claim above the bytes left is refused at once.
 */
export function readBlocks(tap: Tap, readItem: (tap: Tap) => void): void {
  for (;;) {
    let count = readLong(tap)
    if (count === 0n) return
    if (count < 0n) {
      count = -count
      readLong(tap) // bytes of the block
    }
    if (count > BigInt(tap.buf.length - tap.pos))
      throw new RangeError('An array claims more items than the value has bytes.')
    for (; count > 0n; count--) readItem(tap)
  }
}

/** Big-endian two's complement: how an Avro decimal holds its number. No bytes are 0. */
export function signedInteger(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
}

function take(tap: Tap, length: number): Buffer {
  if (length < 0 || length > tap.buf.length - tap.pos) throw new RangeError('A field is longer than the value.')
  tap.pos += length
  return tap.buf.subarray(tap.pos - length, tap.pos)
}

/** A value of Thrift's compact protocol, as far as Parquet uses it. */
export type ThriftValue = number | boolean | Uint8Array | ThriftStruct | readonly ThriftValue[]

/** By field id. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

const TYPES = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 }
/** Structs of Parquet lie at most seven deep. */
const DEPTH_MAX = 16
/** Of 64 bits, seven to a byte. */
const VARINT_BYTES_MAX = 10

/**
 * Reads one struct of a stranger. Every step takes at least a byte, so that neither time nor memory exceeds what the bytes
 * themselves are; whole numbers above 2^53 come out rounded, and whoever uses one asks whether it is safe.
 *
 * @throws RangeError when the bytes are no such struct
 */
export function readStruct(bytes: Uint8Array, at: number): { readonly struct: ThriftStruct; readonly end: number } {
  const reader = new ThriftReader(bytes, at)
  const struct = reader.struct(0)
  return { struct, end: reader.at }
}

class ThriftReader {
  at: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  struct(depth: number): ThriftStruct {
    if (depth > DEPTH_MAX) throw new RangeError(`structs more than ${DEPTH_MAX} deep`)
    const fields = new Map<number, ThriftValue>()
    for (let id = 0; ; ) {
      const head = this.#byte()
      const type = head & 15
      if (type === TYPES.stop) return fields
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4)
      fields.set(id, this.#value(type, depth))
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case TYPES.true:
        return true
      case TYPES.false:
        return false
      case TYPES.byte:
        return this.#byte()
      case TYPES.i16:
      case TYPES.i32:
      case TYPES.i64:
        return this.#zigzag()
      case TYPES.double:
        return this.#view.getFloat64(this.#skip(8), true)
      case TYPES.binary:
        return this.#binary()
      case TYPES.list:
        return this.#list(depth)
      case TYPES.struct:
        return this.struct(depth + 1)
      default:
        throw new RangeError(`a Thrift type ${type}`)
    }
  }

  #list(depth: number): ThriftValue[] {
    const head = this.#byte()
    const count = head >> 4 === 15 ? this.#varint() : head >> 4
    // Every element takes a byte at least.
    if (count > this.#bytes.length - this.at) throw new RangeError('a list longer than its bytes')
    const type = head & 15
    const isBoolean = type === TYPES.true || type === TYPES.false
    const values: ThriftValue[] = []
    for (let i = 0; i < count; i++) values.push(isBoolean ? this.#byte() === 1 : this.#value(type, depth + 1))
    return values
  }

  #binary(): Uint8Array {
    const length = this.#varint()
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #varint(): number {
    let value = 0
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw new RangeError('a number longer than 64 bits')
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)]!
  }

  /** @returns where the bytes begin that are passed over */
  #skip(length: number): number {
    const start = this.at
    if (length > this.#bytes.length - start) throw new RangeError('bytes that end too early')
    this.at += length
    return start
  }
}

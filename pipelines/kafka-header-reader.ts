import { VarintReader } from './kafka-varint.ts'

/**
 * Goes through the headers of one record in Kafka's own bytes: a varint count, then for each header a varint length and the
 * name, a varint length and the value (record format v2, KIP-82). Whoever wants headers from these bytes reads them here, or
 * what is stored could differ from what is decided.
 *
 * As Kafka's Java client does it, any length below zero makes a value null, not only -1. Never throws: headers end before the
 * first that is none (a name of negative length, a varint of more than five bytes, a length beyond the record). Kafka's
 * broker takes no such record, so that only says that every reader goes on, and with the same headers.
 */
export class KafkaHeaderReader {
  readonly #reader: VarintReader
  #left: number
  nameAt = 0
  nameEnd = 0
  valueAt = 0
  valueEnd = 0
  /** Whether the value is null. */
  isNull = false

  constructor(bytes: Uint8Array) {
    this.#reader = new VarintReader(bytes)
    this.#left = this.#reader.int()
  }

  /** Moves to the next header; false when there is none. */
  next(): boolean {
    if (this.#left <= 0) return false
    this.#left--
    const reader = this.#reader
    const nameLength = reader.int()
    this.nameAt = reader.at
    reader.skip(nameLength)
    this.nameEnd = reader.at
    const valueLength = reader.int()
    this.isNull = valueLength < 0
    this.valueAt = reader.at
    reader.skip(valueLength)
    this.valueEnd = reader.at
    if (!reader.broken && nameLength >= 0) return true
    this.#left = 0
    return false
  }
}

import type { KafkaMessage } from 'kafkajs'
import { decodeKafkaHeaders, headersOf, type UndecodedHeaders } from './kafka-headers.ts'
import { ProducerTimeError } from './kafka-source-errors.ts'
import type { LogRecord } from './record-source.ts'

const LOG_APPEND_TIME = 1

/** What kafkajs also hangs on a message and does not declare. */
interface BatchContext {
  readonly batchContext?: { readonly timestampType?: number }
}

/** Made for every record that is read: headers are decoded only for those who ask. */
class KafkaRecord implements LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly appendTimeMs: bigint
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly #headers: UndecodedHeaders

  constructor(topic: string, partition: number, offset: bigint, message: KafkaMessage) {
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.appendTimeMs = BigInt(message.timestamp)
    this.key = message.key
    this.value = message.value
    this.#headers = headersOf(message)
  }

  get headerBytes(): Uint8Array {
    return this.#headers.bytes
  }

  get headers(): LogRecord['headers'] {
    return decodeKafkaHeaders(this.headerBytes)
  }
}

/**
 * A message as a {@link LogRecord}; key, headers and value share memory with the fetched batch.
 * @throws ProducerTimeError
 */
export function recordOf(topic: string, partition: number, message: KafkaMessage & BatchContext): LogRecord {
  const offset = BigInt(message.offset)
  if (message.batchContext?.timestampType !== LOG_APPEND_TIME) throw new ProducerTimeError({ topic, partition, offset })
  return new KafkaRecord(topic, partition, offset, message)
}

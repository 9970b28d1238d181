import type { KafkaMessage } from 'kafkajs'
import { headersOf } from './kafka-headers.ts'
import { ProducerTimeError } from './kafka-source-errors.ts'
import type { LogRecord } from './record-source.ts'

const LOG_APPEND_TIME = 1

/** What kafkajs also hangs on a message and does not declare. */
interface BatchContext {
  readonly batchContext?: { readonly timestampType?: number }
}

/**
 * A message as a {@link LogRecord}; key and value share memory with the fetched batch.
 * @throws ProducerTimeError
 */
export function recordOf(topic: string, partition: number, message: KafkaMessage & BatchContext): LogRecord {
  const offset = BigInt(message.offset)
  if (message.batchContext?.timestampType !== LOG_APPEND_TIME) throw new ProducerTimeError({ topic, partition, offset })
  return {
    topic,
    partition,
    offset,
    appendTimeMs: BigInt(message.timestamp),
    key: message.key,
    headers: headersOf(message),
    value: message.value,
  }
}

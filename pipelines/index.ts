export { EmbeddedLog, type EmbeddedLogOptions } from './embedded-log.ts'
export { type IngestCounts, type IngestOptions, ingest } from './ingest.ts'
export { openKafkaSink } from './kafka-sink.ts'
export { type KafkaSourceOptions, openKafkaSource } from './kafka-source.ts'
export { MemoryLog } from './memory-source.ts'
export { FolderPayloadStore, type PayloadStore, type StoredPayload } from './payload-store.ts'
export type {
  LogRecord,
  NewRecord,
  PartitionBounds,
  PartitionOffset,
  ReadOptions,
  RecordBatch,
  RecordSink,
  RecordSource,
} from './record-source.ts'
export { OffsetOutOfRangeError, SourceUnavailableError, TopicMissingError } from './record-source-errors.ts'

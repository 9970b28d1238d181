import type { PartitionOffset } from './record-source.ts'

export interface PartitionState {
  readonly partition: number
  /** Node id; -1 when none leads it, so that nobody can read or write it. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

export interface TopicState {
  readonly topic: string
  /** Ascending. */
  readonly partitions: readonly PartitionState[]
  /** Every setting by name, as it takes effect; null when this client may not ask. */
  readonly settings: ReadonlyMap<string, string> | null
}

export interface TopicToCreate {
  readonly topic: string
  readonly partitions: number
  readonly replication: number
  readonly settings: Readonly<Record<string, string>>
}

/**
 * What `tally doctor` and `tally topics create` ask of a broker and tell it. An implementation promises:
 * - nothing but `createTopic`, `changeSettings`, `addPartitions` and `appendTime` changes anything;
 * - a setting that is not named in `changeSettings` stays as it is;
 * - what the client may not do is a {@link NotPermittedError}, a broker that is not there a SourceUnavailableError.
 */
export interface LogAdmin {
  /** Ids of the nodes that are up. */
  nodes(): Promise<readonly number[]>
  /** Those of the topics that exist, in the order given. */
  topics(names: readonly string[]): Promise<readonly TopicState[]>
  /** One that exists already is left as it is. @throws TopicRefusedError */
  createTopic(topic: TopicToCreate): Promise<void>
  /** @throws TopicRefusedError */
  changeSettings(topic: string, changes: Readonly<Record<string, string>>): Promise<void>
  /** @param partitions how many there are to be in all, more than now @throws TopicRefusedError */
  addPartitions(topic: string, partitions: number): Promise<void>
  /** What a consumer group committed, of each partition of the topics for which it did. */
  groupOffsets(groupId: string, topics: readonly string[]): Promise<readonly PartitionOffset[]>
  /** Appends one empty record to the topic. @returns the broker's time of that, Unix milliseconds */
  appendTime(topic: string): Promise<bigint>
}

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** Broker settings of the topic, over the defaults (LogAppendTime, no compaction, no retention limit). */
  readonly config?: Readonly<Record<string, string>>
}

export interface RunningKafka {
  /** `host:port` of each node. */
  readonly brokers: string[]
  /** The JVM of the first node. */
  readonly pid: number
  readonly pids: readonly number[]
  /** Data and logs of the nodes; removed by `stop`. */
  readonly folder: string
  /** Resolves when a node has ended, for whatever reason. */
  readonly exited: Promise<void>
  createTopics(topics: readonly NewTopic[]): Promise<void>
  /** Deletes every record of the partition below `offset`, as retention would. */
  deleteRecords(topic: string, partition: number, offset: bigint): Promise<void>
  /** SIGTERM, after a while SIGKILL; then removes the folder. */
  stop(): Promise<void>
}

/** Whether this machine can run Kafka; `hint` says in one line what is missing and how to get it. */
export function kafkaAvailable(): { readonly available: boolean; readonly hint: string }

/** Starts Kafka on free loopback ports and waits until it answers. Default: one node. */
export function startKafka(options?: { readonly nodes?: number }): Promise<RunningKafka>

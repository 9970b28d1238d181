export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** Default: all nodes, at most three. */
  readonly replicationFactor?: number
  /** Broker settings of the topic, over the defaults (LogAppendTime, no compaction, no retention limit). */
  readonly config?: Readonly<Record<string, string>>
}

/** One node. Its port and folder are its own for as long as the cluster lives. */
export interface KafkaNode {
  readonly id: number
  /** `host:port` without encryption. */
  readonly broker: string
  /** The JVM that runs now, or ran last. */
  readonly pid: number
  /** Neither ended nor paused. */
  readonly running: boolean
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): Promise<void>
  /** SIGCONT. */
  resume(): Promise<void>
  /** SIGTERM, after a while SIGKILL; resolves when it is gone. */
  stop(): Promise<void>
  /** After `kill` or `stop`: starts it on what it left, resolves when it answers. */
  restart(): Promise<void>
}

/** The listener with TLS and SASL. Who signs in by which mechanism: one user each. */
export interface SecureListener {
  readonly brokers: string[]
  /** The certificate to trust, as PEM, and the file that holds it. */
  readonly ca: string
  readonly caFile: string
  readonly users: readonly {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }[]
}

export interface RunningKafka {
  readonly nodes: readonly KafkaNode[]
  /** `host:port` of each node. */
  readonly brokers: string[]
  /** With `security: 'sasl_ssl'`. */
  readonly secure: SecureListener | null
  /** The JVM of the first node. */
  readonly pid: number
  /** Data and logs of the nodes; removed by `stop`. */
  readonly folder: string
  /** Resolves when a node has ended that nobody here told to. */
  readonly exited: Promise<void>
  createTopics(topics: readonly NewTopic[]): Promise<void>
  /** Raises the number of the topic's partitions to `total`. */
  addPartitions(topic: string, total: number): Promise<void>
  /** Resolves when no running node knows the topic any more. */
  deleteTopic(topic: string): Promise<void>
  /** Deletes every record of the partition below `offset`, as retention would. */
  deleteRecords(topic: string, partition: number, offset: bigint): Promise<void>
  /** Index in `nodes` of the partition's leader; waits while that is nobody, or a node that does not run. */
  leaderOf(topic: string, partition: number): Promise<number>
  /** SIGTERM, after a while SIGKILL; then removes the folder. */
  stop(): Promise<void>
}

/** Whether this machine can run Kafka; `hint` says in one line what is missing and how to get it. */
export function kafkaAvailable(): { readonly available: boolean; readonly hint: string }

/**
 * Starts Kafka on free loopback ports and waits until it answers. Default: one node, without encryption; `sasl_ssl` adds a
 * listener with TLS where users sign in.
 */
export function startKafka(options?: { readonly nodes?: 1 | 3; readonly security?: 'sasl_ssl' }): Promise<RunningKafka>

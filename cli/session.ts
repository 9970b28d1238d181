import { mkdirSync } from 'node:fs'
import type { ActContext } from '../anchor/chain/act-once.ts'
import type { TransactionStore } from '../anchor/chain/transaction-store.ts'
import { WarehouseTransactionStore } from '../jobs/anchoring/warehouse-transaction-store.ts'
import { type Ledger, openLedger, readGenesis } from '../jobs/ledger.ts'
import type { LogPlaces } from '../jobs/publish/log/publish-log.ts'
import { EmbeddedLog } from '../pipelines/embedded-log.ts'
import { openKafkaAdmin } from '../pipelines/kafka-admin.ts'
import { openKafkaSink } from '../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../pipelines/kafka-source.ts'
import type { LogAdmin } from '../pipelines/log-admin.ts'
import type { RecordSink, RecordSource } from '../pipelines/record-source.ts'
import { SegmentSource } from '../pipelines/segments/segment-source.ts'
import { SerialQueue } from '../pipelines/serial-queue.ts'
import type { Database } from '../pipelines/warehouse/database.ts'
import { openWarehouse } from '../pipelines/warehouse/open-warehouse.ts'
import { deadLetterTopic, INPUT_TOPICS, TOPICS } from '../schemas/topics.ts'
import { type ChainSession, openChain, requireDeployment, stopLeftChain } from './chain-session.ts'
import { type Config, ConfigError } from './config.ts'
import { type DataDirectory, dataDirectory } from './data-directory.ts'
import { EmbeddedChainStore } from './embedded-chain-store.ts'
import { kafkaConnection } from './kafka-connection.ts'
import { removeSocket } from './live/socket-place.ts'
import { operatorOf } from './operator.ts'

export interface SessionOptions {
  readonly config: Config
  /** Told to whoever is refused because this process holds the warehouse. */
  readonly verb: string
  /** LogAppendTime of the embedded log, Unix milliseconds. Default: the machine's clock. */
  readonly clock?: () => bigint
  /** Time of block 0 of a new embedded chain, seconds since 1970. */
  readonly chainGenesisTime_s?: number
}

export interface OpenLog {
  readonly source: RecordSource
  readonly sink: RecordSink
  /** Reads `tally.epochs`: on Kafka a group of its own, since members of one group share their topics. */
  readonly published: RecordSource
}

/**
 * What a verb works with, each part opened when it is first asked for and closed at the end, newest first. A session
 * {@link beside} another has its own connection to the warehouse and shares everything else.
 */
export class Session {
  readonly config: Config
  readonly directory: DataDirectory
  readonly clock: () => bigint
  readonly #options: SessionOptions
  readonly #shared: Session | undefined
  readonly #closers: (() => Promise<void>)[] = []
  /** Parts are opened one after the other, so that none is opened twice. */
  readonly #opening = new SerialQueue()
  #warehouse: Database | undefined
  #upstream: OpenLog | undefined
  #segments: SegmentSource | undefined
  #chain: ChainSession | undefined

  constructor(options: SessionOptions, shared?: Session) {
    this.config = options.config
    this.directory = dataDirectory(options.config.data)
    this.clock = options.clock ?? (() => BigInt(Date.now()))
    this.#options = options
    this.#shared = shared
  }

  /** A session that lives no longer than this one, whose parts it uses; closing it leaves them open. */
  beside(verb: string): Session {
    return new Session({ ...this.#options, verb }, this)
  }

  warehouse(): Promise<Database> {
    return this.#opening.run(() => this.#openWarehouse())
  }

  /** @throws GenesisMissingError before `tally anchor deploy` */
  async ledger(): Promise<Ledger> {
    // Two connections that bind a new warehouse at once would do it twice.
    if (this.#shared !== undefined) return { ...(await this.#shared.ledger()), warehouse: await this.warehouse() }
    const genesis = readGenesis(this.directory.genesis)
    const warehouse = await this.warehouse()
    return this.#opening.run(() => openLedger(warehouse, genesis))
  }

  async #openWarehouse(): Promise<Database> {
    this.#warehouse ??= await (this.#shared === undefined ? this.#ownWarehouse() : this.#connect(this.#shared))
    return this.#warehouse
  }

  async #ownWarehouse(): Promise<Database> {
    this.makeFolder()
    const warehouse = await openWarehouse(this.directory.warehouse, { verb: this.#options.verb })
    this.#closers.push(
      async () => warehouse.close(),
      () => this.#stopLeftChain(),
    )
    // Whoever listened there is dead: it had the lock that this process has now.
    removeSocket(this.directory)
    return warehouse
  }

  async #connect(shared: Session): Promise<Database> {
    const warehouse = await (await shared.warehouse()).connect()
    this.#closers.push(async () => warehouse.close())
    return warehouse
  }

  /** What is ingested and written to: {@link upstream}, read through its sealed segments when a folder of them is configured. */
  log(): Promise<OpenLog> {
    if (this.#shared !== undefined) return this.#shared.log()
    return this.#opening.run(async () => {
      const upstream = await this.#openUpstream()
      const { segments: folder, kafkaBrokers } = this.config
      if (folder === undefined) return upstream
      if (this.#segments === undefined) {
        const segments = new SegmentSource({ folder, ...(kafkaBrokers && { upstream: upstream.source }) })
        this.#closers.push(() => segments.close())
        this.#segments = segments
      }
      return { ...upstream, source: this.#segments }
    })
  }

  /** The configured broker, or the embedded log with Tallystick's topics. */
  upstream(): Promise<OpenLog> {
    return this.#shared === undefined ? this.#opening.run(() => this.#openUpstream()) : this.#shared.upstream()
  }

  async #openUpstream(): Promise<OpenLog> {
    this.#upstream ??= await (this.config.kafkaBrokers === undefined
      ? this.#embeddedLog()
      : this.#kafka(this.config.kafkaBrokers))
    return this.#upstream
  }

  /** A reader of the log beside the one that ingests: on Kafka a group of its own, with `purpose` in its name. */
  async reader(purpose: string): Promise<RecordSource> {
    const { kafkaBrokers, kafkaGroup } = this.config
    if (kafkaBrokers === undefined) return (await this.log()).source
    return this.#kafkaSource(kafkaBrokers, `${kafkaGroup}-${purpose}`)
  }

  /** What administers the configured broker; null for the embedded log. */
  logAdmin(): LogAdmin | null {
    const { kafkaBrokers: brokers } = this.config
    return brokers === undefined ? null : openKafkaAdmin(kafkaConnection(brokers, this.config))
  }

  chain(): Promise<ChainSession> {
    return this.#shared === undefined ? this.#opening.run(() => this.#openChain()) : this.#shared.chain()
  }

  async #openChain(): Promise<ChainSession> {
    if (this.#chain === undefined) {
      // The warehouse's lock guards the embedded chain too: without it a second `tally` would take the chain over from a
      // living one, and stop it.
      if (this.config.rpcUrl === undefined) await this.#openWarehouse()
      const genesisTime_s = this.#options.chainGenesisTime_s
      const chain = await openChain({
        config: this.config,
        directory: this.directory,
        ...(genesisTime_s === undefined ? {} : { genesisTime_s }),
      })
      this.#closers.push(() => chain.close())
      this.#chain = chain
    }
    return this.#chain
  }

  /** The distributor of this ledger with the proposer's key. @throws DeploymentMissingError */
  async distributor(): Promise<ActContext> {
    const { distributor } = requireDeployment(this.directory)
    const chain = await this.chain()
    return { connection: chain.connection, account: chain.proposer, store: await this.transactions(), distributor }
  }

  /** Where transactions to the chain are written down before they act. */
  async transactions(): Promise<TransactionStore> {
    const { local } = await this.chain()
    const store = new WarehouseTransactionStore(await this.warehouse())
    return local === undefined ? store : new EmbeddedChainStore(store, local)
  }

  /** Where the log's static files and its key lie. @throws ConfigError the operator's key is somebody else's */
  logPlaces(): LogPlaces {
    const { tree, logKey, genesis } = this.directory
    const operator = this.config.operatorKey === undefined ? undefined : operatorOf(this.config, readGenesis(genesis))
    return {
      folder: tree,
      keyFolder: this.config.logKey ?? logKey,
      verb: this.#options.verb,
      ...(operator === undefined ? {} : { operator }),
    }
  }

  /** What runs on this session's connection to the warehouse fails, and all that comes after it; {@link close} it then. */
  interrupt(): void {
    this.#warehouse?.interrupt()
  }

  /** Closes every part, also when closing one fails. @throws the first failure */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.splice(0).reverse()) await close().catch((error) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }

  /** Only what writes makes the folder: a mistyped --data of a reading verb leaves nothing behind. */
  makeFolder(): void {
    try {
      mkdirSync(this.directory.root, { recursive: true })
    } catch (error) {
      throw new ConfigError([`data: ${error instanceof Error ? error.message : String(error)}`])
    }
  }

  /** A killed `tally` may have left its chain running, and this one had no need of it: it is saved and stopped all the same. */
  async #stopLeftChain(): Promise<void> {
    if (this.#chain === undefined && this.config.rpcUrl === undefined) await stopLeftChain(this.directory)
  }

  async #embeddedLog(): Promise<OpenLog> {
    this.makeFolder()
    const log = await EmbeddedLog.open(this.directory.log, { verb: this.#options.verb, clock: this.clock })
    this.#closers.push(() => log.close())
    for (const topic of INPUT_TOPICS) {
      await log.createTopic(topic, this.config.partitions)
      await log.createTopic(deadLetterTopic(topic), 1)
    }
    await log.createTopic(TOPICS.epochs, 1)
    return { source: log, sink: log, published: log }
  }

  async #kafka(brokers: readonly string[]): Promise<OpenLog> {
    const source = this.#kafkaSource(brokers, this.config.kafkaGroup)
    const sink = openKafkaSink(kafkaConnection(brokers, this.config))
    this.#closers.push(() => sink.close())
    return { source, sink, published: await this.reader('epochs') }
  }

  #kafkaSource(brokers: readonly string[], groupId: string): RecordSource {
    const { kafkaSessionTimeoutMs: sessionTimeoutMs } = this.config
    const timing = sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }
    const source = openKafkaSource({ ...kafkaConnection(brokers, this.config), groupId, timing })
    this.#closers.push(() => source.close())
    return source
  }
}

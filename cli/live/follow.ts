import { existsSync } from 'node:fs'
import type { PrivateKeyAccount } from 'viem/accounts'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { openUploadServer, type UploadServer } from '../../api/upload-server.ts'
import { readGenesis } from '../../jobs/ledger.ts'
import { registeredSource } from '../../jobs/registered-source.ts'
import { type IngestCounts, type IngestOptions, ingest } from '../../pipelines/ingest.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { printWarning } from '../output.ts'
import { recordNewDeposits } from '../record-new-deposits.ts'
import type { Session } from '../session.ts'
import { catchUp } from './catch-up.ts'
import { epochAge } from './epoch-age.ts'
import { LagMeter } from './lag.ts'
import { runLetterOutbox, waitingLetters } from './letter-outbox.ts'
import { LiveMetrics } from './metrics.ts'
import { type ListenAddress, type MetricsServer, serveMetrics } from './metrics-server.ts'
import { LiveServer } from './server.ts'

export interface FollowOptions {
  readonly session: Session
  /** Ends it: the transaction under way is finished. */
  readonly signal: AbortSignal
  readonly runCommandLine: (argv: readonly string[]) => Promise<void>
  readonly acceptGap: boolean
  readonly unknownSchemas: Pick<IngestOptions, 'onUnknownSchemas'>
  /** Absent: no metrics are served. */
  readonly metrics?: ListenAddress
  /** Absent: nothing is taken over HTTP. */
  readonly uploads?: ListenAddress & { readonly operator: PrivateKeyAccount }
  readonly onProgress: (counts: IngestCounts) => void
  /** Told once other processes can ask, with the URLs of what is served. */
  readonly onReady: (urls: { readonly metrics: string | undefined; readonly uploads: string | undefined }) => void
}

/**
 * The long-running process of a ledger: ingests until it is stopped, runs verbs for other processes meanwhile, and serves
 * metrics. Ingest has a connection of its own, so that no verb's transaction holds it up.
 *
 * Killed at any moment: a record is stored once or will be, the verbs' steps are as after their own death, and the socket
 * that stays behind answers nobody.
 *
 * @throws WarehouseLockedError; whatever ingest throws, after the verbs under way were brought to an end
 */
export async function follow(options: FollowOptions): Promise<IngestCounts> {
  const { session } = options
  const { source, sink } = await session.log()
  const warehouse = await session.warehouse()
  const forIngest = await warehouse.connect()
  const forPositions = await warehouse.connect()
  const forLetters = await warehouse.connect()
  const lag = new LagMeter({ source, warehouse: forPositions, clock: session.clock })
  const metrics = new LiveMetrics({
    lag: () => lag.measure(),
    epochs: () => epochAge(forPositions, session.clock),
    deadLetters: () => waitingLetters(forPositions),
  })
  let served: MetricsServer | undefined
  let uploads: UploadServer | undefined
  let letters: Promise<void> | undefined
  // Aborts with its error when the outbox fails in a way that it cannot wait out: then everything ends.
  const stopLetters = new AbortController()
  const live = await LiveServer.listen({
    session,
    runCommandLine: options.runCommandLine,
    catchUp: (wanted, signal) => catchUp(forPositions, wanted, signal),
  })
  try {
    served = options.metrics && (await serveMetrics(metrics, options.metrics))
    uploads = options.uploads && (await takeUploads(session, options.uploads))
    options.onReady({ metrics: served?.url, uploads: uploads?.url })
    await live.alone('tally ingest', () => recordNewDeposits(session))
    letters = runLetterOutbox(
      { warehouse: forLetters, sink, ledgerId: () => foundedId(session), clock: session.clock },
      stopLetters.signal,
    ).catch((error) => stopLetters.abort(error))
    const counts = await ingest({
      source,
      warehouse: forIngest,
      topics: INPUT_TOPICS,
      until: 'follow',
      signal: AbortSignal.any([options.signal, stopLetters.signal]),
      acceptGap: options.acceptGap,
      ...options.unknownSchemas,
      onCommit: metrics.onCommit,
      onProgress: options.onProgress,
    })
    stopLetters.signal.throwIfAborted()
    return counts
  } finally {
    stopLetters.abort()
    await letters
    await uploads?.close()
    await live.stop()
    await served?.close()
  }
}

function foundedId({ directory }: Session): Uint8Array | undefined {
  return existsSync(directory.genesis) ? ledgerIdOf(readGenesis(directory.genesis)) : undefined
}

/** Sources, and prices, are looked up on connections of their own. */
async function takeUploads(
  session: Session,
  { host, port, operator }: NonNullable<FollowOptions['uploads']>,
): Promise<UploadServer> {
  const { genesis, ledgerId, warehouse } = await session.ledger()
  const [forSources, forQuotes] = [await warehouse.connect(), await warehouse.connect()]
  const onError = (error: unknown) => printWarning(error instanceof Error ? error.message : String(error), null)
  return openUploadServer({
    genesis,
    ledgerId,
    operator,
    sink: (await session.upstream()).sink,
    sourceOf: (source) => registeredSource(forSources, source),
    host,
    port,
    quotes: { ledger: { warehouse: forQuotes, ledgerId }, operator, clock: session.clock, onError },
    onError,
  })
}

import { type Command, InvalidArgumentError } from 'commander'
import type { ChainConnection } from '../../anchor/chain/connect.ts'
import type { Alarm } from '../../anchor/watch/alarm.ts'
import { connectWatched } from '../../anchor/watch/connect-watched.ts'
import type { WatchPins } from '../../anchor/watch/record-chain.ts'
import { FolderSigningMemory } from '../../anchor/watch/signing-memory.ts'
import { watch } from '../../anchor/watch/watch.ts'
import { type Look, Watcher } from '../../anchor/watch/watcher.ts'
import { alarmBody, WebhookOutbox } from '../../anchor/watch/webhook.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toAddress, toHash32 } from '../../schemas/ids.ts'
import { type GlobalFlags, runVerbAlone, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { type ListenAddress, serveMetrics } from '../live/metrics-server.ts'
import { EXIT, paint, printAlarm, printJsonLine, printLine, printRemark, printWarning } from '../output.ts'
import { untilSignal } from '../until-signal.ts'
import { attesterKey } from '../watch/attester-key.ts'
import { WatchMetrics } from '../watch/metrics.ts'
import { BundleRecomputer } from '../watch/recompute.ts'

const PORT_MAX = 65_535
const MS_PER_S = 1_000
/** Of setTimeout: beyond, it would not wait at all. */
const SECONDS_MAX = 2_000_000

interface WatchFlags extends GlobalFlags {
  readonly bundle: string
  readonly distributor: string
  readonly ledger: string
  readonly keyFile?: string
  readonly out: string
  readonly once?: boolean
  readonly poll: number
  readonly repeat: number
  readonly bundleWait: number
  readonly webhook?: string
  readonly metrics?: ListenAddress
}

class WatchFlagsError extends TallyError {
  override readonly code = 'USAGE'
  constructor(problem: string, hint: string) {
    super(problem, { hint })
  }
}

const AFTER_HELP = `
Example:
  $ tally anchor watch --bundle ./bundles --rpc http://127.0.0.1:8545 --distributor 0xe7f1725e7734ce288f8367e1bb143e90bb3f0512 --ledger 0x9c1f8a2b6d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccdde

With a key (ATTESTER_KEY, or --key-file) it signs an attestation for each proposal that it recomputed. --distributor and
--ledger say which contract and which ledger are meant: learn them from somebody you trust, not from the bundle.

Exit codes with --once: 0 nothing proposed, or what is proposed agrees; 4 something is still on its way; 11 an alarm.`

/** `anchor watch`: recomputes what is proposed, and attests or alarms. It opens no warehouse and needs no data folder. */
export function addWatch(anchor: Command): void {
  withGlobalFlags(
    anchor.command('watch').description('recompute every proposal in its window; attest to it, or say what differs'),
  )
    .requiredOption('--bundle <dir>', 'folder of epochs; new ones may arrive while it watches')
    .requiredOption('--distributor <address>', 'the contract')
    .requiredOption('--ledger <hash>', 'the ledger: SHA-256 of its genesis.json')
    .option(
      '--key-file <file>',
      'key that attests, readable by nobody else (default: ATTESTER_KEY, else it only watches)',
    )
    .option('--out <dir>', 'where attestations lie, and what was signed; keep it', 'tally-watch')
    .option('--once', 'look once, and say with the exit code what was found')
    .option('--poll <s>', 'seconds between two looks', seconds, 30)
    .option('--repeat <s>', 'seconds after which an alarm that goes on is told again', seconds, 3_600)
    .option('--bundle-wait <percent>', 'part of the window in which a bundle may still come', percent, 25)
    .option('--webhook <url>', 'POST each alarm there as JSON (default: ALARM_WEBHOOK)')
    .option('--metrics <host:port>', 'serve /metrics and /healthz', listenAddress)
    .addHelpText('after', AFTER_HELP)
    .action((flags: WatchFlags) => runVerbAlone('anchor watch', flags, (context) => watchOrLook(context, flags)))
}

async function watchOrLook(context: VerbContext, flags: WatchFlags): Promise<number> {
  const { config, progress } = context
  const pins: WatchPins = { ledger: toHash32(flags.ledger), distributor: toAddress(flags.distributor) }
  const signer = attesterKey(config.attesterKey, flags.keyFile === undefined ? undefined : context.path(flags.keyFile))
  const webhook = webhookUrl(flags.webhook ?? config.alarmWebhook)
  if (config.rpcUrl === undefined)
    throw new WatchFlagsError(
      'A watcher needs a chain to watch.',
      'Give --rpc URL or RPC_URL, of a node that you trust.',
    )
  const connection = await connectWatched(config.rpcUrl)
  const at = { connection, distributor: pins.distributor }
  const place = { chainId: connection.entry.chainId, distributor: pins.distributor }
  const recomputer = new BundleRecomputer(context.path(flags.bundle), at, ({ epoch, name }) =>
    progress.show(`epoch ${epoch}: ${name}`),
  )
  const attester = signer && {
    signer,
    memory: new FolderSigningMemory(context.path(flags.out), place, toAddress(signer.address)),
  }
  const watcher = new Watcher({ at, pins, recomputer, attester, bundleWait_percent: flags.bundleWait })
  const teller = new Teller({ context, connection, pins, webhook })
  try {
    return await (flags.once === true ? lookOnce(context, watcher, teller) : watchOn(flags, watcher, teller))
  } finally {
    await teller.close()
  }
}

async function lookOnce(context: VerbContext, watcher: Watcher, teller: Teller): Promise<number> {
  const look = await watcher.look()
  context.answer(look, () => printLook(look))
  for (const alarm of look.alarms) teller.tell(alarm)
  if (look.outcome === 'alarm') return EXIT.alarm
  return look.outcome === 'waiting' ? EXIT.later : EXIT.ok
}

function watchOn(flags: WatchFlags, watcher: Watcher, teller: Teller): Promise<number> {
  return untilSignal(async (signal) => {
    const served = flags.metrics && (await serveMetrics(teller.metrics, flags.metrics))
    if (served !== undefined) printRemark(`metrics: ${served.url}`)
    try {
      await watch({
        watcher,
        signal,
        poll_ms: flags.poll * MS_PER_S,
        repeat_ms: flags.repeat * MS_PER_S,
        onLook: (look) => teller.onLook(look),
        onFailure: (error) => teller.onFailure(error),
        onAlarm: (alarm) => teller.tell(alarm),
        onAlarmsUp: (alarms) => teller.metrics.onAlarmsUp(alarms),
      })
    } finally {
      await served?.close()
    }
    return EXIT.ok
  })
}

interface TellerOptions {
  readonly context: VerbContext
  readonly connection: ChainConnection
  readonly pins: WatchPins
  readonly webhook: string | undefined
}

/** Tells what a watcher finds: alarms on stderr first, so that no webhook can hide one. */
class Teller {
  readonly metrics = new WatchMetrics()
  readonly #options: TellerOptions
  readonly #outbox: WebhookOutbox | undefined
  #lastLook = ''

  constructor(options: TellerOptions) {
    const { webhook } = options
    this.#options = options
    this.#outbox =
      webhook === undefined ? undefined : new WebhookOutbox(webhook, (problem) => this.#undelivered(problem))
  }

  tell(alarm: Alarm): void {
    const { context, connection, pins } = this.#options
    context.progress.clear()
    printAlarm(alarm.severity, `${alarm.kind}: ${alarm.message}`, alarm.command)
    this.metrics.onAlarm(alarm)
    this.#outbox?.send(alarmBody(alarm, connection.entry.chainId, pins))
  }

  /** Prints a look that found something else than the one before. */
  onLook(look: Look): void {
    const { context } = this.#options
    this.metrics.onLook(look)
    context.progress.clear()
    const key = JSON.stringify([look.outcome, look.detail, look.checkedTo])
    if (key === this.#lastLook) return
    this.#lastLook = key
    if (context.json) printJsonLine(look)
    else printLook(look)
  }

  onFailure(error: unknown): void {
    this.metrics.onFailure()
    this.#options.context.progress.clear()
    printWarning(
      `A look failed: ${error instanceof Error ? error.message : String(error)}`,
      error instanceof TallyError ? (error.hint ?? null) : null,
    )
  }

  async close(): Promise<void> {
    await this.#outbox?.close()
  }

  #undelivered(problem: string): void {
    this.metrics.onWebhookFailure()
    // Its path may hold a secret.
    printWarning(`The webhook at ${new URL(this.#options.webhook!).origin} did not take an alarm: ${problem}.`, null)
  }
}

function printLook({ outcome, detail, checkedTo }: Look): void {
  const mark = {
    idle: paint.dim('·'),
    waiting: paint.yellow('…'),
    agrees: paint.green('✓'),
    attested: paint.green('✓'),
    alarm: paint.red('✗'),
  }[outcome]
  printLine(`${mark} ${detail}${checkedTo === 0 ? '' : paint.dim(` Final and recomputed: epochs 1 to ${checkedTo}.`)}`)
}

/** @throws WatchFlagsError */
function webhookUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const isUsable = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).username === ''
  if (!isUsable)
    throw new WatchFlagsError(
      'The webhook is no http or https URL, or holds credentials.',
      'Put a token into its path.',
    )
  return text
}

function seconds(text: string): number {
  const value = wholeNumber(text)
  if (value < 1 || value > SECONDS_MAX) throw new InvalidArgumentError(`It must be from 1 to ${SECONDS_MAX}.`)
  return value
}

function percent(text: string): number {
  const value = wholeNumber(text)
  if (value > 100) throw new InvalidArgumentError('It must be from 0 to 100.')
  return value
}

function listenAddress(text: string): ListenAddress {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > PORT_MAX) throw new InvalidArgumentError('It must be host:port.')
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

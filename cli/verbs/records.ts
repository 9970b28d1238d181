import { type Command, InvalidArgumentError } from 'commander'
import { type IngestCounts, ingest } from '../../pipelines/ingest.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { type GlobalFlags, runVerb, runVerbAlone, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { countAfter, lastRecord } from '../live/count-stored.ts'
import { follow } from '../live/follow.ts'
import { requireOperator } from '../operator.ts'
import { EXIT, printLine, printRemark } from '../output.ts'
import { publishLetters, warnOfStopped } from '../publish-letters.ts'
import { recordNewDeposits } from '../record-new-deposits.ts'
import type { Session } from '../session.ts'
import { unknownSchemas } from '../unknown-schemas.ts'
import { untilSignal } from '../until-signal.ts'

const PORT_MAX = 65_535

interface IngestFlags extends GlobalFlags {
  readonly follow?: boolean
  readonly acceptGap?: boolean
  readonly metricsPort?: number
  readonly metricsHost: string
  readonly uploadPort?: number
  readonly uploadHost: string
}

type RunCommandLine = (argv: readonly string[]) => Promise<void>

/** `ingest`. @param runCommandLine runs what another process asks of `ingest --follow` */
export function addRecords(program: Command, runCommandLine: RunCommandLine): void {
  withGlobalFlags(program.command('ingest').description('read the log into the warehouse, each record once'))
    .option('--follow', 'go on until stopped; meanwhile the other verbs of this ledger run through this process')
    .option('--accept-gap', 'go on behind records that the log deleted before they were read; the ledger shows the gap')
    .option('--metrics-port <port>', 'with --follow: serve /metrics and /healthz there (0: any free port)', portNumber)
    .option('--metrics-host <address>', 'address to serve them at', '127.0.0.1')
    .option(
      '--upload-port <port>',
      'with --follow: take records over HTTP there, with receipts, and sign quotes (needs OPERATOR_KEY)',
      portNumber,
    )
    .option('--upload-host <address>', 'address to take them at; beyond loopback put TLS before it', '127.0.0.1')
    .addHelpText(
      'after',
      '\nExample:\n  $ KAFKA_BROKERS=localhost:9092 tally ingest --follow --metrics-port 9464\n\nStopped or killed at any moment, the next call goes on where this one was.',
    )
    .action((flags: IngestFlags) =>
      flags.follow === true
        ? runVerbAlone('ingest', flags, (context) => ingestOn(context, flags, runCommandLine))
        : runVerb('ingest', flags, (context) =>
            context.catchUp === undefined ? ingestOnce(context, flags) : waitForIngest(context, context.catchUp),
          ),
    )
}

function portNumber(text: string): number {
  const port = wholeNumber(text)
  if (port > PORT_MAX) throw new InvalidArgumentError(`It must be at most ${PORT_MAX}.`)
  return port
}

function ingestOn(context: VerbContext, flags: IngestFlags, runCommandLine: RunCommandLine): Promise<number> {
  const { session, progress } = context
  const { metricsPort: port, metricsHost: host } = flags
  return untilSignal(async (signal) => {
    const uploads = await uploadAddress(session, flags)
    const counts = await follow({
      session,
      signal,
      runCommandLine,
      acceptGap: flags.acceptGap === true,
      unknownSchemas: await unknownSchemas(session, { progress, signal }),
      ...(port === undefined ? {} : { metrics: { host, port } }),
      ...(uploads === undefined ? {} : { uploads }),
      onProgress: ({ records, rejected }) => progress.show(`${records} records, ${rejected} rejected`),
      onReady: (urls) => {
        printRemark(`pid ${process.pid} ingests, and runs commands for ${session.directory.root}`)
        if (urls.metrics !== undefined) printRemark(`metrics: ${urls.metrics}`)
        if (urls.uploads !== undefined) printRemark(`uploads: ${urls.uploads}/v1/records`)
        if (urls.uploads !== undefined) printRemark(`quotes: ${urls.uploads}/v1/quote`)
      },
    })
    return answerCounts(context, counts)
  })
}

async function uploadAddress(session: Session, { uploadPort: port, uploadHost: host }: IngestFlags) {
  if (port === undefined) return undefined
  return { host, port, operator: requireOperator(session.config, (await session.ledger()).genesis) }
}

function ingestOnce(context: VerbContext, flags: IngestFlags): Promise<number> {
  const { session, progress } = context
  return untilSignal(async (signal) => {
    const deposits = await recordNewDeposits(session)
    if (deposits > 0) progress.show(`${deposits} deposits became final`)
    const counts = await ingest({
      ...(await unknownSchemas(session, { progress, signal })),
      source: (await session.log()).source,
      warehouse: await session.warehouse(),
      topics: INPUT_TOPICS,
      until: 'end',
      signal,
      acceptGap: flags.acceptGap === true,
      onProgress: ({ records, rejected }) => progress.show(`${records} records, ${rejected} rejected`),
    })
    return answerCounts(context, counts)
  })
}

/** Where ingest runs all the time, one more would only be in its way. */
async function waitForIngest(context: VerbContext, catchUp: NonNullable<VerbContext['catchUp']>): Promise<number> {
  const { session, json } = context
  if (!json) printRemark('which ingests all the time: this waits until it has stored what the log holds now')
  const warehouse = await session.warehouse()
  const before = await lastRecord(warehouse)
  await recordNewDeposits(session)
  await catchUp(await (await session.log()).source.partitions(INPUT_TOPICS))
  return answerCounts(context, await countAfter(warehouse, before))
}

async function answerCounts(context: VerbContext, { records, rejected }: IngestCounts): Promise<number> {
  const deadLetters = await publishLetters(context.session)
  context.answer({ records, rejected, deadLetters }, () => {
    printLine(`${records} new records, ${rejected} of them rejected by their own bytes.`)
    warnOfStopped(deadLetters)
  })
  return EXIT.ok
}

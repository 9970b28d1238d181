import { type Command, InvalidArgumentError } from 'commander'
import { erasureStatus } from '../../jobs/erasure/copies.ts'
import { type ErasureDone, erase } from '../../jobs/erasure/erase.ts'
import { erasedMessagesOf } from '../../jobs/erasure/log-places.ts'
import {
  type AlikeItem,
  alikeItemsOf,
  type ErasureTarget,
  type OrderedBatch,
  orderErasure,
  requireErasable,
} from '../../jobs/erasure/order-erasure.ts'
import { EmbeddedLog } from '../../pipelines/embedded-log.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import { segmentsOfRecords } from '../../pipelines/segments/segment-folder.ts'
import { deadLetterTopic, INPUT_TOPICS } from '../../schemas/topics.ts'
import { hasDeployment } from '../chain-session.ts'
import { type GlobalFlags, runReadingVerb, runVerbAlone, type VerbContext, withGlobalFlags } from '../command.ts'
import { ConfigError } from '../config.ts'
import { requireOperator } from '../operator.ts'
import { EXIT, paint, printLine } from '../output.ts'
import { printErasures } from '../print-erasures.ts'
import { rewriteFiles } from '../rewrite-files.ts'
import type { Session } from '../session.ts'

interface EraseFlags extends GlobalFlags {
  readonly batch?: string
  readonly indexes?: readonly number[]
  readonly account?: string
}

const ERASE_HELP = `
Example:
  $ OPERATOR_KEY=$(cat operator.key) tally erase --batch urn:portal/batch-7 --indexes 0,3   order it, signed by the operator
  $ tally run                                                                                settle and publish the epoch of the order
  $ tally erase                                                                              carry out all that is ordered and published
  $ tally erasure status                                                                     every copy: erased, there, or until when

Killed at any moment, the next \`tally erase\` finishes it. No ingest may run meanwhile: the files are written again.
Docs: docs/operations/erasure.md

Exit codes: 0 carried out, or nothing to do; 4 ordered, and waits for its epoch to be published or those before it to be final; 2 bad usage; 5 any other error.`

const STATUS_HELP = `
Example:
  $ tally erasure status
  $ tally erasure status --json | jq '.items[].copies[] | select(.isOpen)'

The items of an order are told together, with the places that are still open; --json has every copy of every item.

Exit codes: 0 nothing is left here and no deadline lies ahead; 4 something is left, or a deadline lies ahead or is not known.`

/** `erase`, `erasure status`. */
export function addErasure(program: Command): void {
  withGlobalFlags(
    program
      .command('erase')
      .description('order the erasure of contributions, and carry out what is ordered and published'),
  )
    .option('--batch <source/id>', 'order it for items of this batch')
    .option('--indexes <numbers>', 'with --batch: positions in it, with commas (default: all)', indexList)
    .option('--account <address>', 'order it for everything that this account contributed')
    .addHelpText('after', ERASE_HELP)
    .action((flags: EraseFlags) => runVerbAlone('erase', flags, (context) => eraseNow(context, flags)))
  const erasure = program.command('erasure').description('contributions whose erasure was ordered: status')
  withGlobalFlags(
    erasure.command('status').description('every copy of what is to be erased, and until when it is there'),
  )
    .addHelpText('after', STATUS_HELP)
    .action((flags: GlobalFlags) => runReadingVerb('erasure status', flags, showStatus))
}

function indexList(text: string): number[] {
  const numbers = text.split(',').map(Number)
  if (!/^\d+(,\d+)*$/.test(text)) throw new InvalidArgumentError('It must be whole numbers with commas.')
  return numbers
}

/** @throws ConfigError when flags contradict each other */
function targetOf({ batch, indexes, account }: EraseFlags): ErasureTarget | undefined {
  if (batch !== undefined && account !== undefined)
    throw new ConfigError(['erase: --batch and --account name two things; give one'])
  if (batch === undefined && indexes !== undefined) throw new ConfigError(['erase: --indexes needs --batch'])
  if (batch !== undefined) return { batch, indexes: indexes ?? [] }
  return account === undefined ? undefined : { account }
}

async function eraseNow({ session, progress, answer }: VerbContext, flags: EraseFlags): Promise<number> {
  const target = targetOf(flags)
  const ledger = await session.ledger()
  // What is asked comes first: a key does not help a batch that is not there.
  if (target !== undefined) await requireErasable(ledger.warehouse, target)
  const signer = target === undefined ? undefined : requireOperator(session.config, ledger.genesis)
  const { sink } = await session.log()
  const log = sink instanceof EmbeddedLog ? sink : undefined
  const time = new Date(Number(session.clock())).toISOString()
  const ordered = target === undefined ? [] : await orderErasure({ ledger, sink, signer: signer!, target, time })
  const alike: AlikeItem[] = []
  for (const order of ordered) alike.push(...(await alikeItemsOf(ledger.warehouse, order)))
  const { bundles, payloads } = session.directory
  const done = await erase({
    ledger,
    bundles,
    isAnchored: hasDeployment(session.directory),
    payloads: new FolderPayloadStore(payloads),
    ...(log === undefined ? {} : { log }),
    clock: session.clock,
    onProgress: (text) => progress.show(text),
  })
  const rewritten = await rewriteFiles(session, (text) => progress.show(text))
  answer({ ordered, alike, ...done, unreadable: done.unreadable.map(String), rewritten }, () => {
    printOrdered(ordered, alike)
    printDone(done, ordered.length + done.waiting > 0)
  })
  return ordered.length + done.waiting > 0 ? EXIT.later : EXIT.ok
}

function printOrdered(ordered: readonly OrderedBatch[], alike: readonly AlikeItem[]): void {
  for (const { batchSource, batchId, indexes } of ordered)
    printLine(`Ordered: ${indexes.length === 0 ? 'all' : `items ${indexes.join(', ')}`} of ${batchSource}/${batchId}.`)
  for (const { batchSource, batchId, index, account } of alike)
    printLine(paint.yellow(`The same or nearly the same: item ${index} of ${batchSource}/${batchId}, of ${account}.`))
}

function printDone(done: ErasureDone, isWaiting: boolean): void {
  const { items, payloads, records, messages, bundles, vetoed, caches, unreadable } = done
  printLine(
    `Erased now: ${payloads} payloads, ${records} records, ${messages} messages of the log, ${bundles.length + vetoed.length} bundles written again, ${caches} caches.`,
  )
  printLine(`${items} items are erased in all; \`tally erasure status\` lists every copy.`)
  if (isWaiting)
    printLine(
      'What is ordered is carried out when its epoch is published and those before it are final: `tally run`, then `tally erase`.',
    )
  for (const rid of unreadable)
    printLine(paint.yellow(`Record ${rid} names such a batch and cannot be read; look at it: tally dlq show ${rid}`))
}

async function showStatus({ session, config, answer }: VerbContext): Promise<number> {
  const ledger = await session.ledger()
  const { bundles, payloads } = session.directory
  const { sink } = await session.log()
  const embedded = sink instanceof EmbeddedLog ? sink : undefined
  const status = await erasureStatus({
    ledger,
    bundles,
    isAnchored: hasDeployment(session.directory),
    payloads: new FolderPayloadStore(payloads),
    ...(embedded === undefined
      ? { retentionMs: await retentionOf(session) }
      : {
          embeddedLog: {
            isDue:
              (await embedded.isRewriteDue()) || (await embedded.hasValues(await erasedMessagesOf(ledger.warehouse))),
          },
        }),
    ...(config.segments === undefined ? {} : { segmentsOf: segmentsOfRecords(config.segments) }),
    backupDays: config.backupDays,
    nowMs: session.clock(),
  })
  answer(status, () => printErasures(status))
  return status.isDone ? EXIT.ok : EXIT.later
}

/** `retention.ms` of the topics that may hold features, as the broker has it. */
async function retentionOf(session: Session): Promise<(topic: string) => bigint | null> {
  const states = await session.logAdmin()!.topics([...INPUT_TOPICS, ...INPUT_TOPICS.map(deadLetterTopic)])
  const known = new Map(states.map(({ topic, settings }) => [topic, settings?.get('retention.ms')]))
  return (topic) => {
    const text = known.get(topic)
    return text === undefined ? null : BigInt(text)
  }
}

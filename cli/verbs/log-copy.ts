import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import type { Command } from 'commander'
import { copyLog } from '../../pipelines/copy-log.ts'
import { EmbeddedLog } from '../../pipelines/embedded-log.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { type GlobalFlags, runReadingVerb, type VerbContext, withGlobalFlags } from '../command.ts'
import { dataDirectory } from '../data-directory.ts'
import { EXIT, printLine } from '../output.ts'

interface CopyFlags extends GlobalFlags {
  readonly to: string
}

/** `log copy`. */
export function addLogCopy(log: Command): void {
  withGlobalFlags(log.command('copy').description('copy the topics into the embedded log of a new data folder'))
    .requiredOption('--to <dir>', 'data folder that gets the copy')
    .addHelpText(
      'after',
      `
Offsets, append times and holes stay as they are, and published cuts are adopted: the copy gives the same roots, without Kafka.

Example:
  $ KAFKA_BROKERS=localhost:9092 tally log copy --data ./ledger --to ./copy
  $ tally epoch close --data ./copy

Broken off, the next call goes on where this one stopped.`,
    )
    .action((flags: CopyFlags) => runReadingVerb('log copy', flags, (context) => copy(context, context.path(flags.to))))
}

async function copy({ session, progress, signal, answer }: VerbContext, to: string): Promise<number> {
  const source = await session.reader('copy')
  const target = dataDirectory(to)
  mkdirSync(to, { recursive: true })
  const stop = new AbortController()
  const abort = () => stop.abort()
  process.once('SIGINT', abort).once('SIGTERM', abort)
  const stopped = AbortSignal.any([stop.signal, signal])
  const log = await EmbeddedLog.open(target.log, { verb: 'tally log copy' })
  try {
    const records = await copyLog({
      from: source,
      to: log,
      topics: [...INPUT_TOPICS, TOPICS.epochs],
      signal: stopped,
      onProgress: (copied) => progress.show(`${copied} records copied`),
    })
    for (const name of ['genesis', 'deployment'] as const)
      if (existsSync(session.directory[name]) && !existsSync(target[name]))
        copyFileSync(session.directory[name], target[name])
    answer({ records, to }, () => printLine(`${records} records copied to ${to}.`))
    return stopped.aborted ? EXIT.later : EXIT.ok
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
    await log.close()
  }
}

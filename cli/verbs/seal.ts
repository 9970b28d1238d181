import { resolve } from 'node:path'
import type { Command } from 'commander'
import { seal } from '../../pipelines/segments/sealer.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { type GlobalFlags, runVerbAlone, wholeNumber, withGlobalFlags } from '../command.ts'
import { type Config, ConfigError } from '../config.ts'
import { EXIT, printLine } from '../output.ts'

interface SealFlags extends GlobalFlags {
  readonly segments?: string
  readonly follow?: boolean
  readonly every?: number
  readonly acceptGap?: boolean
}

const EXAMPLES = `
Example:
  $ KAFKA_BROKERS=broker:9092 tally seal --segments /shared/segments --follow
on each of several machines that share the folder, and where the warehouse is:
  $ KAFKA_BROKERS=broker:9092 TALLY_SEGMENTS=/shared/segments tally ingest --follow

All sealers of one folder are members of one consumer group (KAFKA_GROUP). Stopped or killed at any moment, nothing is
lost and nothing doubled: the next owner of a partition begins where its last segment ends.`

/** `seal`. */
export function addSeal(program: Command): void {
  withGlobalFlags(
    program
      .command('seal')
      .description('read the log into sealed segments on shared storage, from which a warehouse ingests'),
  )
    .option('--segments <dir>', 'folder of the segments (default: TALLY_SEGMENTS)')
    .option('--follow', 'go on until stopped')
    .option('--every <seconds>', 'seal after so many seconds at the latest (default: 10)', wholeNumber)
    .option('--accept-gap', 'go on behind records that the broker deleted before they were sealed')
    .addHelpText('after', EXAMPLES)
    .action((flags: SealFlags) =>
      runVerbAlone('seal', flags, async ({ config, session, progress, answer }) => {
        const folder = segmentsFolder(config, flags)
        const stop = new AbortController()
        const abort = () => stop.abort()
        process.once('SIGINT', abort).once('SIGTERM', abort)
        try {
          const counts = await seal({
            source: (await session.upstream()).source,
            folder,
            topics: INPUT_TOPICS,
            until: flags.follow ? 'follow' : 'end',
            signal: stop.signal,
            ...(flags.every === undefined ? {} : { limits: { ageMs: flags.every * 1_000 } }),
            acceptGap: flags.acceptGap === true,
            onProgress: ({ records, segments }) => progress.show(`${records} records in ${segments} segments`),
          })
          answer(counts, () => printLine(`${counts.records} records sealed in ${counts.segments} segments.`))
          return EXIT.ok
        } finally {
          process.off('SIGINT', abort).off('SIGTERM', abort)
        }
      }),
    )
}

/** @throws ConfigError when a sealer has nothing to read, or nowhere to seal */
function segmentsFolder(config: Config, flags: SealFlags): string {
  const folder = flags.segments ?? config.segments
  const problems: string[] = []
  if (folder === undefined) problems.push('segments: name the folder, by --segments or TALLY_SEGMENTS')
  if (config.kafkaBrokers === undefined)
    problems.push('kafkaBrokers: sealers read a broker; the embedded log has one process, which ingests')
  if (folder === undefined || problems.length > 0) throw new ConfigError(problems)
  return resolve(folder)
}

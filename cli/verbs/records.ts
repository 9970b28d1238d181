import type { Command } from 'commander'
import { ingest } from '../../pipelines/ingest.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { type GlobalFlags, runVerb, withGlobalFlags } from '../command.ts'
import { EXIT, printLine } from '../output.ts'
import { publishLetters, warnOfStopped } from '../publish-letters.ts'
import { recordNewDeposits } from '../record-new-deposits.ts'
import { unknownSchemas } from '../unknown-schemas.ts'

/** `ingest`. */
export function addRecords(program: Command): void {
  withGlobalFlags(program.command('ingest').description('read the log into the warehouse, each record once'))
    .option('--follow', 'go on until stopped')
    .option('--accept-gap', 'go on behind records that the log deleted before they were read; the ledger shows the gap')
    .addHelpText(
      'after',
      '\nExample:\n  $ KAFKA_BROKERS=localhost:9092 tally ingest --follow\n\nStopped or killed at any moment, the next call goes on where this one was.',
    )
    .action((flags: GlobalFlags & { follow?: boolean; acceptGap?: boolean }) =>
      runVerb('ingest', flags, async ({ session, progress, answer }) => {
        const stop = new AbortController()
        const abort = () => stop.abort()
        process.once('SIGINT', abort).once('SIGTERM', abort)
        try {
          const deposits = await recordNewDeposits(session)
          if (deposits > 0) progress.show(`${deposits} deposits became final`)
          const counts = await ingest({
            ...(await unknownSchemas(session, { progress, signal: stop.signal })),
            source: (await session.log()).source,
            warehouse: await session.warehouse(),
            topics: INPUT_TOPICS,
            until: flags.follow ? 'follow' : 'end',
            signal: stop.signal,
            acceptGap: flags.acceptGap === true,
            onProgress: ({ records, rejected }) => progress.show(`${records} records, ${rejected} rejected`),
          })
          const deadLetters = await publishLetters(session)
          answer({ ...counts, deadLetters }, () => {
            printLine(`${counts.records} new records, ${counts.rejected} of them rejected by their own bytes.`)
            warnOfStopped(deadLetters)
          })
          return EXIT.ok
        } finally {
          process.off('SIGINT', abort).off('SIGTERM', abort)
        }
      }),
    )
}

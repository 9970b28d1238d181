import type { Command } from 'commander'
import { incentivesOf } from '../../jobs/incentives/incentives.ts'
import { type GlobalFlags, runReadingVerb, wholeNumber, withGlobalFlags } from '../command.ts'
import { EXIT, printWarning } from '../output.ts'
import { printIncentives } from '../print-incentives.ts'
import { untilSignal } from '../until-signal.ts'

interface IncentivesFlags extends GlobalFlags {
  readonly seed: number
}

const HELP = `
Each paid period of the epoch is paid again as if somebody had split an account, copied the best contributions, brought junk, or
bought uses; then how unevenly the money was divided, the treasury's part, and payers that were paid of their own fees.

Example:
  $ tally incentives 12 --seed 7 --json

Exit codes: 0 reported, 2 bad usage, 4 stopped, 5 the epoch is not settled.`

/** `incentives`: what dishonest behaviour would have brought in an epoch. */
export function addIncentives(program: Command): void {
  withGlobalFlags(
    program
      .command('incentives')
      .description(
        'what splitting, copying, junk, wash demand and self-dealing would have brought in an epoch; concentration, treasury, loops',
      ),
  )
    .argument('<epoch>', 'a settled one', wholeNumber)
    .option('--seed <n>', 'of everything that is drawn at random', wholeNumber, 1)
    .addHelpText('after', HELP)
    .action((epoch: number, flags: IncentivesFlags) =>
      runReadingVerb('incentives', flags, async ({ session, answer, progress, signal }) => {
        const { warehouse } = await session.ledger()
        return untilSignal(async (stopped) => {
          const report = await incentivesOf({
            ...{ warehouse, epoch, seed: flags.seed },
            signal: AbortSignal.any([signal, stopped]),
            onProgress: (text) => progress.show(text),
          }).catch((error: unknown) => {
            if (!stopped.aborted) throw error
            printWarning('Stopped. Nothing of the ledger was changed.', null)
            return undefined
          })
          if (report === undefined) return EXIT.later
          answer(report, () => printIncentives(report))
          return EXIT.ok
        })
      }),
    )
}

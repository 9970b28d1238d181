import { type Command, InvalidArgumentError, Option } from 'commander'
import { METHODS } from '../../jobs/attribution/methods.ts'
import { type RerunDiff, rerunDiff } from '../../jobs/rerun/diff.ts'
import { type Adjustment, orderAdjustment, requireOrderable } from '../../jobs/rerun/order-adjustment.ts'
import { requireSettled } from '../../jobs/rerun/require-settled.ts'
import { runRerun } from '../../jobs/rerun/run-rerun.ts'
import { IDENTIFIER_CHARACTERS_MAX, NOTE_CHARACTERS_MAX } from '../../schemas/limits.ts'
import { type GlobalFlags, runReadingVerb, runVerb, type VerbContext, withGlobalFlags } from '../command.ts'
import { toEpochs } from '../epoch-range.ts'
import { requireOperator } from '../operator.ts'
import { EXIT, printLine, printWarning } from '../output.ts'
import { printDiff } from '../print-diff.ts'
import { untilSignal } from '../until-signal.ts'

interface RerunFlags extends GlobalFlags {
  readonly epochs: { readonly from: number; readonly to: number }
  readonly method?: string
}

interface AdjustFlags extends RerunFlags {
  readonly name?: string
  readonly note?: string
  readonly dryRun?: boolean
}

interface DiffFlags extends GlobalFlags {
  readonly by?: 'epoch' | 'asset'
}

/** `rerun`, `diff`, `adjust`: past epochs are settled again, looked at, and set right from now on. */
export function addReruns(program: Command): void {
  addRerun(program)
  addDiff(program)
  addAdjust(program)
}

function addRerun(program: Command): void {
  withEpochs(
    program
      .command('rerun')
      .description('settle past epochs again beside the original, by another method or with what was corrected'),
  )
    .addHelpText(
      'after',
      `
Example:
  $ tally rerun --epochs 3..9
  $ tally diff 3..9-at-12

Who was funded stays as it was; influence, and what follows from it, is computed again. Nothing of the ledger changes.
Stopped, it goes on with the epoch at which it was when it is called again.

Exit codes: 0 done, 2 bad usage, 4 stopped: run it again, 5 epochs that are not settled.`,
    )
    .action((flags: RerunFlags) =>
      runVerb('rerun', flags, (context) =>
        stoppable(context, async (signal) => {
          const rerun = await rerunOf(context, flags, signal)
          const diff = await rerunDiff((await context.session.ledger()).warehouse, rerun)
          context.answer(diff, () => {
            printDiff(diff)
            printLine(`\nMore: tally diff ${rerun} --by epoch`)
          })
        }),
      ),
    )
}

function addDiff(program: Command): void {
  withGlobalFlags(
    program
      .command('diff <rerun>')
      .description('what a rerun gives each account, beside what stands, and what explains it'),
  )
    .addOption(new Option('--by <what>', 'each change in its parts').choices(['epoch', 'asset']))
    .addHelpText(
      'after',
      '\nExample:\n  $ tally diff 3..9-at-12 --by asset\n  $ tally diff adjustment/metered-twice --json\n\nA rerun goes by the name that `tally rerun` prints; that of an adjustment is adjustment/NAME.',
    )
    .action((rerun: string, flags: DiffFlags) =>
      runReadingVerb('diff', flags, async ({ session, answer }) => {
        const diff = await rerunDiff((await session.ledger()).warehouse, rerun, flags.by)
        answer(diff, () => printDiff(diff))
        return undefined
      }),
    )
}

function addAdjust(program: Command): void {
  withEpochs(
    program
      .command('adjust')
      .description('order that past epochs are set right, signed by the operator (OPERATOR_KEY)'),
  )
    .option(
      '--name <name>',
      'a name that no other adjustment has (default: epochs, method and the newest epoch)',
      toName,
    )
    .option('--note <text>', 'what you say to it; it is on record', toNote)
    .option('--dry-run', 'show what it would change, and send nothing')
    .addHelpText(
      'after',
      `
Example:
  $ OPERATOR_KEY=$(cat operator.key) tally adjust --epochs 3..9 --note "a meter counted twice"

Shows what changes, then sends it. It is computed with the epoch that accepts it, by everybody who audits: what was paid too much is
netted from what accounts earn from then on; what was paid too little is paid out of that, then out of what was held back of the
same model, then by the treasury. What is left is shown as owed. Nothing that was paid is taken back.

Exit codes: 0 sent, 2 bad usage, 4 stopped: run it again, 5 epochs that are not settled, a method without a record of gates, a name that is taken.`,
    )
    .action((flags: AdjustFlags) =>
      runVerb('adjust', flags, (context) => stoppable(context, (signal) => adjust(context, flags, signal))),
    )
}

function withEpochs(command: Command): Command {
  return withGlobalFlags(command)
    .requiredOption('--epochs <from..to>', 'settled epochs to settle again', toEpochs)
    .option('--method <name>', 'attribution method (default: that of the policies which were in force)', toMethod)
}

/** A signal ends it between two statements; what is done stays done. */
function stoppable({ signal }: VerbContext, work: (signal: AbortSignal) => Promise<void>): Promise<number> {
  return untilSignal(async (stopped) => {
    try {
      await work(AbortSignal.any([signal, stopped]))
      return EXIT.ok
    } catch (error) {
      if (!stopped.aborted) throw error
      printWarning('Stopped. Run it again: it goes on with the epoch at which it was.', null)
      return EXIT.later
    }
  })
}

/** @returns its name */
async function rerunOf(
  { session, progress }: VerbContext,
  { epochs, method = '' }: RerunFlags,
  signal: AbortSignal,
): Promise<string> {
  const ledger = await session.ledger()
  const correctionsTo = await requireSettled(ledger, epochs.from, epochs.to)
  const name = `${epochs.from}..${epochs.to}-at-${correctionsTo}${method === '' ? '' : `-${method}`}`
  await runRerun({
    ledger,
    rerun: { rerun: name, adjustment: null, ...epochs, method, correctionsTo },
    signal,
    onProgress: (text) => progress.show(text),
  })
  return name
}

async function adjust(context: VerbContext, flags: AdjustFlags, signal: AbortSignal): Promise<void> {
  const { session, answer } = context
  const ledger = await session.ledger()
  const { epochs, method = '', note = '' } = flags
  const settled = await requireSettled(ledger, epochs.from, epochs.to)
  const fallback = `${epochs.from}..${epochs.to}-at-${settled}${method === '' ? '' : `-${method}`}`
  const order: Adjustment = {
    ...{ adjustment: flags.name ?? fallback, fromEpoch: epochs.from, toEpoch: epochs.to },
    ...{ method, note },
  }
  await requireOrderable(ledger, order)
  const isSent = flags.dryRun !== true
  // Before the work, so that a key that is missing costs no time.
  const signer = isSent ? requireOperator(session.config, ledger.genesis) : undefined
  const diff = await rerunDiff(ledger.warehouse, await rerunOf(context, flags, signal))
  if (signer !== undefined) {
    const { sink } = await session.log()
    await orderAdjustment(ledger, sink, signer, order, new Date(Number(session.clock())).toISOString())
  }
  answer({ ...order, sent: isSent, diff }, () => printOrder(order, diff, isSent))
}

function printOrder({ adjustment }: Adjustment, diff: RerunDiff, isSent: boolean): void {
  printDiff(diff)
  printLine(
    isSent
      ? `\nThe adjustment ${adjustment} is in the log; it is decided with the next cut, and counts what was corrected by then.`
      : '\nNothing was sent.',
  )
}

function toMethod(text: string): string {
  if (!METHODS.some(({ name, kinds }) => name === text && kinds.includes('factored')))
    throw new InvalidArgumentError('It is no method for the features of a ledger: docs/attribution.md lists them.')
  return text
}

function toName(text: string): string {
  if (text.length < 1 || text.length > IDENTIFIER_CHARACTERS_MAX)
    throw new InvalidArgumentError(`It must have 1 to ${IDENTIFIER_CHARACTERS_MAX} characters.`)
  return text
}

function toNote(text: string): string {
  if (text.length > NOTE_CHARACTERS_MAX)
    throw new InvalidArgumentError(`It must have at most ${NOTE_CHARACTERS_MAX} characters.`)
  return text
}

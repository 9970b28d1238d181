import type { Command } from 'commander'
import pc from 'picocolors'
import type { StepResult } from '../../jobs/epochs.ts'
import { EPOCH_STEPS, type EpochStep, runStep, type StepContext } from '../../jobs/run-epoch.ts'
import { type GlobalFlags, runVerb, type VerbContext, withGlobalFlags } from '../command.ts'
import { EXIT, printLine } from '../output.ts'

interface CloseFlags extends GlobalFlags {
  readonly now?: boolean
}

const CHAIN_STEPS: readonly EpochStep[] = ['propose', 'finalize']

/** `run`, `epoch close`, `attribute`, `settle`, `publish`, `anchor propose`, `anchor finalize`. */
export function addEpochSteps(program: Command, epoch: Command, anchor: Command): void {
  withGlobalFlags(
    program
      .command('run')
      .description('all steps of every epoch that waits: close, attribute, settle, publish, propose, finalize'),
  )
    .option('--now', 'cut at the end of the log as it is, whatever the interval')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally run --data ./ledger\n\nRun again at any time: what is done is not done twice.',
    )
    .action((flags: CloseFlags) => runVerb('run', flags, (context) => runAll(context, flags.now === true)))
  withGlobalFlags(epoch.command('close').description('ingest what is in the log, cut, decide every record, add leaves'))
    .option('--now', 'cut at the end of the log as it is, whatever the interval')
    .addHelpText('after', '\nExample:\n  $ tally epoch close --now')
    .action((flags: CloseFlags) =>
      runVerb('epoch close', flags, (context) => runOne(context, 'close', flags.now === true)),
    )
  addStep(program, 'attribute', 'attribute', 'take the fees of the oldest closed epoch and score its contributions')
  addStep(program, 'settle', 'settle', 'turn the scores of the oldest attributed epoch into amounts')
  addStep(program, 'publish', 'publish', 'write the bundle of the oldest settled epoch')
  addStep(anchor, 'anchor propose', 'propose', 'propose the oldest published epoch on chain')
  addStep(anchor, 'anchor finalize', 'finalize', 'finalize the oldest proposed epoch after its delay')
}

function addStep(parent: Command, verb: string, step: EpochStep, description: string): void {
  withGlobalFlags(parent.command(verb.split(' ').at(-1)!).description(description))
    .addHelpText('after', `\nExample:\n  $ tally ${verb} --json`)
    .action((flags: GlobalFlags) => runVerb(verb, flags, (context) => runOne(context, step, false)))
}

async function stepContext({ session, progress }: VerbContext, cutNow: boolean): Promise<StepContext> {
  const ledger = await session.ledger()
  const log = await session.log()
  return {
    ledger,
    ...log,
    clock: session.clock,
    bundles: session.directory.bundles,
    chain: () => session.distributor(),
    cutNow,
    onProgress: (text) => progress.show(text),
  }
}

async function runOne(context: VerbContext, step: EpochStep, cutNow: boolean): Promise<number> {
  const result = await runStep(step, await stepContext(context, cutNow))
  context.answer({ step, ...result }, () => printResult(step, result))
  return result.did === 'waiting' ? EXIT.later : EXIT.ok
}

/** Steps until none has anything to do; epochs one after the other, since a settlement needs the one before. */
async function runAll(context: VerbContext, cutNow: boolean): Promise<number> {
  const steps = await stepContext(context, cutNow)
  const done: ({ step: EpochStep } & StepResult)[] = []
  let waiting: ({ step: EpochStep } & StepResult) | undefined
  for (let moved = true; moved; ) {
    moved = false
    waiting = undefined
    for (const step of EPOCH_STEPS) {
      const result = { step, ...(await runStep(step, steps)) }
      if (result.did === 'done') {
        moved = true
        done.push(result)
        if (!context.json) context.answer(null, () => printResult(step, result))
      } else if (result.did === 'waiting' && (waiting === undefined || CHAIN_STEPS.includes(step))) waiting = result
    }
  }
  const detail = 'Nothing to do: every epoch that can be is finished.'
  context.answer({ done, waiting: waiting ?? null }, () => {
    if (waiting !== undefined) printResult(waiting.step, waiting)
    else if (done.length === 0) printLine(detail)
  })
  return waiting === undefined ? EXIT.ok : EXIT.later
}

function printResult(step: EpochStep, result: StepResult): void {
  const epoch = result.epoch === null ? '' : ` epoch ${result.epoch}`
  const mark = { done: pc.green('✓'), nothing: pc.dim('·'), waiting: pc.yellow('…') }[result.did]
  printLine(`${mark} ${step}${epoch}: ${result.detail}`)
}

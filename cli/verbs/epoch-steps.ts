import type { Command } from 'commander'
import type { DroppedAttestation } from '../../anchor/chain/count-attestations.ts'
import type { StepResult } from '../../jobs/epochs.ts'
import { EPOCH_STEPS, type EpochStep, runStep, type StepContext } from '../../jobs/run-epoch.ts'
import type { PublishedLetters } from '../../pipelines/dead-letters/publish.ts'
import { ingest } from '../../pipelines/ingest.ts'
import { TallyError } from '../../schemas/errors.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { type GlobalFlags, runVerb, type VerbContext, withGlobalFlags } from '../command.ts'
import { EXIT, paint, printLine, printWarning } from '../output.ts'
import { publishLetters, warnOfStopped } from '../publish-letters.ts'
import { recordNewDeposits } from '../record-new-deposits.ts'
import { unknownSchemas } from '../unknown-schemas.ts'
import { attributeFeatures, FEATURES_EXAMPLE, type FeatureFlags, withFeatureFlags } from './features.ts'

interface StepFlags extends GlobalFlags {
  readonly now?: boolean
  readonly skipDelay?: boolean
  readonly attestations?: readonly string[]
}

/** Close also sends the dead letters that wait, whether it had anything to close or not. */
type TakenStep = StepResult & { readonly deadLetters?: PublishedLetters | null }

export class NoLocalChainError extends TallyError {
  override readonly code = 'NO_LOCAL_CHAIN'
  constructor() {
    super('Only the embedded chain lets its time be moved.', {
      hint: 'Leave --skip-delay out, and run again when the delay is over.',
    })
  }
}

const SKIP_DELAY = 'move the time of the embedded chain past the delay instead of waiting for it'

const CHAIN_STEPS: readonly EpochStep[] = ['propose', 'finalize']

/** `run`, `epoch close`, `attribute`, `settle`, `publish`, `anchor propose`, `anchor finalize`. */
export function addEpochSteps(program: Command, epoch: Command, anchor: Command): void {
  withGlobalFlags(
    program
      .command('run')
      .description('all steps of every epoch that waits: close, attribute, settle, publish, propose, finalize'),
  )
    .option('--now', 'cut at the end of the log as it is, whatever the interval')
    .option('--skip-delay', SKIP_DELAY)
    .addHelpText(
      'after',
      '\nExample:\n  $ tally run --data ./ledger\n\nRun again at any time: what is done is not done twice.',
    )
    .action((flags: StepFlags) => runVerb('run', flags, (context) => runAll(context, flags)))
  withGlobalFlags(epoch.command('close').description('ingest what is in the log, cut, decide every record, add leaves'))
    .option('--now', 'cut at the end of the log as it is, whatever the interval')
    .addHelpText('after', '\nExample:\n  $ tally epoch close --now')
    .action((flags: StepFlags) => runVerb('epoch close', flags, (context) => runOne(context, 'close', flags)))
  addAttribute(program)
  addStep(program, 'settle', 'settle', 'turn the scores of the oldest attributed epoch into amounts')
  addStep(program, 'publish', 'publish', 'write the bundle of the oldest settled epoch')
  addStep(anchor, 'anchor propose', 'propose', 'propose the oldest published epoch on chain')
  addStep(anchor, 'anchor finalize', 'finalize', 'finalize the oldest proposed epoch after its delay')
    .option('--skip-delay', SKIP_DELAY)
    .option(
      '--attestations <paths...>',
      'files of attesters, or folders of them (besides the folder attestations of the data folder)',
    )
}

/** The step, or with --features a period from files alone. */
function addAttribute(program: Command): void {
  const description = 'take the fees of the oldest closed epoch and score its contributions'
  withFeatureFlags(withGlobalFlags(program.command('attribute').description(description)))
    .addHelpText('after', `\nExample:\n  $ tally attribute --json\n${FEATURES_EXAMPLE}`)
    .action(
      (flags: StepFlags & FeatureFlags) =>
        attributeFeatures(flags) ?? runVerb('attribute', flags, (context) => runOne(context, 'attribute', flags)),
    )
}

function addStep(parent: Command, verb: string, step: EpochStep, description: string): Command {
  return withGlobalFlags(parent.command(verb.split(' ').at(-1)!).description(description))
    .addHelpText('after', `\nExample:\n  $ tally ${verb} --json`)
    .action((flags: StepFlags) => runVerb(verb, flags, (context) => runOne(context, step, flags)))
}

async function stepContext(context: VerbContext, flags: StepFlags): Promise<StepContext> {
  const { session, progress, catchUp } = context
  const ledger = await session.ledger()
  const log = await session.log()
  return {
    ledger,
    ...log,
    clock: session.clock,
    bundles: session.directory.bundles,
    log: session.logPlaces(),
    chain: () => session.distributor(),
    attestations: {
      named: (flags.attestations ?? []).map((path) => context.path(path)),
      dropFolder: session.config.attestations ?? session.directory.attestations,
    },
    onDropped: onceEach(({ name, reason }) => printWarning(`${name} is no attestation that counts: ${reason}`, null)),
    cutNow: flags.now === true,
    ...(catchUp === undefined ? {} : { catchUp }),
    onProgress: (text) => progress.show(text),
  }
}

/** Steps are taken again and again; a file is spoken of once. */
function onceEach(tell: (dropped: DroppedAttestation) => void): (dropped: DroppedAttestation) => void {
  const told = new Set<string>()
  return (dropped) => {
    const key = `${dropped.name}\n${dropped.reason}`
    if (told.has(key)) return
    told.add(key)
    tell(dropped)
  }
}

async function runOne(context: VerbContext, step: EpochStep, flags: StepFlags): Promise<number> {
  const result = await takeStep(context, step, await stepContext(context, flags), flags)
  context.answer({ step, ...result }, () => printResult(step, result))
  return result.did === 'waiting' ? EXIT.later : EXIT.ok
}

async function takeStep(
  context: VerbContext,
  step: EpochStep,
  steps: StepContext,
  flags: StepFlags,
): Promise<TakenStep> {
  if (step === 'close') {
    await recordNewDeposits(context.session)
    await ingestUnknownSchemas(context)
  }
  const result = await runStep(step, steps)
  if (step === 'close') return { ...result, deadLetters: await publishLetters(context.session) }
  if (step !== 'finalize' || result.did !== 'waiting' || flags.skipDelay !== true) return result
  const { local, connection } = await context.session.chain()
  if (local === undefined) throw new NoLocalChainError()
  const { timestamp } = await connection.client.getBlock()
  await local.advanceTime(Number(result.untilMs / 1000n - timestamp))
  return runStep(step, steps)
}

/**
 * With a schema registry, what is in the log is ingested before the cut is chosen, so that a schema that the registry has is
 * a record by then.
 */
async function ingestUnknownSchemas({ session, progress, catchUp }: VerbContext): Promise<void> {
  if (catchUp !== undefined) return // the ingest that runs all the time asks the registry itself
  const hook = await unknownSchemas(session, { progress })
  if (hook.onUnknownSchemas === undefined) return
  const { source } = await session.log()
  await ingest({ ...hook, source, warehouse: await session.warehouse(), topics: INPUT_TOPICS, until: 'end' })
}

/** Steps until none has anything to do; epochs one after the other, since a settlement needs the one before. */
async function runAll(context: VerbContext, flags: StepFlags): Promise<number> {
  const steps = await stepContext(context, flags)
  const done: ({ step: EpochStep } & TakenStep)[] = []
  let waiting: ({ step: EpochStep } & TakenStep) | undefined
  for (let moved = true; moved; ) {
    moved = false
    waiting = undefined
    for (const step of EPOCH_STEPS) {
      context.signal.throwIfAborted()
      const result = { step, ...(await takeStep(context, step, steps, flags)) }
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

function printResult(step: EpochStep, result: TakenStep): void {
  const epoch = result.epoch === null ? '' : ` epoch ${result.epoch}`
  const mark = { done: paint.green('✓'), nothing: paint.dim('·'), waiting: paint.yellow('…') }[result.did]
  printLine(`${mark} ${step}${epoch}: ${result.detail}`)
  warnOfStopped(result.deadLetters ?? null)
}

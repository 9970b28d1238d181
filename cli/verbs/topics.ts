import { type Command, InvalidArgumentError } from 'commander'
import { applyTopics, planTopics, type TopicStep } from '../../pipelines/plan-topics.ts'
import { type GlobalFlags, runVerbAlone, wholeNumber, withGlobalFlags } from '../command.ts'
import { EXIT, paint, printLine } from '../output.ts'

interface CreateFlags extends GlobalFlags {
  readonly partitions?: number
  readonly replication?: number
  readonly dryRun?: boolean
}

/** `topics create`. */
export function addTopics(program: Command): void {
  const topics = program.command('topics').description('the topics of the broker: create')
  withGlobalFlags(
    topics.command('create').description('make the topics that are missing, and mend the settings of those that exist'),
  )
    .option('--partitions <n>', 'of tally.contributions and tally.inferences; existing ones grow to it', positive)
    .option(
      '--replication <n>',
      'copies of each partition of new topics (default: 3, or as many as there are nodes)',
      positive,
    )
    .option('--dry-run', 'only say what would be done')
    .addHelpText(
      'after',
      '\nExample:\n  $ KAFKA_BROKERS=localhost:9092 tally topics create --partitions 6 --dry-run\n\nIt deletes nothing, takes no partition away and leaves other settings as they are. Run again, it finds nothing to do.',
    )
    .action((flags: CreateFlags) =>
      runVerbAlone('topics create', flags, async ({ session, answer }) => {
        const admin = session.logAdmin()
        if (admin === null) {
          answer({ dryRun: flags.dryRun === true, steps: [] }, () =>
            printLine('The embedded log makes its topics by itself; KAFKA_BROKERS names a broker.'),
          )
          return EXIT.ok
        }
        const steps = await planTopics(admin, flags)
        if (flags.dryRun !== true) await applyTopics(admin, steps)
        answer({ dryRun: flags.dryRun === true, steps }, () => printSteps(steps, flags.dryRun === true))
        return EXIT.ok
      }),
    )
}

/** Reads the value of a flag. @throws InvalidArgumentError, which names the flag and ends with exit code 2 */
function positive(text: string): number {
  const number = wholeNumber(text)
  if (number === 0) throw new InvalidArgumentError('It must be at least 1.')
  return number
}

function printSteps(steps: readonly TopicStep[], isDryRun: boolean): void {
  const mark = isDryRun ? paint.yellow('would') : paint.green('✓')
  for (const step of steps) {
    if (step.step === 'create')
      printLine(`${mark} create ${step.topic}: ${step.partitions} partitions, ${step.replication} copies each`)
    if (step.step === 'set') printLine(`${mark} set ${step.topic} ${step.name}: ${step.from} → ${step.to}`)
    if (step.step === 'grow') printLine(`${mark} grow ${step.topic}: ${step.from} → ${step.to} partitions`)
  }
  if (steps.length === 0) printLine('Nothing to do: every topic exists with the settings it needs.')
  if (steps.some(({ step }) => step === 'grow'))
    printLine(
      paint.dim(
        'Keys go to other partitions from now on. Effective times and the order of what is there do not change.',
      ),
    )
}

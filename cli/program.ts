import { Command, CommanderError } from 'commander'
import { currentInvocation } from './invocation.ts'
import { EXIT } from './output.ts'
import { addAnswers } from './verbs/answers.ts'
import { addChain } from './verbs/chain.ts'
import { addChecks } from './verbs/checks.ts'
import { addDemo } from './verbs/demo.ts'
import { addDlq } from './verbs/dlq.ts'
import { addDoctor } from './verbs/doctor.ts'
import { addEpochStatus } from './verbs/epoch-status.ts'
import { addEpochSteps } from './verbs/epoch-steps.ts'
import { addFeatureFiles } from './verbs/features.ts'
import { addLogCopy } from './verbs/log-copy.ts'
import { addLogFiles } from './verbs/log-files.ts'
import { addMarket } from './verbs/market.ts'
import { addPayoutTreeExport } from './verbs/payout-tree.ts'
import { addQuote } from './verbs/quote.ts'
import { addRecords } from './verbs/records.ts'
import { addResume } from './verbs/resume.ts'
import { addSchemas } from './verbs/schema.ts'
import { addSeal } from './verbs/seal.ts'
import { addSignatures } from './verbs/signature.ts'
import { addText } from './verbs/text.ts'
import { addTopics } from './verbs/topics.ts'
import { addWatch } from './verbs/watch.ts'

const DESCRIPTION =
  'Meters each use of data, models and agents, works out what each contribution did for it, pays by that, and proves it.'

const AFTER_HELP = `
Exit codes:
  0  done, or nothing to do        3  checked, but the chain was not asked
  1  a check failed                4  not yet, or busy: run it again later
  2  bad usage or configuration    5  any other error
  6 and more: see the verb's own help; 11 is an alarm: somebody has to look

Start here:
  $ tally demo`

/** Runs one command line; it prints to, and its exit code goes to, the invocation that it belongs to. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const { output } = currentInvocation()
  try {
    await tallyProgram().parseAsync(argv, { from: 'user' })
  } catch (error) {
    // Commander has printed what is wrong, or the help that was asked for.
    if (!(error instanceof CommanderError)) throw error
    output.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage)
  }
}

function tallyProgram(): Command {
  const { output, live } = currentInvocation()
  // Set before the verbs are added: each takes it over.
  const program = new Command('tally')
    .description(DESCRIPTION)
    .version('0.1.0')
    .showHelpAfterError('(tally --help lists the verbs)')
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    .configureOutput({ writeOut: (text) => output.stdout(text), writeErr: (text) => output.stderr(text) })
  // The demo has a ledger of its own: it never runs in the process of another one.
  if (live === undefined) addDemo(program)
  addRecords(program, runCommandLine)
  const log = program.command('log').description('the log of records (copy), and its tree as static files')
  addLogCopy(log)
  addLogFiles(log)
  addDlq(program)
  addTopics(program)
  addSeal(program)
  addSchemas(program)
  addSignatures(program)
  const epoch = program.command('epoch').description('epochs: close, status')
  const anchor = program.command('anchor').description('the chain: deploy, propose, finalize, status, watch, resume')
  addEpochSteps(program, epoch, anchor)
  addEpochStatus(epoch)
  addChain(program, anchor)
  addResume(anchor)
  addWatch(anchor)
  const exports = program.command('export').description('write files that other tools read: features, payout-tree')
  addFeatureFiles(program, exports)
  addPayoutTreeExport(exports)
  addText(program)
  addAnswers(program)
  addQuote(program)
  addMarket(program)
  addChecks(program)
  addDoctor(program)
  return program
}

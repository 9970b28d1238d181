import { Command, CommanderError } from 'commander'
import { currentInvocation } from './invocation.ts'
import { EXIT } from './output.ts'

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

/** Verbs of two words, by the first. */
const GROUPS = {
  log: 'the log of records (copy), and its tree as static files',
  epoch: 'epochs: close, status',
  anchor: 'the chain: deploy, propose, finalize, status, veto, retry, watch, resume',
  export: 'write files that other tools read: features, payout-tree, tables',
} as const

interface Place {
  readonly program: Command
  group(name: keyof typeof GROUPS): Command
}

/** Adds the verbs of one module, which is loaded only then: to load them all takes longer than most verbs do. */
type Module = (place: Place) => Promise<void>

const demo: Module = async ({ program }) => (await import('./verbs/demo.ts')).addDemo(program)
const records: Module = async ({ program }) => (await import('./verbs/records.ts')).addRecords(program, runCommandLine)
const logCopy: Module = async ({ group }) => (await import('./verbs/log-copy.ts')).addLogCopy(group('log'))
const logFiles: Module = async ({ group }) => (await import('./verbs/log-files.ts')).addLogFiles(group('log'))
const dlq: Module = async ({ program }) => (await import('./verbs/dlq.ts')).addDlq(program)
const topics: Module = async ({ program }) => (await import('./verbs/topics.ts')).addTopics(program)
const seal: Module = async ({ program }) => (await import('./verbs/seal.ts')).addSeal(program)
const schema: Module = async ({ program }) => (await import('./verbs/schema.ts')).addSchemas(program)
const signatures: Module = async ({ program }) => (await import('./verbs/signature.ts')).addSignatures(program)
const epochSteps: Module = async ({ program, group }) =>
  (await import('./verbs/epoch-steps.ts')).addEpochSteps(program, group('epoch'), group('anchor'))
const epochStatus: Module = async ({ group }) =>
  (await import('./verbs/epoch-status.ts')).addEpochStatus(group('epoch'))
const chain: Module = async ({ program, group }) =>
  (await import('./verbs/chain.ts')).addChain(program, group('anchor'))
const resume: Module = async ({ group }) => (await import('./verbs/resume.ts')).addResume(group('anchor'))
const veto: Module = async ({ group }) => (await import('./verbs/veto.ts')).addVeto(group('anchor'))
const watch: Module = async ({ group }) => (await import('./verbs/watch.ts')).addWatch(group('anchor'))
const features: Module = async ({ program, group }) =>
  (await import('./verbs/features.ts')).addFeatureFiles(program, group('export'))
const payoutTree: Module = async ({ group }) =>
  (await import('./verbs/payout-tree.ts')).addPayoutTreeExport(group('export'))
const analytics: Module = async ({ program, group }) =>
  (await import('./verbs/query.ts')).addAnalytics(program, group('export'))
const text: Module = async ({ program }) => (await import('./verbs/text.ts')).addText(program)
const agents: Module = async ({ program }) => (await import('./verbs/agent.ts')).addAgents(program)
const answers: Module = async ({ program }) => (await import('./verbs/answers.ts')).addAnswers(program)
const statement: Module = async ({ program }) => (await import('./verbs/statement.ts')).addStatement(program)
const incentives: Module = async ({ program }) => (await import('./verbs/incentives.ts')).addIncentives(program)
const disputes: Module = async ({ program }) => (await import('./verbs/dispute.ts')).addDisputes(program)
const market: Module = async ({ program }) => (await import('./verbs/market.ts')).addMarket(program)
const corrections: Module = async ({ program }) => (await import('./verbs/correct.ts')).addCorrections(program)
const quote: Module = async ({ program }) => (await import('./verbs/quote.ts')).addQuote(program)
const policy: Module = async ({ program }) => (await import('./verbs/policy.ts')).addPolicy(program)
const erasure: Module = async ({ program }) => (await import('./verbs/erase.ts')).addErasure(program)
const reruns: Module = async ({ program }) => (await import('./verbs/rerun.ts')).addReruns(program)
const receipt: Module = async ({ program }) => (await import('./verbs/receipt.ts')).addReceipt(program)
const verify: Module = async ({ program }) => (await import('./verbs/verify.ts')).addVerify(program)
const audit: Module = async ({ program }) => (await import('./verbs/audit.ts')).addAudit(program)
const doctor: Module = async ({ program }) => (await import('./verbs/doctor.ts')).addDoctor(program)

/** By first word, in the order of the help: where its verbs are, all of them. */
const MODULES_OF: ReadonlyMap<string, readonly Module[]> = new Map([
  ['demo', [demo]],
  ['ingest', [records]],
  ['log', [logCopy, logFiles]],
  ['epoch', [epochSteps, epochStatus]],
  ['anchor', [epochSteps, chain, veto, resume, watch]],
  ['export', [features, payoutTree, analytics]],
  ['dlq', [dlq]],
  ['topics', [topics]],
  ['seal', [seal]],
  ['schema', [schema]],
  ['signature', [signatures]],
  ['run', [epochSteps]],
  ['attribute', [epochSteps]],
  ['settle', [epochSteps]],
  ['publish', [epochSteps]],
  ['claim', [chain]],
  ['import', [features]],
  ['text', [text]],
  ['query', [analytics]],
  ['statement', [statement]],
  ['explain', [answers]],
  ['insights', [answers]],
  ['incentives', [incentives]],
  ['agent', [agents]],
  ['market', [market]],
  ['dispute', [disputes]],
  ['quote', [quote]],
  ['correct', [corrections]],
  ['retire', [corrections]],
  ['policy', [policy]],
  ['erase', [erasure]],
  ['erasure', [erasure]],
  ['rerun', [reruns]],
  ['diff', [reruns]],
  ['adjust', [reruns]],
  ['receipt', [receipt]],
  ['verify', [verify]],
  ['audit', [audit]],
  ['doctor', [doctor]],
])

/** Runs one command line; it prints to, and its exit code goes to, the invocation that it belongs to. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const { output } = currentInvocation()
  try {
    await (await tallyProgram(argv[0])).parseAsync(argv, { from: 'user' })
  } catch (error) {
    // Commander has printed what is wrong, or the help that was asked for.
    if (!(error instanceof CommanderError)) throw error
    output.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage)
  }
}

/** With the verbs under `word`, or with all where it is none that is known: then somebody asks what there is. */
async function tallyProgram(word: string | undefined): Promise<Command> {
  const { output, live } = currentInvocation()
  // Set before the verbs are added: each takes it over.
  const program = new Command('tally')
    .description(DESCRIPTION)
    .version('0.1.0')
    .showHelpAfterError('(tally --help lists the verbs)')
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    .configureOutput({ writeOut: (text) => output.stdout(text), writeErr: (text) => output.stderr(text) })
  const group = (name: keyof typeof GROUPS) =>
    program.commands.find((command) => command.name() === name) ?? program.command(name).description(GROUPS[name])
  const modules = MODULES_OF.get(word ?? '') ?? new Set([...MODULES_OF.values()].flat())
  // The demo has a ledger of its own: it never runs in the process of another one.
  for (const add of modules) if (add !== demo || live === undefined) await add({ program, group })
  return program
}

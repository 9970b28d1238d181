import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import { type AuditReport, auditBundle } from '../../audit/index.ts'
import { splitDigits } from '../../examples/digits/accounts.ts'
import { loadDigits } from '../../examples/digits/dataset.ts'
import { DemoClock } from '../../examples/digits/demo/clock.ts'
import { MONTH_S } from '../../examples/digits/story/names.ts'
import { readYourDigit } from '../../examples/digits/your-digit.ts'
import { EPOCH_STEPS } from '../../jobs/run-epoch.ts'
import { applyTopics, planTopics } from '../../pipelines/plan-topics.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { Address } from '../../schemas/ids.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { renderReport } from '../../web/src/render-report.ts'
import { type Config, ConfigError, loadConfig } from '../config.ts'
import { ActList } from '../demo/acts.ts'
import {
  askAndPay,
  claimAll,
  contributeAll,
  dropWhatHurts,
  found,
  type Play,
  step,
  trainAndRecord,
} from '../demo/play.ts'
import { printDemo } from '../demo/print.ts'
import { type DemoResult, gather, toJsonDocument, toReportData } from '../demo/result.ts'
import { playStory } from '../demo/story/play-story.ts'
import { printStory, toStoryDocument } from '../demo/story/tell-story.ts'
import { playText } from '../demo/text/play-text.ts'
import { namesOf, printTexts, toTextDocument } from '../demo/text/tell-text.ts'
import { textPage } from '../demo/text/text-page.ts'
import { EXIT, formatPercent, printJson, printLine, reportError } from '../output.ts'
import { Session } from '../session.ts'

interface DemoFlags {
  readonly epochs: number
  readonly seed: string
  readonly keep?: string
  readonly digit?: string
  readonly story?: boolean
  readonly text?: boolean
  readonly json?: boolean
}

export class FolderInUseError extends TallyError {
  override readonly code = 'FOLDER_IN_USE'
  constructor(facts: { path: string }) {
    super(`${facts.path} is not empty.`, { facts, hint: 'The demo begins from nothing: give --keep a new folder.' })
  }
}

export class TopicsInUseError extends TallyError {
  override readonly code = 'TOPICS_IN_USE'
  constructor(facts: { topic: string }) {
    super(`Topic ${facts.topic} of the broker holds records already.`, {
      facts,
      hint: 'The demo begins from nothing: start a new broker with `npm run kafka`, or leave KAFKA_BROKERS out.',
    })
  }
}

/** Contributors of the demo write into partitions of their own. */
const PARTITIONS = 3
const EPOCHS_MAX = 50

/** `demo`: the whole way on real data. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'the whole way on real data: ten accounts contribute digits, a model is trained, its uses are paid, everything is audited',
    )
    .option('--epochs <n>', 'how many epochs of paid uses', parseEpochs, 1)
    .option('--seed <text>', 'salts, ids, times and the chain follow from it: the same seed, the same roots', 'tally')
    .option('--keep <dir>', 'work in this new folder (default: a new one in the temporary folder; both are kept)')
    .option('--digit <file>', 'pay for your own digit too: a PNG, or 28 lines of text')
    .option(
      '--story',
      'play a year instead: models, an agent, a market, licences, and what goes wrong and is set right',
    )
    .option('--text', 'speeches and a language model instead: who is repeated word for word in what it writes is paid')
    .option('--json', 'print one JSON document and nothing else')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally demo --seed 7 --epochs 2\n  $ tally demo --digit my-seven.png\n  $ tally demo --story --seed 3\n  $ tally demo --text --epochs 2\n\nThe story has twelve epochs, one a month, and digits of its own: --epochs and --digit are not for it; --digit is not for speeches.',
    )
    .action(async (flags: DemoFlags, command: Command) => {
      try {
        if (flags.story === true) requireNoOther(command, 'story', ['epochs', 'digit', 'text'])
        if (flags.text === true) requireNoOther(command, 'text', ['digit'])
        const run = flags.story === true ? runStory : flags.text === true ? runText : runDemo
        process.exitCode = await run(flags)
      } catch (error) {
        process.exitCode = reportError(error, flags.json === true)
      }
    })
}

/** @throws ConfigError when an option is given that would not be heeded */
function requireNoOther(command: Command, beside: string, others: readonly string[]): void {
  const given = others.filter((name) => command.getOptionValueSource(name) === 'cli')
  if (given.length === 0) return
  const names = given.map((name) => `--${name}`).join(' and ')
  throw new ConfigError([`demo: ${names} cannot be given with --${beside}, which has its own`])
}

function parseEpochs(text: string): number {
  const epochs = Number(text)
  if (!Number.isInteger(epochs) || epochs < 1 || epochs > EPOCHS_MAX)
    throw new InvalidArgumentError(`a whole number from 1 to ${EPOCHS_MAX}`)
  return epochs
}

interface Acts {
  play: Play
  claimed: Map<Address, bigint>
  audit: AuditReport
  result: DemoResult
}

async function runDemo(flags: DemoFlags): Promise<number> {
  const started = performance.now()
  const yours = flags.digit === undefined ? undefined : await readYourDigit(flags.digit)
  const folder = demoFolder(flags.keep)
  const clock = new DemoClock(flags.seed)
  const session = new Session({
    config: demoConfig(folder),
    verb: 'tally demo',
    clock: () => clock.tick(),
    chainGenesisTime_s: Number(clock.startMs / 1000n),
  })
  try {
    await assertNewTopics(session)
    if (!flags.json)
      printLine(pc.bold('Tallystick: from a handwritten digit to a claimed payout that anybody can recompute\n'))
    const acts = await playActs(flags, session, clock, yours)
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
    const report = join(folder, 'report.html')
    writeFileSync(report, renderReport(toReportData(acts.play, acts.result, flags.seed)))
    if (flags.json) printJson(toJsonDocument(acts.result, flags.seed, seconds))
    else printEnd(acts, folder, report, seconds)
    return acts.audit.ok ? EXIT.ok : EXIT.failed
  } finally {
    await session.close()
  }
}

async function runStory(flags: DemoFlags): Promise<number> {
  const started = performance.now()
  const folder = demoFolder(flags.keep)
  const clock = new DemoClock(flags.seed, MONTH_S)
  const { kafkaBrokers, ...config } = demoConfig(folder)
  const session = new Session({
    ...{ config, verb: 'tally demo', clock: () => clock.tick() },
    chainGenesisTime_s: Number(clock.startMs / 1000n),
  })
  try {
    if (!flags.json) printLine(pc.bold('Tallystick: a year of models, an agent, a market, and what goes wrong\n'))
    const story = await playStory(session, clock, { seed: flags.seed, silent: flags.json === true })
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
    if (flags.json) printJson(toStoryDocument(story, flags.seed, seconds))
    else printStory(story, folder, seconds)
    return story.audit.ok ? EXIT.ok : EXIT.failed
  } finally {
    await session.close()
  }
}

async function runText(flags: DemoFlags): Promise<number> {
  const started = performance.now()
  const folder = demoFolder(flags.keep)
  const clock = new DemoClock(flags.seed)
  const { kafkaBrokers, ...config } = demoConfig(folder)
  const session = new Session({
    ...{ config, verb: 'tally demo', clock: () => clock.tick() },
    chainGenesisTime_s: Number(clock.startMs / 1000n),
  })
  try {
    if (!flags.json) printLine(pc.bold('Tallystick: from a speech to a payout for the words that are repeated\n'))
    const { seed, epochs } = flags
    const { play, result } = await playText(session, clock, { seed, epochs, silent: flags.json === true })
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
    const report = join(folder, 'report.html')
    writeFileSync(report, textPage(result, namesOf(play), seed))
    if (flags.json) printJson(toTextDocument(result, seed, seconds))
    else printTexts(play, result, { folder, report: pathToFileURL(report).href, seconds })
    return result.audit.ok ? EXIT.ok : EXIT.failed
  } finally {
    await session.close()
  }
}

/** The broker of the environment or the configuration file, if one is named there; everything else is the demo's own. */
function demoConfig(folder: string): Config {
  const { rpcUrl, checkRpcUrl, proposerKey, depositSource, ...config } = loadConfig({
    environment: process.env,
    flags: { data: folder },
  })
  return { ...config, partitions: PARTITIONS, kafkaGroup: `tallystick-demo-${randomUUID()}` }
}

/** On a broker the demo's epochs hold whatever the topics hold, so they must hold nothing; missing ones are made. */
async function assertNewTopics(session: Session): Promise<void> {
  const admin = session.logAdmin()
  if (admin === null) return
  await applyTopics(admin, await planTopics(admin, { partitions: PARTITIONS }))
  const { source } = await session.log()
  const used = (await source.partitions([...INPUT_TOPICS, TOPICS.epochs])).find((bounds) => bounds.highWatermark > 0n)
  if (used !== undefined) throw new TopicsInUseError({ topic: used.topic })
}

async function playActs(
  flags: DemoFlags,
  session: Session,
  clock: DemoClock,
  yours: Uint8Array | undefined,
): Promise<Acts> {
  const list = new ActList<Acts>({ silent: flags.json === true })
  const add: typeof list.add = (title, work) => list.add(title, work)
  add('Found the ledger', async (acts) => {
    acts.play = await found(session, splitDigits(await loadDigits(), flags.seed), flags.seed, clock)
    return 'a local chain with a contract and a test dollar'
  })
  add('Contribute', (acts, say) => contributeAll(acts.play, say))
  add('Train the model', (acts, say) => trainAndRecord(acts.play, say))
  for (let epoch = 1; epoch <= flags.epochs; epoch++) {
    const of = flags.epochs === 1 ? '' : ` epoch ${epoch}`
    add(`Use it${of}`, (acts, say) => askAndPay(acts.play, epoch, yours, say))
    for (const name of EPOCH_STEPS)
      add(`${name[0]!.toUpperCase()}${name.slice(1)}${of}`, (acts, say) => step(acts.play, name, epoch, say))
    add(`Claim${of}`, async (acts, say) => {
      acts.claimed = await claimAll(acts.play, say)
      return `${acts.claimed.size} accounts took what they earned`
    })
  }
  add('Audit', async (acts, say) => {
    const { rpcUrl } = await session.chain()
    acts.audit = await auditBundle(session.directory.bundles, { rpcUrl, onProgress: (check) => say(check.name) })
    return acts.audit.ok ? 'everything recomputed, and the chain agrees' : 'a difference was found'
  })
  add('Explain', async (acts, say) => {
    say('the contributions behind three answers')
    acts.result = await gather(acts.play, flags.epochs, acts.claimed, acts.audit)
    return 'three answers, and who stands behind them'
  })
  add('Drop what hurts', async (acts, say) => {
    const retrained = await dropWhatHurts(acts.play, flags.epochs, say)
    acts.result = { ...acts.result, retrained: retrained ?? null }
    if (retrained === undefined) return 'every digit was asked about, so none is left to judge by'
    const { before, withoutHurting } = retrained.accuracy
    return `${formatPercent(before)} of new digits are read right with all data, ${formatPercent(withoutHurting)} without what hurts`
  })
  return list.run()
}

function demoFolder(keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), 'tallystick-demo-'))
  const folder = resolve(keep)
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new FolderInUseError({ path: folder })
  mkdirSync(folder, { recursive: true })
  return folder
}

function printEnd(acts: Acts, folder: string, report: string, seconds: number): void {
  printDemo(acts.play, acts.result)
  const near = relative(process.cwd(), folder)
  const shown = near.startsWith('..') ? folder : near
  const best = acts.result.accounts.reduce((a, b) => (b.earned > a.earned ? b : a))
  printLine(`\n${pc.bold('Look further')}
  the report         ${pathToFileURL(report).href}
  a statement        npx tally statement ${best.account} --data ${shown}
  a receipt          npx tally receipt ${best.account} --data ${shown} --out receipt.json && npx tally verify receipt.json
  the audit alone    npx tally audit ${shown}/bundles
  features anew      npx tally audit ${shown}/bundles --re-extract 50 --payloads ${shown}/payloads --extractor ${shown}/extractor --randomness $(openssl rand -hex 32)
  pay for your digit npx tally demo --digit my-digit.png\n`)
  printLine(pc.dim(`${seconds} s; everything is kept in ${shown}`))
  printLine(acts.audit.ok ? pc.green('audit: OK') : pc.red('audit: DIFFERENCE'))
}

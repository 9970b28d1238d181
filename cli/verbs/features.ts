import { type Command, InvalidArgumentError } from 'commander'
import { attributeFiles, type FileAttribution } from '../../jobs/attribution/files/attribute-files.ts'
import { exportPeriod } from '../../jobs/attribution/files/export-ledger.ts'
import { type ArrayPaths, importArrays } from '../../jobs/attribution/files/import-arrays.ts'
import { readFeatureFiles } from '../../jobs/attribution/files/read-features.ts'
import { writeFeatureFiles } from '../../jobs/attribution/files/write-features.ts'
import { withKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { METHODS, methodFor } from '../../jobs/attribution/methods.ts'
import { TallyError } from '../../schemas/errors.ts'
import { DATA_PARTS_MAX } from '../../schemas/limits.ts'
import {
  type GlobalFlags,
  runReadingVerb,
  runVerbAlone,
  type VerbContext,
  wholeNumber,
  withGlobalFlags,
} from '../command.ts'
import { EXIT, formatPercent, paint, printLine, printRemark } from '../output.ts'

const DATA_PARTS = 500_000
const MIN_EVENTS = 2_000
/** Accounts and contributions that a person is shown; --json has all. */
const SHOWN = 20

/** What `attribute --features` needs beside the folder. */
export interface FeatureFlags extends GlobalFlags {
  readonly features?: string
  readonly dataParts?: number
  readonly minEvents?: number
  readonly dBar?: bigint
  readonly method?: string
}

interface ImportFlags extends GlobalFlags, Pick<ArrayPaths, 'contributions' | 'inferences'> {
  readonly contributionList: string
  readonly inferenceList: string
  readonly out: string
}

interface ExportFlags extends GlobalFlags {
  readonly model: string
  readonly token?: string
  readonly epoch?: number
  readonly out: string
}

/** The settings name a period from files, and without --features there is none. */
class OnlyWithFeaturesError extends TallyError {
  override readonly code = 'USAGE'
  constructor(facts: { flag: string }) {
    super(`${facts.flag} needs --features DIR: an epoch's settings are those of its policy.`, { facts })
  }
}

/** Adds to `attribute` what attributes a folder of files in place of an epoch. */
export function withFeatureFlags(command: Command): Command {
  return command
    .option('--features <dir>', 'attribute the files in this folder instead: no log, chain or ledger is opened')
    .option(
      '--data-parts <n>',
      `with --features: millionths of a fee that go to data (default ${DATA_PARTS})`,
      dataParts,
    )
    .option('--min-events <n>', `with --features: effective events a period needs (default ${MIN_EVENTS})`, wholeNumber)
    .option('--d-bar <n>', 'with --features: dBarFixed of the period before', wholeBigint)
    .option('--method <name>', `with --features: ${METHODS.map(({ name }) => name).join(', ')}`)
}

export const FEATURES_EXAMPLE = '  $ tally attribute --features ./features --min-events 500 --json'

/** @returns undefined without --features: the verb then takes the oldest closed epoch */
export function attributeFeatures(flags: FeatureFlags): Promise<void> | undefined {
  const { features } = flags
  if (features !== undefined) return runVerbAlone('attribute', flags, (context) => attribute(context, features, flags))
  for (const [flag, value] of [
    ['--data-parts', flags.dataParts],
    ['--min-events', flags.minEvents],
    ['--d-bar', flags.dBar],
    ['--method', flags.method],
  ] as const)
    if (value !== undefined)
      return runVerbAlone('attribute', flags, () => Promise.reject(new OnlyWithFeaturesError({ flag })))
  return undefined
}

async function attribute(
  { path, progress, answer }: VerbContext,
  folder: string,
  flags: FeatureFlags,
): Promise<number> {
  const { dataParts = DATA_PARTS, minEvents = MIN_EVENTS, dBar = null } = flags
  progress.show('reading features')
  const files = await readFeatureFiles(path(folder), (text) => progress.show(text))
  const { kind } = files.contributions.rows
  const name = flags.method ?? METHODS.find(({ kinds }) => kinds.includes(kind))!.name
  const method = methodFor(name, kind)
  const onProgress = (text: string) => progress.show(text)
  const result = await withKernels(
    (kernels) => attributeFiles(files, { method, dataParts, minEvents, dBarFixed: dBar, kernels, onProgress }),
    { onFallback: onProgress },
  )
  answer(result, () => printAttribution(result, minEvents))
  return EXIT.ok
}

function printAttribution(result: FileAttribution, minEvents: number): void {
  const { method, reason, contributions, inferences, fees } = result
  printLine(paint.bold(`${method}: ${contributions} contributions, ${inferences} paid uses, fees ${fees}`))
  if (reason === null) printScores(result, minEvents)
  else printLine(`Nothing to attribute. ${reason}`)
}

function printScores({ vHash, effectiveEvents, pays, ...result }: FileAttribution, minEvents: number): void {
  printLine(`V ${vHash}`)
  const enough = pays ? 'so the period pays' : `of ${minEvents} that it needs: held, it would not pay yet`
  printLine(`${effectiveEvents} effective events, ${enough}\n`)
  const accounts = [...result.accounts].sort((a, b) => b.share - a.share)
  printLine('   share   90 % interval     account')
  for (const { account, share, low, high } of accounts.slice(0, SHOWN))
    printLine(
      `${formatPercent(share).padStart(8)}   ${formatPercent(low).padStart(6)} – ${formatPercent(high).padEnd(7)}  ${account}`,
    )
  if (accounts.length > SHOWN) printRemark(`… and ${accounts.length - SHOWN} more: --json lists them`)
  const values = [...result.values].sort((a, b) => b.value - a.value)
  printLine(`\nHelped most: ${named(values.slice(0, 5).filter(({ value }) => value > 0))}`)
  printLine(
    `Hurt most:   ${named(
      values
        .slice(-5)
        .reverse()
        .filter(({ value }) => value < 0),
    )}`,
  )
}

function named(values: readonly { id: string }[]): string {
  return values.length === 0 ? 'none' : values.map(({ id }) => id).join(', ')
}

/** `import features`, `export features`. */
export function addFeatureFiles(program: Command, exports: Command): void {
  const imports = program.command('import').description('make files that tally reads: features')
  withGlobalFlags(
    imports.command('features').description('gradients of another tool (.npy, TRAK .mmap) as a folder of features'),
  )
    .requiredOption('--contributions <file>', '.npy or .mmap, one row a contribution')
    .requiredOption('--contribution-list <file>', '.csv or .parquet: contribution_id, account; a line for each row')
    .requiredOption('--inferences <file>', '.npy or .mmap, one row a paid use')
    .requiredOption('--inference-list <file>', '.csv or .parquet: inference_id, fee, payer, perhaps p16')
    .requiredOption('--out <dir>', 'folder that gets contributions.parquet and inferences.parquet')
    .addHelpText(
      'after',
      `
Example:
  $ tally import features --contributions train.npy --contribution-list owners.csv \\
      --inferences asked.npy --inference-list fees.csv --out ./features
  $ tally attribute --features ./features`,
    )
    .action((flags: ImportFlags) => runVerbAlone('import features', flags, (context) => importFeatures(context, flags)))
  withGlobalFlags(
    exports.command('features').description('the features of a published period as a folder of Parquet files'),
  )
    .requiredOption('--model <asset>', 'whose period')
    .option('--token <address>', 'which, when the model was paid in several')
    .option('--epoch <n>', 'the epoch in which it was attributed (default: the last)', wholeNumber)
    .requiredOption('--out <dir>', 'folder that gets contributions.parquet and inferences.parquet')
    .addHelpText(
      'after',
      `
Features are restricted data: pictures can be made of them again (docs/features.md).

Example:
  $ tally export features --model reader --out ./features && tally attribute --features ./features`,
    )
    .action((flags: ExportFlags) =>
      runReadingVerb('export features', flags, (context) => exportFeatures(context, flags)),
    )
}

async function importFeatures({ path, progress, answer }: VerbContext, flags: ImportFlags): Promise<number> {
  progress.show('reading arrays')
  const paths = {
    contributions: path(flags.contributions),
    contributionList: path(flags.contributionList),
    inferences: path(flags.inferences),
    inferenceList: path(flags.inferenceList),
  }
  const { files, contributions, inferences } = await importArrays(paths, (text) => progress.show(text))
  await writeFeatureFiles(path(flags.out), files, (text) => progress.show(text))
  const describe = ({ rows, unitExponent, zeroRows }: typeof contributions) => ({
    rows: rows.count,
    dimensions: rows.rank,
    unitExponent,
    zeroRows,
  })
  const document = {
    out: flags.out,
    contributions: describe(contributions),
    inferences: describe(inferences),
  }
  answer(document, () => {
    for (const [name, { rows, dimensions, unitExponent, zeroRows }] of [
      ['contributions', document.contributions],
      ['inferences', document.inferences],
    ] as const)
      printLine(
        `${rows} ${name} of ${dimensions} values, in units of 2^${-unitExponent}; ${zeroRows} rows are zero and count for nothing`,
      )
    printLine(`Written to ${flags.out}; next: tally attribute --features ${flags.out}`)
  })
  return EXIT.ok
}

async function exportFeatures({ session, path, progress, answer }: VerbContext, flags: ExportFlags): Promise<number> {
  const { model, token, epoch, out } = flags
  progress.show('reading the period')
  const { warehouse } = await session.ledger()
  const request = { model, ...(token === undefined ? {} : { token }), ...(epoch === undefined ? {} : { epoch }) }
  const { files, ...period } = await exportPeriod(warehouse, request)
  await writeFeatureFiles(path(out), files, (text) => progress.show(text))
  const counts = { contributions: files.contributions.ids.length, inferences: files.inferences.ids.length }
  answer({ out, ...counts, ...period }, () => {
    const { dataParts, minEvents, dBarFixed, method } = period
    printLine(`${counts.contributions} contributions and ${counts.inferences} paid uses written to ${out}.`)
    printLine('They give what the ledger says with:')
    const level = dBarFixed === null ? '' : ` --d-bar ${dBarFixed}`
    printLine(
      `  tally attribute --features ${out} --method ${method} --data-parts ${dataParts} --min-events ${minEvents}${level}`,
    )
  })
  return EXIT.ok
}

function dataParts(text: string): number {
  const parts = wholeNumber(text)
  if (parts < 1 || parts > DATA_PARTS_MAX) throw new InvalidArgumentError(`It must be from 1 to ${DATA_PARTS_MAX}.`)
  return parts
}

function wholeBigint(text: string): bigint {
  if (!/^\d{1,100}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of up to 100 digits.')
  return BigInt(text)
}

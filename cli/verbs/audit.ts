import { type Command, InvalidArgumentError } from 'commander'
import {
  type AuditReport,
  auditBundle,
  DRAWS_MAX,
  type ReExtractedItem,
  type ReExtraction,
  type ReExtractionReport,
} from '../../audit/index.ts'
import { openDigitExtractor } from '../../examples/digits/extractor.ts'
import { readArtefact } from '../../extractors/artefact.ts'
import { TallyError } from '../../schemas/errors.ts'
import { fromHex } from '../../schemas/ids.ts'
import { type GlobalFlags, runVerbAlone, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { exitOfCheck, paint, printLine } from '../output.ts'

interface AuditFlags extends GlobalFlags {
  readonly reExtract?: number
  readonly payloads?: string
  readonly extractor?: string
  readonly randomness?: string
}

/** Extracting again needs three things, and each of its flags needs it. */
class ReExtractFlagsError extends TallyError {
  override readonly code = 'USAGE'
  constructor(facts: { flag: string; needs: string }) {
    super(`${facts.flag} needs ${facts.needs}.`, {
      facts,
      hint: 'Give --re-extract N --payloads DIR --extractor DIR, and --rpc URL or --randomness HEX.',
    })
  }
}

/** `audit`: recomputes and trusts nothing the operator says. It opens no warehouse. */
export function addAudit(program: Command): void {
  withGlobalFlags(
    program
      .command('audit <bundle>')
      .description('recompute a bundle from its records, with code that shares nothing with the writers'),
  )
    .option(
      '--re-extract <n>',
      'draw n contributions of each paid period by value, extract their features anew and compare',
      drawCount,
    )
    .option('--payloads <dir>', 'with --re-extract: the payload store')
    .option('--extractor <dir>', 'with --re-extract: weights, basis and code that the feature map commits to')
    .option(
      '--randomness <hex>',
      'with --re-extract: 32 bytes to draw by, later than the features (default: the block that finalized the epoch)',
      hex32,
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ tally audit ./ledger/bundles --rpc http://127.0.0.1:8545\n\n  $ tally audit ./ledger/bundles --rpc http://127.0.0.1:8545 --re-extract 50 --payloads ./ledger/payloads --extractor ./ledger/extractor\n\nExit codes: 0 everything agrees, 1 a difference, 3 all agrees but the chain was not asked.',
    )
    .action((bundle: string, flags: AuditFlags) =>
      runVerbAlone('audit', flags, async (context) => {
        const { config, progress, answer } = context
        const reExtract = reExtractionOf(flags, context)
        const report = await auditBundle(bundle, {
          ...(config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl }),
          ...(reExtract === undefined ? {} : { reExtract }),
          onProgress: (step) => progress.show(`epoch ${step.epoch}: ${step.name}`),
        })
        answer(report, () => printReport(report))
        return exitOfCheck(report)
      }),
    )
}

function drawCount(text: string): number {
  const count = wholeNumber(text)
  if (count < 1 || count > DRAWS_MAX) throw new InvalidArgumentError(`It must be from 1 to ${DRAWS_MAX}.`)
  return count
}

function hex32(text: string): string {
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('It must be 64 hex digits.')
  return `0x${text.replace(/^0x/, '').toLowerCase()}`
}

function reExtractionOf(flags: AuditFlags, { path, config }: VerbContext): ReExtraction | undefined {
  const { reExtract: draws, payloads, extractor, randomness } = flags
  if (draws === undefined) {
    const alone = Object.entries({ payloads, extractor, randomness }).find(([, value]) => value !== undefined)
    if (alone !== undefined) throw new ReExtractFlagsError({ flag: `--${alone[0]}`, needs: '--re-extract N' })
    return undefined
  }
  if (payloads === undefined) throw new ReExtractFlagsError({ flag: '--re-extract', needs: '--payloads DIR' })
  if (extractor === undefined) throw new ReExtractFlagsError({ flag: '--re-extract', needs: '--extractor DIR' })
  if (randomness === undefined && config.rpcUrl === undefined)
    throw new ReExtractFlagsError({ flag: '--re-extract', needs: '--rpc URL or --randomness HEX' })
  return {
    draws,
    payloads: path(payloads),
    extractor: openDigitExtractor(readArtefact(path(extractor))),
    ...(randomness === undefined ? {} : { randomness: fromHex(randomness) }),
  }
}

function printReport(report: AuditReport): void {
  for (const check of report.checked) {
    const of = check.epoch === null ? 'chain' : `epoch ${check.epoch}`
    printLine(`${paint.green('✓')} ${of} ${check.name}: ${check.detail}`)
  }
  if (report.reExtraction !== undefined) printReExtraction(report.reExtraction)
  if (report.firstDifference !== undefined) {
    const { epoch, check, where, expected, found } = report.firstDifference
    printLine(`${paint.red('✗')} epoch ${epoch} ${check}, ${where}: expected ${expected}, found ${found}`)
  }
  for (const each of report.trusted) printLine(paint.dim(`trusted: ${each}`))
  printLine(report.ok ? paint.green('audit: OK') + exceptMissing(report) : paint.red('audit: DIFFERENCE'))
  if (report.chain === 'not checked') printLine('chain: not checked (give --rpc URL)')
}

function printReExtraction({ periods, leftOut, items }: ReExtractionReport): void {
  if (periods.length === 0) printLine('re-extraction: no period paid, so nothing was drawn')
  for (const { epoch, model, randomness, randomnessFrom, draws, outcomes } of periods) {
    printLine(`re-extraction: epoch ${epoch} ${model}: ${draws} draws by ${randomness} (${randomnessFrom})`)
    printLine(
      `  ${Object.entries(outcomes)
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(', ')}`,
    )
  }
  for (const { epoch, model, differs } of leftOut)
    printLine(paint.yellow(`re-extraction: epoch ${epoch} ${model} left out, another extractor: ${differs.join(', ')}`))
  for (const item of items.filter(({ outcome }) => outcome !== 'same' && outcome !== 'within tolerance'))
    printLine(itemText(item))
}

function itemText({ epoch, account, batchId, index, outcome, differences }: ReExtractedItem): string {
  const place = `epoch ${epoch} contribution ${batchId}/${index} of ${account}`
  if (outcome !== 'differs') return paint.yellow(`? ${place}: payload ${outcome}`)
  const fields = differences.map(
    ({ field, published, extracted }) => `${field} published ${published}, extracted ${extracted}`,
  )
  return `${paint.red('✗')} ${place}: ${fields.join('; ')}`
}

/** Never a bare OK when something that was drawn could not be looked at. */
function exceptMissing({ reExtraction }: AuditReport): string {
  const missing = reExtraction?.items.filter(({ outcome }) => outcome === 'absent' || outcome === 'damaged').length ?? 0
  return missing === 0 ? '' : paint.yellow(`, but for ${missing} drawn contributions that could not be extracted again`)
}

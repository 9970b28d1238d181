import { type Command, InvalidArgumentError } from 'commander'
import {
  type AuditClass,
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
import { EXIT, paint, printLine } from '../output.ts'

interface AuditFlags extends GlobalFlags {
  readonly from?: 'genesis' | number
  readonly payoutOnly?: boolean
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

/** Payouts alone are checked without any record, so nothing that needs records goes with it. */
class PayoutOnlyFlagsError extends TallyError {
  override readonly code = 'USAGE'
  constructor(facts: { flag: string }) {
    super(`--payout-only reads no records, and ${facts.flag} needs them.`, {
      facts,
      hint: `Leave out --payout-only or ${facts.flag}.`,
    })
  }
}

/** What a script can act on: each class of an audit has an exit code of its own. */
const EXIT_OF: Readonly<Record<AuditClass, number>> = {
  ok: EXIT.ok,
  difference: EXIT.failed,
  'chain not checked': EXIT.chainNotChecked,
  files: 6,
  chain: 7,
  partial: 8,
  features: 9,
  payloads: 10,
}

const AFTER_HELP = `
Example:
  $ tally audit ./ledger/bundles --rpc http://127.0.0.1:8545
  $ tally audit ./ledger/bundles --from 120 --rpc http://127.0.0.1:8545
  $ tally audit ./ledger/bundles --payout-only
  $ tally audit ./ledger/bundles --rpc http://127.0.0.1:8545 --re-extract 50 --payloads ./ledger/payloads --extractor ./ledger/extractor

Exit codes:
  0  everything was recomputed, and the chain says the same
  1  a difference: what was published does not follow from the records, or is no bundle
  3  everything was recomputed and agrees, but the chain was not asked
  4  the disk or the RPC cannot be read: run it again later
  6  a file is missing or is not the one that files.json lists: get the bundle again
  7  the chain has another record of an epoch, or no final one, or not what was recorded of it
  8  nothing differs, but not everything was recomputed (records not given, features erased by order, --from N, --payout-only)
  9  features that were extracted again are not the published ones
 10  nothing differs, but payloads that were drawn are erased or damaged`

/** `audit`: recomputes and trusts nothing the operator says. It opens no warehouse. */
export function addAudit(program: Command): void {
  withGlobalFlags(
    program
      .command('audit <bundle>')
      .description('recompute a bundle from its records, with code that shares nothing with the writers'),
  )
    .option(
      '--from <epoch>',
      'recompute from this epoch on; of those before it signatures, refusals, influence and amounts are trusted (default: genesis)',
      firstEpoch,
    )
    .option(
      '--payout-only',
      'check totals, sums, conservation, payout tree and chain alone, without records and leaves',
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
    .addHelpText('after', AFTER_HELP)
    .action((bundle: string, flags: AuditFlags) =>
      runVerbAlone('audit', flags, async (context) => {
        const { config, progress, answer } = context
        checkPayoutOnly(flags)
        const { from, payoutOnly } = flags
        const reExtract = reExtractionOf(flags, context)
        const report = await auditBundle(bundle, {
          ...(from === undefined ? {} : { from }),
          ...(payoutOnly === undefined ? {} : { payoutOnly }),
          ...(config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl }),
          ...(reExtract === undefined ? {} : { reExtract }),
          onProgress: (step) => progress.show(`epoch ${step.epoch}: ${step.name}`),
        })
        answer(report, () => printReport(report))
        return EXIT_OF[report.class]
      }),
    )
}

function firstEpoch(text: string): 'genesis' | number {
  if (text === 'genesis') return text
  const epoch = wholeNumber(text)
  if (epoch < 1) throw new InvalidArgumentError('It must be genesis or an epoch from 1.')
  return epoch
}

function checkPayoutOnly({ payoutOnly, from, reExtract }: AuditFlags): void {
  if (payoutOnly !== true) return
  if (from !== undefined) throw new PayoutOnlyFlagsError({ flag: '--from' })
  if (reExtract !== undefined) throw new PayoutOnlyFlagsError({ flag: '--re-extract' })
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
    const of = check.epoch === null ? 'ledger' : `epoch ${check.epoch}`
    printLine(`${paint.green('✓')} ${of} ${check.name}: ${check.detail}`)
  }
  if (report.reExtraction !== undefined) printReExtraction(report.reExtraction)
  if (report.firstDifference !== undefined) {
    const { epoch, check, where, expected, found } = report.firstDifference
    const of = epoch === null ? 'ledger' : `epoch ${epoch}`
    printLine(`${paint.red('✗')} ${of} ${check}, ${where}: expected ${expected}, found ${found}`)
  }
  printCounts(report)
  for (const each of report.trusted) printLine(paint.dim(`trusted: ${each}`))
  printLine(report.ok ? paint.green('audit: OK') + exceptions(report) : paint.red('audit: DIFFERENCE'))
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

function printErased(erased: AuditReport['erased']): void {
  if (erased === null || erased.records === 0) return
  const { records, items, periods, orderedLater } = erased
  printLine(
    `erased: ${records} records of ${items} items by order, ${orderedLater} of them by orders after the last epoch; ${periods.length} periods as published`,
  )
}

function printCounts({ counts, contractAnswers, erased, features }: AuditReport): void {
  if (counts === null) printLine('contributions: not looked at (no records were read)')
  else {
    const { contributions, contributionsWithoutFeatures, contributionsWithdrawn, uses, usesWithFeatures } = counts
    printLine(
      `contributions: ${contributions}, ${contributionsWithoutFeatures} without features, ${contributionsWithdrawn} withdrawn`,
    )
    printLine(`uses: ${uses}, features of ${usesWithFeatures}; signatures checked: ${counts.signatures}`)
  }
  printErased(erased)
  if (contractAnswers === null) printLine('answers of contracts: not asked again')
  else {
    const { recorded, checked, unknown } = contractAnswers
    printLine(`answers of contracts: ${recorded}, ${checked} asked again, ${unknown} no longer known to the node`)
  }
  const { lookedAt, same, withinTolerance, differs, absent, damaged } = features
  const found = `${same} the same, ${withinTolerance} within tolerance, ${differs} different, ${absent} erased or absent, ${damaged} damaged`
  printLine(`features extracted again: ${lookedAt ? found : 'not looked at (give --re-extract N)'}`)
}

/** Never a bare OK when something was not recomputed, or something that was drawn could not be looked at. */
function exceptions(report: AuditReport): string {
  const { absent, damaged } = report.features
  const missing = absent + damaged
  const isPartial = report.epochs.some(({ how }) => how !== 'recomputed')
  const unknown = report.contractAnswers?.unknown ?? 0
  const drawn = missing === 0 ? '' : `, but for ${missing} drawn contributions that could not be extracted again`
  const answers = unknown === 0 ? '' : `, but for ${unknown} answers of contracts that the node no longer knows`
  return paint.yellow(`${isPartial ? ', as far as it was recomputed' : ''}${drawn}${answers}`)
}

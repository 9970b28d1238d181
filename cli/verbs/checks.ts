import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { formatVerifierKey } from '../../anchor/log/note/keys.ts'
import { UPLOAD_RECEIPT_FORMAT } from '../../anchor/uploads/receipt.ts'
import { SPLIT_VIEW_FORMAT, verifySplitView } from '../../anchor/verify/split-view.ts'
import { type CheckedUpload, checkUpload, type UploadVerdict, verifyReceipt } from '../../audit/index.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type GlobalFlags, runVerbAlone, type VerbContext, withGlobalFlags } from '../command.ts'
import { EXIT, exitOfCheck, paint, printLine } from '../output.ts'
import { addAudit } from './audit.ts'

const RECEIPT_BYTES_MAX = 16 * 1024 * 1024

export class FileUnreadableError extends TallyError {
  override readonly code = 'FILE_UNREADABLE'
  constructor(facts: { path: string }, cause: unknown) {
    super(`${facts.path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      facts,
      cause,
      hint: 'Check the path.',
    })
  }
}

/** `verify`, `audit`: checks that trust nothing the operator says. They open no warehouse. */
export function addChecks(program: Command): void {
  withGlobalFlags(
    program
      .command('verify <file>')
      .description('check a receipt of a payout or of an upload, with the chain when --rpc is given; or a split view'),
  )
    .option('--bundle <dir>', 'of an upload receipt: look for its records in these epochs')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally verify receipt.json --rpc http://127.0.0.1:8545\n\n  $ tally verify upload.json --bundle ./ledger/bundles\n\nExit codes: 0 verified, 1 refuted or an omission proven, 3 verified but the chain was not asked, 4 an upload that no epoch holds yet.',
    )
    .action((file: string, flags: GlobalFlags & { bundle?: string }) =>
      runVerbAlone('verify', flags, async (context) => {
        const { config, answer } = context
        const document = readDocument(file)
        const format = formatOf(document)
        if (format === UPLOAD_RECEIPT_FORMAT) return verifyUpload(context, document, flags.bundle)
        if (format === SPLIT_VIEW_FORMAT) return proveSplitView(context, document)
        const verified = await verifyReceipt(document, config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl })
        answer(verified, () => {
          for (const step of verified.steps)
            printLine(`${step.ok ? paint.green('✓') : paint.red('✗')} ${step.name}: ${step.detail}`)
          printLine(verified.ok ? paint.green('receipt: OK') : paint.red('receipt: REFUTED'))
          if (verified.chain === 'not checked') printLine('chain: not checked (give --rpc URL)')
        })
        return exitOfCheck(verified)
      }),
    )
  addAudit(program)
}

/** What the document says it is; anything else is left to the reader of payout receipts, which says what is wrong. */
function formatOf(document: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(document).toString())
    return typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  } catch {
    return undefined // no JSON: verifyReceipt names the fault
  }
}

/** Evidence that holds is no failure of the check: what it proves is the failure of a log. */
async function proveSplitView({ answer }: VerbContext, document: Uint8Array): Promise<number> {
  const { key, smaller, larger } = await verifySplitView(document)
  const sizes = [smaller.size, larger.size]
  answer({ ok: true, proven: 'split view', key: formatVerifierKey(key), origin: key.name, sizes }, () => {
    printLine(`${paint.green('✓')} signed twice by ${formatVerifierKey(key)}`)
    printLine(paint.red(`split view: PROVEN, ${key.name} showed two histories (${sizes.join(' and ')} leaves)`))
    printLine('That this is the key of a ledger you know, compare with its verifier key from elsewhere.')
  })
  return EXIT.ok
}

async function verifyUpload(
  { config, answer }: VerbContext,
  document: Uint8Array,
  bundles: string | undefined,
): Promise<number> {
  const checked = await checkUpload(document, {
    ...(bundles === undefined ? {} : { bundles }),
    ...(config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl }),
  })
  answer(checked, () => {
    const mark = (ok: boolean) => (ok ? paint.green('✓') : paint.red('✗'))
    printLine(`${mark(checked.signed)} signed by ${checked.operator}, operator of ledger ${checked.ledger}`)
    for (const { topic, partition, offset, verdict, epoch, detail } of checked.items) {
      const at = epoch === null ? '' : `, epoch ${epoch}`
      printLine(`${mark(verdict !== 'omitted')} ${topic}/${partition}@${offset} ${verdict}${at}: ${detail}`)
    }
    if (checked.fault !== null) printLine(`${mark(false)} bundle: ${checked.fault}`)
    printLine(uploadSummary(checked))
    if (checked.chain === 'not checked')
      printLine(
        'chain: not checked: whether these manifests are the anchored ones is not known (give --rpc URL and --bundle DIR)',
      )
  })
  if (!checked.ok) return EXIT.failed
  if (checked.items.some(({ verdict }) => verdict === 'not yet')) return EXIT.later
  const isWhole = checked.chain === 'checked' && checked.items.every(({ verdict }) => verdict === 'included')
  return isWhole ? EXIT.ok : EXIT.chainNotChecked
}

function uploadSummary({ ok, signed, fault, items }: CheckedUpload): string {
  const has = (verdict: UploadVerdict) => items.some((item) => item.verdict === verdict)
  if (signed && fault === null && has('omitted')) return paint.red('upload: OMISSION PROVEN')
  if (!signed) return paint.red('upload: REFUTED')
  if (!ok) return paint.red('upload: NOT DECIDED, the bundles or their anchoring are at fault')
  if (has('not decided')) return paint.yellow('upload: NOT DECIDED')
  if (has('not yet')) return paint.yellow('upload: NOT YET')
  return paint.green(has('not looked for') ? 'upload: SIGNED' : 'upload: OK')
}

function readDocument(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > RECEIPT_BYTES_MAX)
      throw new RangeError(`it has ${bytes.length} bytes, more than ${RECEIPT_BYTES_MAX}`)
    return bytes
  } catch (cause) {
    throw new FileUnreadableError({ path }, cause)
  }
}

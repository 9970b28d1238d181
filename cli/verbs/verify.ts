import { readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ATTESTATION_FORMAT, verifyAttestation } from '../../anchor/chain/attestation-document.ts'
import { formatVerifierKey, type VerifierKey } from '../../anchor/log/note/keys.ts'
import { LOG_KEY_FORMAT, verifyLogKey } from '../../anchor/log-key/log-key.ts'
import { UPLOAD_RECEIPT_FORMAT } from '../../anchor/uploads/receipt.ts'
import { EVENT_RECEIPT_FORMAT } from '../../anchor/verify/event-receipt.ts'
import { OMISSION_FORMAT } from '../../anchor/verify/omission.ts'
import { SPLIT_VIEW_FORMAT, verifySplitView } from '../../anchor/verify/split-view.ts'
import {
  type CheckedUpload,
  checkUpload,
  type UploadVerdict,
  type VerifiedEventReceipt,
  type VerifiedOmission,
  type VerifiedReceipt,
  verifyEventReceipt,
  verifyOmission,
  verifyReceipt,
} from '../../audit/index.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type GlobalFlags, runVerbAlone, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { EXIT, exitOfCheck, paint, printLine } from '../output.ts'
import { toKey, toKeys } from './log-keys.ts'

const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024

interface VerifyFlags extends GlobalFlags {
  readonly bundle?: string
  readonly proof?: string
  readonly logKey?: VerifierKey
  readonly witness?: readonly VerifierKey[]
  readonly quorum?: number
}

export class FileUnreadableError extends TallyError {
  override readonly code = 'FILE_UNREADABLE'
  constructor(facts: { path: string }, cause: unknown) {
    super(`${facts.path} cannot be read: ${(cause as Partial<Error> | undefined)?.message ?? String(cause)}`, {
      facts,
      cause,
      hint: 'Check the path.',
    })
  }
}

const HELP = `
It takes the receipt of a payout, of an event or of an upload, evidence of an omission or of a split view, the operator's word
on the log's key, and an attester's on a proposal.

Example:
  $ tally verify receipt.json --rpc http://127.0.0.1:8545
  $ tally verify receipt.json --log-key "$(cat verifier-key)"
  $ tally verify upload.json --bundle ./ledger/bundles --proof omission.json

Exit codes: 0 verified, 1 refuted or an omission found in the bundles, 3 verified but the chain was not asked, 4 an upload that
no epoch holds yet, 5 no such document or not readable. Evidence that holds is verified: what it proves is somebody else's failure.
A split view and the word on a key need no chain.`

/** `verify`: checks one document and trusts nothing the operator says. It opens no warehouse. */
export function addVerify(program: Command): void {
  withGlobalFlags(
    program.command('verify <file>').description('check a receipt or evidence, with the chain when --rpc is given'),
  )
    .option('--bundle <dir>', 'of an upload receipt: look for its records in these epochs')
    .option('--proof <file>', 'of an upload receipt: write evidence of the first omission there')
    .option('--log-key <vkey>', 'verifier key of the log, when you know it', toKey)
    .option('--witness <vkey>', 'a witness whose cosignature on the checkpoint counts; may be repeated', toKeys)
    .option('--quorum <n>', 'how many of these have to have signed', wholeNumber)
    .addHelpText('after', HELP)
    .action((file: string, flags: VerifyFlags) =>
      runVerbAlone('verify', flags, (context) => {
        const document = readDocument(context.path(file))
        const verify = VERIFIERS[formatOf(document)] ?? verifyPayout
        return verify(context, document, flags)
      }),
    )
}

type Verify = (context: VerbContext, document: Uint8Array, flags: VerifyFlags) => Promise<number>

const VERIFIERS: Readonly<Record<string, Verify>> = {
  [ATTESTATION_FORMAT]: checkAttestation,
  [EVENT_RECEIPT_FORMAT]: verifyEvent,
  [LOG_KEY_FORMAT]: proveLogKey,
  [OMISSION_FORMAT]: proveOmission,
  [SPLIT_VIEW_FORMAT]: proveSplitView,
  [UPLOAD_RECEIPT_FORMAT]: verifyUpload,
}

/** What the document says it is; anything else is left to the reader of payout receipts, which says what is wrong. */
function formatOf(document: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(document).toString())
    return typeof value === 'object' && value !== null && 'format' in value ? String(value.format) : ''
  } catch {
    return '' // no JSON: the reader names the fault
  }
}

function optionsOf({ config }: VerbContext, { logKey, witness, quorum }: VerifyFlags) {
  return {
    ...(config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl }),
    ...(logKey === undefined ? {} : { logKey }),
    ...(witness === undefined ? {} : { witnesses: witness }),
    ...(quorum === undefined ? {} : { quorum }),
  }
}

async function verifyPayout(context: VerbContext, document: Uint8Array, flags: VerifyFlags): Promise<number> {
  const verified = await verifyReceipt(document, optionsOf(context, flags))
  context.answer(verified, () => {
    printSteps(verified)
    const { influenceNotPayment: items } = verified
    if (verified.ok && items.length > 0) printLine('\ninfluence, not payment (not checked by this receipt)')
    for (const { batch, index, model, value } of verified.ok ? items : [])
      printLine(`  ${value}  ${batch.id}/${index} of ${batch.source}, for ${model}`)
    if (verified.ok && items.length > 0) printLine()
    printSummary('receipt', verified)
  })
  return exitOfCheck(verified)
}

async function verifyEvent(context: VerbContext, document: Uint8Array, flags: VerifyFlags): Promise<number> {
  const verified = await verifyEventReceipt(document, optionsOf(context, flags))
  context.answer(verified, () => {
    printSteps(verified)
    printSummary('event receipt', verified)
  })
  return exitOfCheck(verified)
}

/** Evidence that holds is no failure of the check: what it proves is the failure of an operator. */
async function proveOmission(context: VerbContext, document: Uint8Array, flags: VerifyFlags): Promise<number> {
  const verified = await verifyOmission(document, optionsOf(context, flags))
  context.answer(verified, () => {
    printSteps(verified)
    const isProven = verified.chain === 'checked' || verified.vouched === 'operator'
    if (!verified.ok) printLine(paint.green('omission: REFUTED, this is no evidence against anybody'))
    else if (isProven) printLine(paint.red(`omission: PROVEN against ${verified.operator}`))
    else
      printLine(
        paint.yellow('omission: holds against this manifest; that it is the operator’s, only the chain can say'),
      )
    if (verified.chain === 'not checked') printLine('chain: not checked (give --rpc URL)')
  })
  return exitOfCheck(verified)
}

function printSteps({ steps }: VerifiedReceipt | VerifiedEventReceipt | VerifiedOmission): void {
  for (const step of steps) printLine(`${step.ok ? paint.green('✓') : paint.red('✗')} ${step.name}: ${step.detail}`)
}

function printSummary(what: string, verified: VerifiedReceipt | VerifiedEventReceipt): void {
  printLine(verified.ok ? paint.green(`${what}: OK`) : paint.red(`${what}: REFUTED`))
  if (!verified.ok || verified.chain === 'checked') return
  printLine('chain: not checked (give --rpc URL)')
  if (verified.vouched === 'nobody' || verified.vouched === 'unknown key')
    printLine(paint.yellow('Without the chain nothing says that this is the operator’s: anybody could have made it.'))
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

async function proveLogKey({ answer }: VerbContext, document: Uint8Array): Promise<number> {
  const { key, ledger, operator, sequence, fromSize } = await verifyLogKey(document)
  const shown = formatVerifierKey(key)
  answer({ ok: true, key: shown, ledger, operator, sequence, fromSize }, () => {
    printLine(`${paint.green('✓')} ${shown}`)
    printLine(
      `is the key of ledger ${ledger}, from ${fromSize} leaves on (number ${sequence}), says its operator ${operator}.`,
    )
  })
  return EXIT.ok
}

/** The signature alone: whether the attester is one, and what was proposed, the contract says. */
async function checkAttestation({ answer }: VerbContext, document: Uint8Array): Promise<number> {
  const attestation = await verifyAttestation(document)
  const { attester, epoch, attempt, proposalHash, distributor, chainId } = attestation
  answer({ ok: true, chain: 'not checked', ...attestation }, () => {
    printLine(`${paint.green('✓')} signed by ${attester}`)
    printLine(
      `for record ${proposalHash} of epoch ${epoch}, attempt ${attempt}, at ${distributor} on chain ${chainId}.`,
    )
    printLine(
      'chain: not checked: whether that is proposed there, and this is an attester (tally anchor finalize asks)',
    )
  })
  return EXIT.chainNotChecked
}

async function verifyUpload(context: VerbContext, document: Uint8Array, flags: VerifyFlags): Promise<number> {
  const { config, answer } = context
  const checked = await checkUpload(document, {
    ...(flags.bundle === undefined ? {} : { bundles: context.path(flags.bundle) }),
    ...(config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl }),
  })
  const { evidence, ...shown } = checked
  const written = flags.proof !== undefined && evidence !== null ? flags.proof : null
  if (written !== null) writeFileSync(context.path(written), `${JSON.stringify(evidence, null, 2)}\n`)
  answer({ ...shown, proof: written }, () => {
    printUpload(checked)
    if (written !== null)
      printLine(`Evidence is in ${written}; anybody checks it with: tally verify ${written} --rpc URL`)
  })
  if (!checked.ok) return EXIT.failed
  if (checked.items.some(({ verdict }) => verdict === 'not yet')) return EXIT.later
  const isWhole = checked.chain === 'checked' && checked.items.every(({ verdict }) => verdict === 'included')
  return isWhole ? EXIT.ok : EXIT.chainNotChecked
}

function printUpload(checked: CheckedUpload): void {
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
}

function uploadSummary({ ok, signed, fault, items, chain }: CheckedUpload): string {
  const has = (verdict: UploadVerdict) => items.some((item) => item.verdict === verdict)
  // Anybody can write a manifest: only the chain says that it is the operator's.
  if (signed && fault === null && has('omitted'))
    return paint.red(chain === 'checked' ? 'upload: OMISSION PROVEN' : 'upload: OMITTED, by these bundles')
  if (!signed) return paint.red('upload: REFUTED')
  if (!ok) return paint.red('upload: NOT DECIDED, the bundles or their anchoring are at fault')
  if (has('not decided')) return paint.yellow('upload: NOT DECIDED')
  if (has('not yet')) return paint.yellow('upload: NOT YET')
  return paint.green(has('not looked for') ? 'upload: SIGNED' : 'upload: OK')
}

function readDocument(path: string): Uint8Array {
  try {
    // Asked before it is read: a file of any size may lie there.
    const { size } = statSync(path)
    if (size > DOCUMENT_BYTES_MAX) throw new RangeError(`it has ${size} bytes, more than ${DOCUMENT_BYTES_MAX}`)
    return readFileSync(path)
  } catch (cause) {
    throw new FileUnreadableError({ path }, cause)
  }
}

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { RECEIPT_BYTES_MAX, type Receipt, readReceipt } from '../../anchor/verify/receipt.ts'
import { carryReceipts, type StatementDocument } from '../../jobs/statement/carried-receipts.ts'
import type { EpochRange } from '../../jobs/statement/epochs.ts'
import { receiptsOf } from '../../jobs/statement/receipt.ts'
import { type WholeStatement, wholeStatementOf } from '../../jobs/statement/whole-statement.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toAddress } from '../../schemas/ids.ts'
import { type GlobalFlags, runReadingVerb, type VerbContext, withGlobalFlags } from '../command.ts'
import { toEpochs } from '../epoch-range.ts'
import { jsonText, plainText, printDocument, printLine } from '../output.ts'
import { statementCsv } from '../statement/csv.ts'
import { statementPage } from '../statement/page.ts'
import { printStatement } from '../statement/text.ts'
import { FileUnreadableError } from './verify.ts'

const FORMATS = ['text', 'html', 'csv', 'json'] as const
type Format = (typeof FORMATS)[number]

interface StatementFlags extends GlobalFlags {
  readonly epochs?: EpochRange
  readonly format?: Format
  readonly out?: string
  readonly receipt?: readonly string[]
  readonly withReceipts?: boolean
}

const HELP = `
html is one page that needs nothing else: open it, print it, pass it on. csv is for spreadsheets: whole numbers of the token's
smallest unit, one fact a row. json has a schema: schemas/json/statement-1.schema.json. With receipts a page or a JSON document
carries its own proof, which whoever gets it verifies with tally verify.

Example:
  $ tally statement 0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984
  $ tally statement 0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984 --epochs 3..9 --format html --with-receipts --out statement.html

Exit codes: 0 told, 2 bad usage, 5 nothing is known of the account, or epochs that are not settled.`

/** `statement`: what an account owns and earned, and why, as text, page, table or document. */
export function addStatement(program: Command): void {
  withGlobalFlags(
    program
      .command('statement <account>')
      .description('what an account earned, epoch by epoch, and why: text, a page, a table, a document'),
  )
    .option('--epochs <from..to>', 'settled epochs to tell (default: all)', toEpochs)
    .addOption(new Option('--format <format>', 'how to tell it (default: text)').choices(FORMATS))
    .option('--out <file>', 'write it there instead of printing it')
    .option('--receipt <file>', 'html, json: carry this receipt of the account; may be repeated', added)
    .option('--with-receipts', 'html, json: carry the receipts of the newest published epoch')
    .addHelpText('after', HELP)
    .action((account: string, flags: StatementFlags) =>
      runReadingVerb('statement', flags, async (context) => {
        const format = formatOf(flags)
        const ledger = await context.session.ledger()
        const statement = await wholeStatementOf(ledger, toAddress(account), flags.epochs)
        const document = await carryReceipts(statement, await receiptsFor(context, statement, flags))
        tell(context, document, format, flags.out)
        return undefined
      }),
    )
}

function added(file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file]
}

export class StatementUsageError extends TallyError {
  override readonly code = 'USAGE'
  constructor(message: string, hint: string) {
    super(message, { hint })
  }
}

function formatOf({ format, json, out, receipt, withReceipts }: StatementFlags): Format {
  const chosen = format ?? (json === true ? 'json' : 'text')
  // With --out it is the answer of this verb that --json asks for.
  if (json === true && chosen !== 'json' && out === undefined)
    throw new StatementUsageError(`--json and --format ${format} contradict each other.`, 'Leave one of them out.')
  if ((receipt !== undefined || withReceipts === true) && (chosen === 'text' || chosen === 'csv'))
    throw new StatementUsageError(
      `A statement as ${chosen} carries no receipts.`,
      'Take --format html or json, or write the receipt beside it: tally receipt ACCOUNT --out receipt.json',
    )
  return chosen
}

/** Those that are given, and the newest ones when they are asked for; of each epoch and token one. */
async function receiptsFor(
  context: VerbContext,
  statement: WholeStatement,
  { receipt = [], withReceipts }: StatementFlags,
): Promise<Receipt[]> {
  const receipts = receipt.map((file) => readReceiptFile(context.path(file)))
  if (withReceipts === true) {
    const published = statement.proofs.filter(({ manifestHash }) => manifestHash !== null).at(-1)
    const isPaid = statement.totals.length > 0
    if (published !== undefined && isPaid)
      receipts.push(
        ...(await receiptsOf(await context.session.ledger(), statement.account, { epoch: published.epoch })),
      )
  }
  return [...new Map(receipts.map((each) => [`${each.manifest.epoch}/${each.token}`, each])).values()]
}

function readReceiptFile(path: string): Receipt {
  let bytes: Uint8Array
  try {
    if (statSync(path).size > RECEIPT_BYTES_MAX) throw new RangeError(`more than ${RECEIPT_BYTES_MAX} bytes`)
    bytes = readFileSync(path)
  } catch (cause) {
    throw new FileUnreadableError({ path }, cause)
  }
  return readReceipt(bytes)
}

const DOCUMENTS: Readonly<Record<Format, (statement: StatementDocument) => string>> = {
  text: (statement) => {
    const lines: string[] = []
    printStatement(statement, (line) => lines.push(plainText(line)))
    return `${lines.join('\n')}\n`
  },
  html: statementPage,
  csv: statementCsv,
  json: (statement) => `${jsonText(statement)}\n`,
}

function tell(context: VerbContext, statement: StatementDocument, format: Format, out: string | undefined): void {
  if (out !== undefined) {
    writeFileSync(context.path(out), DOCUMENTS[format](statement))
    const { account, range } = statement
    context.answer({ written: out, format, account, range }, () => printLine(`Written to ${out}.`))
  } else if (format === 'text') context.answer(statement, () => printStatement(statement, printLine))
  else {
    context.progress.clear()
    printDocument(DOCUMENTS[format](statement))
  }
}

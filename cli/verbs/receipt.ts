import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { LINE_KINDS, type Receipt } from '../../anchor/verify/receipt.ts'
import { readTilesIn, VERIFIER_KEY_FILE } from '../../jobs/publish/log/publish-log.ts'
import { type EventName, eventReceiptOf } from '../../jobs/statement/event-receipt.ts'
import { INFLUENCES_SHOWN, type LineName, receiptsOf } from '../../jobs/statement/receipt.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toAddress } from '../../schemas/ids.ts'
import { type GlobalFlags, runReadingVerb, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { printJson, printLine } from '../output.ts'

interface ReceiptFlags extends GlobalFlags {
  readonly epoch?: number
  readonly token?: string
  readonly line?: readonly LineName[]
  readonly top: number
  readonly withRecord?: boolean
  readonly out?: string
}

const HELP = `
SUBJECT is an account (0x and 40 hex digits), the id of an event, or the place topic/partition/offset of a record. An event's id is looked
for among all registered sources; with two arguments the first is the source.

Example:
  $ tally receipt 0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984 --out receipt.json && tally verify receipt.json
  $ tally receipt 0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984 --line data:digit-reader
  $ tally receipt urn:my-app 0b8f2c1e-6a55-4d0e-9f53-2f0b6a1c7d11 --with-record
  $ tally receipt tally.inferences/0/1234

Exit codes: 0 written, 4 the record's epoch is not published yet.`

/** `receipt`: one JSON document that anybody verifies (docs/formats.md#receipt, #event-receipt). */
export function addReceipt(program: Command): void {
  withGlobalFlags(
    program
      .command('receipt <subject> [id]')
      .description('the receipt of an account or of an event: one JSON document, to be verified by anybody'),
  )
    .option('--epoch <n>', 'epoch (default: the newest published one)', wholeNumber)
    .option('--token <address>', 'of an account: which, when it was paid in several')
    .option('--line <kind:asset>', 'of an account: show this line alone; may be repeated', toLines)
    .option(
      '--top <n>',
      'of an account: how many of its most influential contributions to name',
      wholeNumber,
      INFLUENCES_SHOWN,
    )
    .option('--with-record', 'of an event: the record itself too, which is not public')
    .option('--out <file>', 'write it there instead of printing it')
    .addHelpText('after', HELP)
    .action((subject: string, id: string | undefined, flags: ReceiptFlags) =>
      runReadingVerb('receipt', flags, async (context) => {
        const isAccount = id === undefined && /^0x[0-9a-fA-F]{40}$/.test(subject)
        await (isAccount ? showAccount(context, subject, flags) : showEvent(context, eventName(subject, id), flags))
        return undefined
      }),
    )
}

function toLines(text: string, before: readonly LineName[] = []): readonly LineName[] {
  const [, kind, asset] = /^([a-z]+):(.+)$/s.exec(text) ?? []
  const known = LINE_KINDS.find((each) => each === kind)
  if (known === undefined || asset === undefined)
    throw new InvalidArgumentError(`A line is kind:asset, the kind one of ${LINE_KINDS.join(', ')}.`)
  return [...before, { kind: known, asset }]
}

function eventName(subject: string, id: string | undefined): EventName {
  if (id !== undefined) return { source: subject, id }
  const [, topic, partition, offset] = /^([\w.-]+)\/(\d{1,9})[/@](\d{1,18})$/.exec(subject) ?? []
  if (topic === undefined) return { id: subject }
  return { topic, partition: Number(partition), offset: BigInt(offset!) }
}

async function showAccount(context: VerbContext, account: string, flags: ReceiptFlags): Promise<void> {
  const receipts = await receiptsOf(await context.session.ledger(), toAddress(account), {
    ...(flags.epoch === undefined ? {} : { epoch: flags.epoch }),
    ...(flags.line === undefined ? {} : { lines: flags.line }),
    top: flags.top,
    logKey: servedKey(context),
  })
  const receipt = chooseReceipt(receipts, flags.token)
  show(context, flags.out, receipt, { account, token: receipt.token })
}

async function showEvent(context: VerbContext, event: EventName, flags: ReceiptFlags): Promise<void> {
  const receipt = await eventReceiptOf(await context.session.ledger(), event, {
    epoch: flags.epoch,
    withRecord: flags.withRecord === true,
    tiles: readTilesIn(context.session.directory.tree),
    logKey: servedKey(context),
  })
  const { topic, partition, offset, outcome, reason } = receipt.entry
  show(context, flags.out, receipt, { topic, partition, offset, outcome, reason, index: receipt.index })
}

function show(context: VerbContext, out: string | undefined, receipt: object, facts: object): void {
  if (out === undefined) {
    printJson(receipt)
    return
  }
  writeFileSync(context.path(out), `${JSON.stringify(receipt, null, 2)}\n`)
  context.answer({ written: out, ...facts }, () => printLine(`Written to ${out}; check it with: tally verify ${out}`))
}

/** The verifier key that the log serves; undefined when it serves none yet. */
function servedKey({ session }: VerbContext): string | undefined {
  try {
    return readFileSync(join(session.directory.tree, VERIFIER_KEY_FILE), 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export class TokenChoiceError extends TallyError {
  override readonly code = 'USAGE'
  constructor(facts: { account: string; tokens: string }) {
    super(`${facts.account} was paid in ${facts.tokens}.`, {
      facts,
      hint: 'A receipt is of one token: choose it with --token.',
    })
  }
}

function chooseReceipt(receipts: readonly Receipt[], token: string | undefined): Receipt {
  const chosen = token === undefined ? receipts : receipts.filter((receipt) => receipt.token === toAddress(token))
  const [receipt] = chosen
  if (receipt !== undefined && chosen.length === 1) return receipt
  throw new TokenChoiceError({
    account: receipts[0]!.account,
    tokens: receipts.map((each) => each.token).join(' and '),
  })
}

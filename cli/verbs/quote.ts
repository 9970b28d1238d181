import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import type { Quote } from '../../anchor/signatures/quote.ts'
import { quoteDocument, quoteFor, signedQuote } from '../../jobs/pricing/quote.ts'
import { type Address, toAddress, toHex } from '../../schemas/ids.ts'
import { QUOTE_ID_BYTES } from '../../schemas/limits.ts'
import { type GlobalFlags, runReadingVerb, withGlobalFlags } from '../command.ts'
import { operatorOf } from '../operator.ts'
import { printLine } from '../output.ts'

const DEFAULT_VALID_MS = 600_000n
const UNIT_MS: Readonly<Record<string, bigint>> = { s: 1_000n, m: 60_000n, h: 3_600_000n, d: 86_400_000n }

type QuoteFlags = GlobalFlags & {
  readonly units: Record<string, bigint>
  readonly payer?: Address
  readonly list?: string
  readonly token?: Address
  readonly commercial?: boolean
  readonly expires?: bigint
}

/** `quote`: what a use will cost, signed when the operator's key is configured. */
export function addQuote(program: Command): void {
  withGlobalFlags(
    program
      .command('quote <model>')
      .description('what a use will cost, signed by the operator when its key is at hand'),
  )
    .requiredOption('--units <unit=quantity...>', 'what will be used', addUnit)
    .option('--payer <address>', 'who will pay (default: whoever cites the quote)', toAddressFlag)
    .option('--list <id>', 'price list (default: the last one of the model)')
    .option('--token <address>', 'token of the price (default: that of the list)', toAddressFlag)
    .option('--commercial', 'the answer will be used commercially')
    .option('--expires <time>', 'so long it counts: 30s, 10m, 2h, 1d (default: 10m)', toMilliseconds)
    .addHelpText(
      'after',
      '\nExample:\n  $ tally quote digits-logistic --units digits=1000 --expires 10m --json\n\nA use that cites quoteId, expiresMs and signature in time costs this fee, whatever the price list says by then.\nWithout OPERATOR_KEY the price is shown and nothing is signed: signature is null.',
    )
    .action((model: string, flags: QuoteFlags) =>
      runReadingVerb('quote', flags, async ({ config, session, answer }) => {
        const ledger = await session.ledger()
        const operator = operatorOf(config, ledger.genesis)
        const { payer, list, token } = flags
        const request = {
          ...{ model, units: flags.units, commercial: flags.commercial === true },
          ...(payer === undefined ? {} : { payer }),
          ...(list === undefined ? {} : { priceList: list }),
          ...(token === undefined ? {} : { token }),
          ...{
            nowMs: BigInt(Date.now()),
            validMs: flags.expires ?? DEFAULT_VALID_MS,
            quoteId: randomBytes(QUOTE_ID_BYTES),
          },
        }
        const quote =
          operator === undefined ? await quoteFor(ledger, request) : await signedQuote(ledger, operator, request)
        const document = quoteDocument(quote)
        answer(document, () => printQuote(quote, document.signature))
        return undefined
      }),
    )
}

function printQuote(
  { fee, token, units, priceList, expiresMs, quoteId, payer }: Quote,
  signature: string | null,
): void {
  const used = units.map(({ unit, quantity }) => `${quantity} ${unit}`).join(', ')
  printLine(`${fee} of ${token} for ${used}, by price list ${priceList}`)
  if (signature === null) {
    printLine('Not signed: nobody has to keep to it (OPERATOR_KEY is not set).')
    return
  }
  printLine(`Quote ${toHex(quoteId)} for ${/^0x0+$/.test(payer) ? 'whoever pays' : payer}`)
  printLine(`until ${new Date(Number(expiresMs)).toISOString()} (expiresMs ${expiresMs})`)
  printLine(`signature ${signature}`)
}

/** One `unit=quantity`, added to those before it. */
function addUnit(text: string, before: Record<string, bigint> = {}): Record<string, bigint> {
  const at = text.lastIndexOf('=')
  const [unit, quantity] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || !/^\d{1,16}$/.test(quantity))
    throw new InvalidArgumentError('It must be a unit and a whole number: input_tokens=1000.')
  if (Object.hasOwn(before, unit)) throw new InvalidArgumentError(`${unit} stands there twice.`)
  return { ...before, [unit]: BigInt(quantity) }
}

function toMilliseconds(text: string): bigint {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (number === undefined || unit === undefined)
    throw new InvalidArgumentError('It must be a time like 30s, 10m, 2h or 1d.')
  return BigInt(number) * UNIT_MS[unit]!
}

function toAddressFlag(text: string): Address {
  try {
    return toAddress(text)
  } catch {
    throw new InvalidArgumentError('It must be an address: 0x and 40 hex digits.')
  }
}

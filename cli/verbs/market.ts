import { type Command, InvalidArgumentError } from 'commander'
import { acceptOffer, offerShare, type SignedRecord, withdrawOffer } from '../../client/src/market.ts'
import { type AssetPage, assetPage } from '../../jobs/market/asset-page.ts'
import { offersOf } from '../../jobs/market/offers.ts'
import { requireBuyable, requireFreeParts, requireWithdrawable } from '../../jobs/market/open-offers.ts'
import { type Address, toAddress } from '../../schemas/ids.ts'
import {
  type GlobalFlags,
  runReadingVerb,
  runVerb,
  type VerbContext,
  wholeNumber,
  withGlobalFlags,
} from '../command.ts'
import { ConfigError } from '../config.ts'
import { accountOfKeyFile } from '../key-file.ts'
import { printLine } from '../output.ts'
import { printMarket } from '../print-market.ts'

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
const DEFAULT_LIFETIME_MS = 30 * 86_400_000

interface SendingFlags extends GlobalFlags {
  readonly source: string
  readonly keyFile?: string
  readonly contract?: Address
}

type ListFlags = GlobalFlags & { readonly all?: boolean }
type OfferFlags = SendingFlags & {
  readonly parts: number
  readonly price: bigint
  readonly token: Address
  readonly buyer?: Address
  readonly expires?: number
  readonly offer?: string
}

/** `market list`, `market offer`, `market accept`, `market withdraw`: shares of assets are bought and sold. */
export function addMarket(program: Command): void {
  const market = program.command('market').description('shares of assets: list, offer, accept, withdraw')
  addList(market)
  addOffer(market)
  withSigningFlags(
    market.command('accept <offer>').description('buy what is offered, from what you have deposited in its token'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ tally market accept quarter-of-digits --source urn:market --key-file me.key\n\nIt names the terms that the ledger holds now. Settled with the epoch: the price is taken and the share is yours, or neither.',
    )
    .action((offer: string, flags: SendingFlags) =>
      runVerb('market accept', flags, (context) =>
        send(context, flags, 'acceptance', async (signing) => {
          const account = accountOf(signing)
          const { warehouse } = await context.session.ledger()
          const { terms } = await requireBuyable(warehouse, offer, account, context.session.clock())
          return { ...(await acceptOffer({ ...signing, offer, terms })), offer }
        }),
      ),
    )
  withSigningFlags(market.command('withdraw <offer>').description('take an offer of yours back'))
    .addHelpText(
      'after',
      '\nExample:\n  $ tally market withdraw quarter-of-digits --source urn:market --key-file me.key\n\nThe share is free when the epoch is over. Whoever accepted before may still get it.',
    )
    .action((offer: string, flags: SendingFlags) =>
      runVerb('market withdraw', flags, (context) =>
        send(context, flags, 'withdrawal', async (signing) => {
          const { warehouse } = await context.session.ledger()
          await requireWithdrawable(warehouse, offer, accountOf(signing), context.session.clock())
          return { ...(await withdrawOffer({ ...signing, offer })), offer }
        }),
      ),
    )
}

function addList(market: Command): void {
  withGlobalFlags(
    market
      .command('list [asset]')
      .description('what is offered, and of each asset its licence, income, measured quality and reuse'),
  )
    .option('--all', 'also what was sold, withdrawn or has expired')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally market list\n  $ tally market list digits --all --json\n\nAs of the last closed epoch. With an asset its page is shown, offered or not.',
    )
    .action((asset: string | undefined, flags: ListFlags) =>
      runReadingVerb('market list', flags, async ({ session, answer }) => {
        const { warehouse } = await session.ledger()
        const all = await offersOf(warehouse, asset)
        const offers = flags.all === true ? all : all.filter(({ state }) => state === 'open')
        const names = asset === undefined ? new Set(offers.map((offer) => offer.asset)) : [asset]
        const assets: AssetPage[] = []
        // One behind the other: they share a temporary table.
        for (const name of [...names].sort()) assets.push(await assetPage(warehouse, name))
        answer({ offers, assets }, () => printMarket(offers, assets))
        return undefined
      }),
    )
}

function addOffer(market: Command): void {
  withSigningFlags(market.command('offer <asset>').description('offer a share of an asset that you own'))
    .requiredOption('--parts <n>', 'share in millionths: 250000 is a quarter', wholeNumber)
    .requiredOption('--price <atoms>', 'of all the parts, in the smallest unit of the token', toAmount)
    .requiredOption('--token <address>', 'token of the price', toAddressFlag)
    .option('--buyer <address>', 'who may accept (default: anyone)', toAddressFlag)
    .option('--expires <time>', 'so long it can be accepted: 90m, 12h, 30d (default: 30d)', toMilliseconds)
    .option('--offer <name>', 'a name that no other offer has (default: a random one)')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally market offer digits --parts 250000 --price 5000000 --token 0x5FbD…0aa3 --offer quarter-of-digits --source urn:market --key-file me.key\n\nThe share is locked until it is sold, withdrawn or the offer has expired; what it earns until then is yours.',
    )
    .action((asset: string, flags: OfferFlags) =>
      runVerb('market offer', flags, (context) =>
        send(context, flags, 'offer', async (signing) => {
          const { parts, price, token, buyer, offer } = flags
          const nowMs = context.session.clock()
          const { warehouse } = await context.session.ledger()
          await requireFreeParts(warehouse, { asset, seller: accountOf(signing), parts })
          return offerShare({
            ...signing,
            ...{
              asset,
              parts,
              price,
              token,
              expires: new Date(Number(nowMs) + (flags.expires ?? DEFAULT_LIFETIME_MS)),
            },
            ...(buyer === undefined ? {} : { buyer }),
            ...(offer === undefined ? {} : { offer }),
          })
        }),
      ),
    )
}

function withSigningFlags(command: Command): Command {
  return withGlobalFlags(command)
    .requiredOption('--source <name>', 'registered source that may send it')
    .option('--key-file <file>', 'file with the key of the account that signs')
    .option(
      '--contract <address>',
      'the account is a contract: it answers for the digest that is printed',
      toAddressFlag,
    )
}

type Signing = { readonly ledgerId: Uint8Array; readonly source: string; readonly now: Date } & (
  | { readonly signer: ReturnType<typeof accountOfKeyFile> }
  | { readonly contract: string }
)

/** Signs and appends one record. @throws ConfigError unless exactly one account is named */
async function send(
  { session, path, answer }: VerbContext,
  { keyFile, contract, source }: SendingFlags,
  what: string,
  make: (signing: Signing) => Promise<SignedRecord & { readonly offer: string }>,
): Promise<undefined> {
  if ((keyFile === undefined) === (contract === undefined))
    throw new ConfigError(['account: needs --key-file, or --contract for an account that is a contract'])
  const { ledgerId } = await session.ledger()
  const common = { ledgerId, source, now: new Date(Number(session.clock())) }
  const made = await make(
    contract === undefined ? { ...common, signer: accountOfKeyFile(path(keyFile!)) } : { ...common, contract },
  )
  const { sink } = await session.log()
  await sink.append([made.record])
  const { id, offer, digest } = made
  answer({ offer, id, source, digest, signed: contract === undefined }, () => {
    printLine(`The ${what} of ${offer} is in the log (${source} ${id}); it is decided with the next cut.`)
    if (contract !== undefined)
      printLine(
        `It counts once the contract has answered for ${digest}: tally signature check ${contract} --digest ${digest} …`,
      )
  })
  return undefined
}

function accountOf(signing: Signing): Address {
  return toAddress('signer' in signing ? signing.signer.address : signing.contract)
}

function toAmount(text: string): bigint {
  if (!/^[1-9]\d{0,28}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return BigInt(text)
}

function toMilliseconds(text: string): number {
  const [, number, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  if (number === undefined || unit === undefined)
    throw new InvalidArgumentError('It must be a time like 90m, 12h or 30d.')
  return Number(number) * UNIT_MS[unit]!
}

function toAddressFlag(text: string): Address {
  try {
    return toAddress(text)
  } catch {
    throw new InvalidArgumentError('It must be an address: 0x and 40 hex digits.')
  }
}

import { type Command, InvalidArgumentError } from 'commander'
import { offerLicence, offerShare } from '../../client/src/market.ts'
import { requireFreeParts, requireOwner } from '../../jobs/market/open-offers.ts'
import type { Address } from '../../schemas/ids.ts'
import { LICENCE_USES } from '../../schemas/limits.ts'
import { runVerb, wholeNumber } from '../command.ts'
import { ConfigError } from '../config.ts'
import { accountOf, type SendingFlags, send, toAddressFlag, withSigningFlags } from './market-signing.ts'

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
const DEFAULT_LIFETIME_MS = 30 * 86_400_000

type LicenceUse = (typeof LICENCE_USES)[number]

interface LicenceFlags {
  readonly for?: number
  readonly from?: bigint
  readonly until?: bigint
  readonly list?: string
  readonly royalty?: number
  readonly coversFrom?: number
  readonly copies?: number
}

type OfferFlags = SendingFlags &
  LicenceFlags & {
    readonly parts?: number
    readonly licence?: readonly LicenceUse[]
    readonly price: bigint
    readonly token: Address
    readonly buyer?: Address
    readonly expires?: number
    readonly offer?: string
  }

const EXAMPLES = `
Example:
  $ tally market offer digits --parts 250000 --price 5000000 --token 0x5fbdb2315678afecb367f032d93f642f64180aa3 --offer quarter-of-digits --source urn:market --key-file me.key
  $ tally market offer digits-net --licence infer,commercial --for 30d --copies 100 --price 20000 --token 0x5fbdb2315678afecb367f032d93f642f64180aa3 --source urn:market --key-file me.key

A share is locked until it is sold, withdrawn or the offer has expired; what it earns until then is yours.
A licence covers its buyer's uses from the acceptance on, and cannot be revoked. Its price is all owners', by their shares.`

/** `market offer`: a share, or licences. */
export function addOffer(market: Command): void {
  withSigningFlags(
    market.command('offer <asset>').description('offer a share of an asset that you own, or licences of it'),
  )
    .option('--parts <n>', 'a share, in millionths: 250000 is a quarter', wholeNumber)
    .option('--licence <uses>', `licences for these uses: ${LICENCE_USES.join(', ')}`, toUses)
    .requiredOption(
      '--price <atoms>',
      'of all the parts, or of one licence, in the smallest unit of the token',
      toAmount,
    )
    .requiredOption('--token <address>', 'token of the price', toAddressFlag)
    .option('--buyer <address>', 'who may accept (default: anyone)', toAddressFlag)
    .option('--expires <time>', 'so long it can be accepted: 90m, 12h, 30d (default: 30d)', toMilliseconds)
    .option('--offer <name>', 'a name that no other offer has (default: a random one)')
    .option('--for <time>', 'a licence for so long from its purchase on: 12h, 30d (default: for ever)', toMilliseconds)
    .option('--from <time>', 'a licence from this time on: 2027-01-01T00:00:00Z', toTime)
    .option('--until <time>', 'a licence until this time, behind the end of the offer', toTime)
    .option('--list <id>', 'a licence of uses at the prices of this list alone')
    .option('--royalty <n>', 'of what is derived under the licence, in millionths', wholeNumber)
    .option('--covers-from <epoch>', 'the licence releases fees that are held since this epoch', wholeNumber)
    .option('--copies <n>', 'so many licences can be bought (default: any number)', wholeNumber)
    .addHelpText('after', EXAMPLES)
    .action((asset: string, flags: OfferFlags) =>
      runVerb('market offer', flags, (context) =>
        send(context, flags, 'offer', async (signing) => {
          requireOneKind(flags)
          const { parts, licence, price, token, buyer, offer } = flags
          const nowMs = context.session.clock()
          const { warehouse } = await context.session.ledger()
          const seller = accountOf(signing)
          const offering = {
            ...{ ...signing, asset, price, token },
            expires: new Date(Number(nowMs) + (flags.expires ?? DEFAULT_LIFETIME_MS)),
            ...(buyer === undefined ? {} : { buyer }),
            ...(offer === undefined ? {} : { offer }),
          }
          if (licence === undefined) {
            await requireFreeParts(warehouse, { asset, seller, parts: parts! })
            return offerShare({ ...offering, parts: parts! })
          }
          await requireOwner(warehouse, { asset, account: seller })
          return offerLicence({ ...offering, uses: licence, ...termsOf(flags) })
        }),
      ),
    )
}

/** @throws ConfigError */
function requireOneKind(flags: OfferFlags): void {
  const { parts, licence } = flags
  if ((parts === undefined) === (licence === undefined))
    throw new ConfigError(['offer: needs --parts for a share, or --licence for licences'])
  const terms = Object.keys(termsOf(flags))
  if (licence === undefined && terms.length > 0)
    throw new ConfigError([`${terms.join(', ')}: of licences, and a share is offered`])
  if (flags.for !== undefined && (flags.from !== undefined || flags.until !== undefined))
    throw new ConfigError(['for: begins with the purchase; leave --from and --until out'])
}

function termsOf({ for: duration, from, until, list, royalty, coversFrom, copies }: LicenceFlags) {
  return {
    ...(duration === undefined ? {} : { durationMs: BigInt(duration) }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(until === undefined ? {} : { untilMs: until }),
    ...(list === undefined ? {} : { priceList: list }),
    ...(royalty === undefined ? {} : { royaltyParts: royalty }),
    ...(coversFrom === undefined ? {} : { coversFromEpoch: coversFrom }),
    ...(copies === undefined ? {} : { copies }),
  }
}

function toUses(text: string): LicenceUse[] {
  const uses = text.split(',').map((use) => LICENCE_USES.find((known) => known === use))
  if (uses.includes(undefined))
    throw new InvalidArgumentError(`It must be some of ${LICENCE_USES.join(', ')}, with commas between them.`)
  return uses as LicenceUse[]
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

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/

function toTime(text: string): bigint {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a time in UTC: 2027-01-01 or 2027-01-01T12:00:00Z.')
  return BigInt(ms)
}

import type { Manifest } from '../../../anchor/manifest.ts'
import { MODEL } from '../../../examples/digits/demo/names.ts'
import { STREET_MODEL } from '../../../examples/digits/story/names.ts'
import { loadManifest } from '../../../jobs/publish/build-manifest.ts'
import { TallyError } from '../../../schemas/errors.ts'
import { formatAmount } from '../../output.ts'
import { TOKEN } from '../result.ts'
import { CHARGED_WRONGLY, CHARGED_WRONGLY_IN } from './trouble.ts'
import { tell, type Year } from './year.ts'

/** The story says what the ledger says: what it was to tell of did not happen. */
export class StoryBrokenError extends TallyError {
  override readonly code = 'STORY_BROKEN'
  constructor(facts: { epoch: number; event: string }) {
    super(`In month ${facts.epoch} there was to be a ${facts.event}, and the ledger has none.`, {
      facts,
      hint: 'This is a fault of the demo; nothing is wrong with the ledger. Try another --seed, and tell us this one.',
    })
  }
}

function money(atoms: bigint): string {
  return `${formatAmount(atoms, TOKEN.decimals)} ${TOKEN.symbol}`
}

async function manifestOf({ play }: Year, epoch: number): Promise<Manifest> {
  return loadManifest((await play.session.ledger()).warehouse, epoch)
}

type Flow = Manifest['conservation'][number]

/** An amount of the epoch's conservation, which has to be above 0. */
async function flow(year: Year, epoch: number, name: Exclude<keyof Flow, 'token'>, event: string): Promise<string> {
  const amount = BigInt((await manifestOf(year, epoch)).conservation[0]?.[name] ?? 0)
  if (amount === 0n) throw new StoryBrokenError({ epoch, event })
  return money(amount)
}

/** What lines of a kind pay in an epoch, in all, which has to be above 0. */
async function paid({ play }: Year, epoch: number, kind: string, account?: string): Promise<string> {
  const { warehouse } = await play.session.ledger()
  const row = await warehouse.one<{ amount: bigint }>(
    `SELECT coalesce(sum(amount), 0)::HUGEINT AS amount FROM settlement_line
     WHERE epoch = $epoch AND kind = $kind AND account = coalesce($account, account)`,
    { epoch, kind, account: account ?? null },
  )
  if (row!.amount === 0n) throw new StoryBrokenError({ epoch, event: `line of kind ${kind}` })
  return money(row!.amount)
}

function addressOf({ play }: Year, name: string): string {
  return play.cast.contributors.find((each) => each.name === name)!.address
}

export async function tellOfModel(year: Year, epoch: number): Promise<void> {
  const data = await paid(year, epoch, 'data')
  tell(year, epoch, 'model', `${MODEL} is trained on what five people gave; its first month pays ${data} for data`)
}

export async function tellOfDerivation(year: Year, epoch: number): Promise<void> {
  const royalty = await paid(year, epoch, 'royalty')
  tell(year, epoch, 'derivation', `${STREET_MODEL} goes on from ${MODEL}, for a royalty: ${royalty} in its first month`)
}

export async function tellOfSale(year: Year, epoch: number): Promise<void> {
  const { investor, clerk } = year.others
  const price = await paid(year, epoch, 'sale')
  tell(year, epoch, 'sale', `${investor.name} buys 30 % of ${MODEL} from the model lab for ${price}`)
  tell(
    year,
    epoch,
    'agent',
    `${clerk.name} goes to work: it pays the model for each digit, and earns ${await paid(year, epoch, 'agent')}`,
  )
}

export async function tellOfResale(year: Year, epoch: number): Promise<void> {
  const { investor, pensionFund } = year.others
  const price = await paid(year, epoch, 'sale', investor.address)
  tell(year, epoch, 'resale', `${pensionFund.name} buys a third of that from ${investor.name} for ${price}`)
  tell(
    year,
    epoch,
    'memory',
    `what ${year.others.clerk.name} remembers of its mistakes earns ${await paid(year, epoch, 'data', year.others.clerk.address)} by influence, and ${await paid(year, epoch, 'retrieval', year.others.clerk.address)} where it was looked up`,
  )
}

export async function tellOfTransfer(year: Year, epoch: number): Promise<void> {
  const { partner } = year.others
  const part = await paid(year, epoch, 'infrastructure', partner.address)
  tell(year, epoch, 'transfer', `the gateway gives a half of itself to ${partner.name}, who earns ${part} this month`)
}

export async function tellOfExpiry(year: Year, epoch: number): Promise<void> {
  const held = await flow(year, epoch, 'outside', 'fee without a licence')
  tell(year, epoch, 'expiry', `the licence has expired: ${held} of fees are held, and pay nobody`)
}

export async function tellOfLicence(year: Year, epoch: number): Promise<void> {
  const price = await paid(year, epoch, 'licence')
  const released = await flow(year, epoch, 'released', 'release of held fees')
  tell(
    year,
    epoch,
    'licence',
    `the customer buys another licence for ${price}; it reaches back, and releases ${released}`,
  )
}

export async function tellOfDisputes(year: Year, epoch: number): Promise<void> {
  const bonds = await flow(year, epoch, 'bonds', 'bond')
  tell(year, epoch, 'dispute', 'Dmitri says that Elif was paid for photos that are his')
  tell(year, epoch, 'dispute', `Hugo says that Ada was paid for copies; their bonds are ${bonds} together`)
}

export async function tellOfMistake(year: Year, epoch: number): Promise<void> {
  const { warehouse } = await year.play.session.ledger()
  const row = await warehouse.one<{ uses: bigint }>('SELECT count(*) AS uses FROM correction WHERE epoch = $epoch', {
    epoch,
  })
  if (row!.uses !== BigInt(CHARGED_WRONGLY)) throw new StoryBrokenError({ epoch, event: 'correction' })
  const month = CHARGED_WRONGLY_IN
  tell(
    year,
    epoch,
    'correction',
    `the gateway charged ${row!.uses} uses in month ${month} that it never answered, and says so`,
  )
}

export async function tellOfRerun(year: Year, epoch: number): Promise<void> {
  const { warehouse } = await year.play.session.ledger()
  const row = await warehouse.one<{ accounts: bigint; netted: bigint }>(
    'SELECT count(*) AS accounts, coalesce(sum(netted), 0)::HUGEINT AS netted FROM account_total WHERE epoch = $epoch AND netted > 0',
    { epoch },
  )
  const back = await paid(year, epoch, 'adjustment', year.play.cast.payer.address)
  tell(
    year,
    epoch,
    'rerun',
    `month ${CHARGED_WRONGLY_IN} is settled again: ${money(row!.netted)} is netted of ${row!.accounts} accounts`,
  )
  tell(year, epoch, 'refund', `the customer has ${back} back`)
}

export async function tellOfDecisions(year: Year, epoch: number): Promise<void> {
  const award = await paid(year, epoch, 'award', addressOf(year, 'Dmitri'))
  const back = await flow(year, epoch, 'bondsReturned', 'returned bond')
  tell(year, epoch, 'won', `Dmitri gets ${award} that was held of Elif's pay, and his bond of ${back} back`)
  const released = await paid(year, epoch, 'released', addressOf(year, 'Ada'))
  const bond = await paid(year, epoch, 'bond', addressOf(year, 'Ada'))
  tell(year, epoch, 'lost', `Ada gets her ${released} that were held, and ${bond} of Hugo's bond`)
}

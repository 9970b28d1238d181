import Table from 'cli-table3'
import type { AssetPage } from '../jobs/market/asset-page.ts'
import type { MarketOffer } from '../jobs/market/offers.ts'
import { formatParts, formatPercent, paint, printLine } from './output.ts'

const INCOME_EPOCHS_SHOWN = 12

/** `tally market list` for a person. */
export function printMarket(offers: readonly MarketOffer[], assets: readonly AssetPage[]): void {
  if (offers.length === 0) printLine('Nothing is offered. Offer something: tally market offer --help')
  for (const offer of offers) printOffer(offer)
  for (const page of assets) printAsset(page)
}

function printOffer({
  offer,
  asset,
  seller,
  buyer,
  parts,
  token,
  price,
  expiresMs,
  state,
  sold,
  failed,
  licence,
}: MarketOffer): void {
  const what = licence === null ? `${formatParts(parts)} of ${asset}` : `a licence of ${asset}`
  printLine(`${paint.bold(offer)}: ${what} for ${price} of ${token}`)
  if (licence !== null) printLicence(licence)
  printLine(`  by ${seller}, for ${buyer ?? 'anyone'}; until ${timeText(expiresMs)}`)
  if (sold !== null) printLine(`  sold to ${sold.to} in epoch ${sold.epoch}`)
  else if (state !== 'open') printLine(`  ${state}`)
  for (const each of failed)
    printLine(`  accepted by ${each.buyer} in epoch ${each.epoch}: ${STATUS_TEXT[each.status]}`)
}

/** What it lets its buyer do. */
function printLicence(licence: NonNullable<MarketOffer['licence']>): void {
  const { uses, fromMs, untilMs, durationMs, priceList, royaltyParts, coversFromEpoch, copies, sold } = licence
  const terms = [
    `to ${uses.join(', ')}`,
    durationMs === null ? undefined : `for ${durationText(durationMs)} from its purchase on`,
    fromMs === null ? undefined : `from ${timeText(fromMs)}`,
    untilMs === null ? undefined : `until ${timeText(untilMs)}`,
    priceList === null ? undefined : `at the prices of ${priceList}`,
    royaltyParts === 0 ? undefined : `royalty ${formatParts(royaltyParts)}`,
    coversFromEpoch === null ? undefined : `covers uses held since epoch ${coversFromEpoch}`,
  ]
  printLine(`  ${terms.filter((term) => term !== undefined).join('; ')}`)
  printLine(`  ${sold} sold${copies === null ? '' : ` of ${copies}`}`)
}

const STATUS_TEXT = {
  taken: 'others were first',
  lapsed: 'its seller owned nothing of it any more',
  unfunded: 'not enough was deposited; another acceptance may be sent',
  waiting: 'waits to be settled',
} as const

function printAsset(page: AssetPage): void {
  printLine(`\n${paint.bold(`${page.asset} (${page.kind}): ${page.title}`)}`)
  const { own, payers, derived, granted, bought, licensees } = page.uses
  printLine(`Licence: ${page.licence}${page.access === 'licensed' ? '; who uses it needs a licence' : ''}`)
  if (granted + bought > 0)
    printLine(`  ${granted} licences granted, ${bought} bought; ${licensees} accounts have one of their own`)
  printLine(`Owners: ${page.owners.map(({ account, parts }) => `${account} ${formatParts(parts)}`).join(', ')}`)
  for (const { asset, parts } of page.parents)
    printLine(`Passes ${formatParts(parts)} of its royalties on to ${asset}, from which it was derived`)
  const reused = page.reuse.map(({ asset, kind, parts }) => `${asset} (${kind}, royalty ${formatParts(parts)})`)
  printLine(`Reuse: ${reused.length === 0 ? 'nothing was derived from it' : reused.join(', ')}`)
  printLine(`  used ${own} times by ${payers} payers; what was derived from it ${derived} times`)
  printQuality(page)
  printContributorsIncome(page)
  printIncome(page)
}

function printQuality({ contributions, quality, contributors }: AssetPage): void {
  if (contributions !== null)
    printLine(`Contributions: ${contributions.items}, ${contributions.duplicates} of them copies of ones before`)
  if (quality.length === 0) printLine('Quality: not measured; no period that valued it has paid')
  else
    printTable(
      ['epoch', 'model', 'token', 'items', 'junk (did no good)', 'value (of all that helped)', 'share (90 %)'],
      quality.map((each) => [
        ...[each.epoch, each.model, each.token, each.items],
        ...[formatPercent(each.junk), formatPercent(each.value), intervalText(each.interval)],
      ]),
    )
  for (const { account, model, low, share, high } of contributors)
    printLine(
      `  ${account}: ${formatPercent(share)} of what the data of ${model} earned (${formatPercent(low)} to ${formatPercent(high)}, 90 %)`,
    )
}

/** What a dataset earned for those who gave to it; its owners' income is apart. */
function printContributorsIncome({ contributorsIncome: income, contributions }: AssetPage): void {
  if (contributions === null) return
  const tokens = [...new Set(income.map(({ token }) => token))].sort()
  if (tokens.length === 0)
    printLine(`Paid to its contributors: nothing yet; ${contributions.accounts} accounts gave to it`)
  for (const token of tokens) {
    const sum = income.filter((each) => each.token === token).reduce((total, { amount }) => total + amount, 0n)
    printLine(`Paid to its contributors: ${sum} of ${token} in all; ${contributions.accounts} accounts gave to it`)
  }
  if (income.length === 0) return
  const from = firstShown(income)
  printTable(
    ['epoch', 'model', 'token', 'to contributors', 'accounts'],
    income
      .filter(({ epoch }) => epoch >= from)
      .map(({ epoch, model, token, amount, accounts }) => [epoch, model, token, amount, accounts]),
  )
}

/** The first of the newest epochs, which are shown. */
function firstShown(income: readonly { readonly epoch: number }[]): number {
  return [...new Set(income.map(({ epoch }) => epoch))].slice(-INCOME_EPOCHS_SHOWN)[0]!
}

function printIncome({ income, kind }: AssetPage): void {
  const whose = kind === 'dataset' ? 'Income of its owners (royalties, licences, shares)' : 'Income of its owners'
  if (income.length === 0) {
    printLine(`${whose}: none yet`)
    return
  }
  const from = firstShown(income)
  const isAll = income[0]!.epoch >= from
  printLine(isAll ? `${whose}:` : `${whose} from epoch ${from} on (--json has all):`)
  printTable(
    ['epoch', 'token', 'for', 'amount', 'accounts'],
    income
      .filter(({ epoch }) => epoch >= from)
      .map(({ epoch, token, kind, amount, accounts }) => [epoch, token, kind, amount, accounts]),
  )
}

function printTable(head: string[], rows: readonly (string | number | bigint)[][]): void {
  const table = new Table({ head, style: { head: [], border: [] } })
  for (const row of rows) table.push(row.map(String))
  printLine(table.toString())
}

function intervalText(interval: AssetPage['quality'][number]['interval']): string {
  if (interval === null) return ''
  return `${formatPercent(interval.share)} (${formatPercent(interval.low)} to ${formatPercent(interval.high)})`
}

const UNITS_MS: readonly (readonly [bigint, string])[] = [
  [86_400_000n, 'days'],
  [3_600_000n, 'hours'],
  [60_000n, 'minutes'],
]

function durationText(ms: bigint): string {
  const [unit, name] = UNITS_MS.find(([each]) => ms % each === 0n) ?? [1n, 'milliseconds']
  return `${ms / unit} ${name}`
}

const LAST_DATE_MS = 8_640_000_000_000_000n

function timeText(ms: bigint): string {
  return ms > LAST_DATE_MS ? 'for ever' : new Date(Number(ms)).toISOString()
}

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
}: MarketOffer): void {
  printLine(`${paint.bold(offer)}: ${formatParts(parts)} of ${asset} for ${price} of ${token}`)
  printLine(`  by ${seller}, for ${buyer ?? 'anyone'}; until ${timeText(expiresMs)}`)
  if (sold !== null) printLine(`  sold to ${sold.to} in epoch ${sold.epoch}`)
  else if (state !== 'open') printLine(`  ${state}`)
  for (const each of failed)
    printLine(`  accepted by ${each.buyer} in epoch ${each.epoch}: ${STATUS_TEXT[each.status]}`)
}

const STATUS_TEXT = {
  taken: 'somebody else was first',
  unfunded: 'not enough was deposited; another acceptance may be sent',
  waiting: 'waits to be settled',
} as const

function printAsset(page: AssetPage): void {
  printLine(`\n${paint.bold(`${page.asset} (${page.kind}): ${page.title}`)}`)
  printLine(`Licence: ${page.licence}`)
  printLine(`Owners: ${page.owners.map(({ account, parts }) => `${account} ${formatParts(parts)}`).join(', ')}`)
  for (const { asset, parts } of page.parents)
    printLine(`Passes ${formatParts(parts)} of its royalties on to ${asset}, from which it was derived`)
  const reused = page.reuse.map(({ asset, kind, parts }) => `${asset} (${kind}, royalty ${formatParts(parts)})`)
  printLine(`Reuse: ${reused.length === 0 ? 'nothing was derived from it' : reused.join(', ')}`)
  printQuality(page)
  printIncome(page.income)
}

function printQuality({ contributions, quality, contributors }: AssetPage): void {
  if (contributions !== null)
    printLine(`Contributions: ${contributions.items}, ${contributions.duplicates} of them copies of ones before`)
  if (quality.length === 0) printLine('Quality: not measured; no period that valued it has paid')
  else
    printTable(
      ['epoch', 'model', 'token', 'items', 'junk (did no good)', 'value (of all that helped)'],
      quality.map((each) => [
        ...[each.epoch, each.model, each.token, each.items],
        ...[formatPercent(each.junk), formatPercent(each.value)],
      ]),
    )
  for (const { account, model, low, share, high } of contributors)
    printLine(
      `  ${account}: ${formatPercent(share)} of what the data of ${model} earned (${formatPercent(low)} to ${formatPercent(high)}, 90 %)`,
    )
}

function printIncome(income: AssetPage['income']): void {
  if (income.length === 0) {
    printLine('Income: none yet')
    return
  }
  const epochs = [...new Set(income.map(({ epoch }) => epoch))]
  const from = epochs.slice(-INCOME_EPOCHS_SHOWN)[0]!
  if (epochs.length > INCOME_EPOCHS_SHOWN) printLine(`Income from epoch ${from} on (--json has all):`)
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

const LAST_DATE_MS = 8_640_000_000_000_000n

function timeText(ms: bigint): string {
  return ms > LAST_DATE_MS ? 'for ever' : new Date(Number(ms)).toISOString()
}

import Table from 'cli-table3'
import type { Insights, PeriodInsights } from '../jobs/insights/insights.ts'
import type { PaidDuplicates } from '../jobs/insights/paid-duplicates.ts'
import type { ServedDemand } from '../jobs/insights/served-demand.ts'
import { formatPercent, paint, printLine } from './output.ts'

const MILLION = 1_000_000

/** `tally insights` for a person. */
export function printInsights({ model, periods, duplicates, demand }: Insights): void {
  printLine(paint.bold(`Insights of ${model}`))
  if (periods.length === 0) printLine('No period of it has paid yet, so nothing is valued. See: tally epoch status')
  for (const period of periods) printPeriod(period)
  for (const each of duplicates) printDuplicates(each)
  printDemand(demand)
}

function printPeriod({ token, epoch, paid, hurting, hurtingItems, datasets }: PeriodInsights): void {
  printLine(`\nThe newest paid period of ${token}: epoch ${epoch}, ${paid} paid for data`)
  printTable(
    ['dataset', 'account', 'items', 'help', 'hurt', 'value', 'paid', 'value per atom paid (1 = average)'],
    datasets.map((each) => [
      each.dataset,
      each.account,
      each.items,
      each.helping,
      each.hurting,
      formatPercent(each.value),
      each.paid,
      each.valuePerPaid?.toFixed(2) ?? '–',
    ]),
  )
  printLine(
    `\nData that hurts: ${hurtingItems} contributions. The worst (of all that helped, how much each took away):`,
  )
  for (const item of hurting)
    printLine(`  ${formatPercent(item.value)}  ${item.batchId}/${item.index} of ${item.dataset} by ${item.account}`)
}

function printDuplicates({ token, contributions, paid, accounts, most }: PaidDuplicates): void {
  if (contributions === 0) {
    printLine(`\nNear-duplicates paid for in ${token}: none by what is recorded now.`)
    return
  }
  printLine(`\nNear-duplicates paid for in ${token}: ${contributions} contributions, ${paid} in all settled periods`)
  printTable(
    ['account', 'near what was paid to', 'contributions', 'paid'],
    accounts.map((each) => [each.account, each.of, each.contributions, each.paid]),
  )
  for (const each of most)
    printLine(
      `  ${each.batchId}/${each.index} of ${each.of.batchId}/${each.of.index}: ${formatPercent(each.similarity / MILLION)} by ${each.measure}, paid ${each.paid}`,
    )
}

function printDemand(demand: readonly ServedDemand[]): void {
  if (demand.length === 0) return
  printLine('\nWhat is asked, the least sure answers first:')
  printTable(
    ['right answer', 'uses', 'mean probability of it', 'another one was likelier', 'contributions with it'],
    demand.map((each) => [
      each.label,
      each.uses,
      formatPercent(each.confidence),
      formatPercent(each.missed / each.uses),
      each.contributions,
    ]),
  )
}

function printTable(head: readonly string[], rows: readonly (readonly (string | number | bigint)[])[]): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  for (const row of rows) table.push(row.map(String))
  printLine(table.toString())
}

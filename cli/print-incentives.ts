import Table from 'cli-table3'
import type { Concentration, Fraction } from '../jobs/incentives/concentration.ts'
import type { IncentiveReport, PeriodIncentives } from '../jobs/incentives/incentives.ts'
import type { Loop } from '../jobs/incentives/loops.ts'
import type { Simulated } from '../jobs/incentives/simulated.ts'
import { formatPercent, paint, printLine } from './output.ts'
import { lineWords } from './statement/words.ts'

const LOOPS_SHOWN = 20

/** An incentive report for a person. Amounts are in the token's smallest unit. */
export function printIncentives(report: IncentiveReport): void {
  printLine(paint.bold(`Would cheating have paid in epoch ${report.epoch}?`))
  printLine(
    'Nobody is accused: the epoch is paid again as if somebody had cheated, with the contributions and uses that it had. What was paid stays paid.',
  )
  printLine(
    "Amounts are whole numbers of the token's smallest unit; data pay is what contributors get, with what is held back of it.",
  )
  printLine(paint.dim(`Seed ${report.seed}. What each number means, and what it is not: docs/incentives.md`))
  if (report.periods.length === 0)
    printLine('\nNo contributors’ pool was paid in this epoch: there is nothing to simulate.')
  report.periods.forEach(printPeriod)
  printConcentration(report.concentration)
  for (const { token, funded, treasury, share } of report.treasury)
    printLine(
      `\nThe treasury got ${treasury} of the ${funded} of ${token} that payers paid (${share === null ? '–' : percent(share)})`,
    )
  printLoops(report.loops)
}

const NOT_SIMULATED = {
  'too large': 'it has too many contributions and uses to be simulated',
  'its features are not what they were':
    'what is known of it is not what it was when it was paid (something was erased or corrected since)',
  'more periods than are simulated': 'only the pools with the highest fees are',
} as const

function printPeriod({ model, token, accounts, items, uses, duplicates, paid, ...period }: PeriodIncentives): void {
  printLine(
    `\n${paint.bold(model)}: ${paid} of ${token} to ${accounts} accounts, for ${uses} uses of ${items} contributions`,
  )
  printLine(`  ${duplicates} more contributions were found to be copies of others, and earned nothing.`)
  if (period.notSimulated !== null) {
    printLine(`  Not simulated: ${NOT_SIMULATED[period.notSimulated]}.`)
    return
  }
  const table = newTable([
    ...['what if somebody', 'who', 'data pay as it was', 'data pay then'],
    ...['spent on uses', 'back as owner', 'so it'],
  ])
  for (const each of period.simulated)
    table.push([
      each.what,
      each.account ?? 'a stranger',
      ...[each.before, each.after, each.spent, each.back].map(String),
      meaning(each),
    ])
  printLine(table.toString())
  printLine(paint.dim(`  ${READING}`))
}

const READING =
  'A gain above 0 % would have paid, in this epoch and in this simulation; it is no forecast. Copies and junk: 100 % is what as many honest contributions get on average, so less than that is good.'

/** The number with what it is of. */
function meaning({ attack, percent: value }: Simulated): string {
  if (value === null) return '–'
  const text = `${Math.abs(value).toFixed(1)} %`
  if (attack === 'copy' || attack === 'junk') return `gets ${text} of what honest ones get`
  const did = value < 0 ? 'loses' : 'gains'
  return attack === 'split' ? `${did} ${text}` : `${did} ${text} of what it cost`
}

function printConcentration(all: readonly Concentration[]): void {
  if (all.length === 0) return
  printLine('\nHow unevenly the money was divided, over accounts that got something')
  printLine(
    paint.dim(
      '  Gini: 0 when all got the same, near 1 when few got nearly all. HHI: 1 when one got everything. Accounts are not people: one person may have many.',
    ),
  )
  const table = newTable(['token', 'for', 'accounts', 'amount', 'Gini', 'HHI', 'the largest', 'the ten largest'])
  for (const { token, kind, accounts, amount, gini, hhi, top1, top10 } of all)
    table.push([
      ...[
        token,
        kind === 'all' ? 'everything' : lineWords(kind).short.replace(/^your /, ''),
        `${accounts}`,
        `${amount}`,
      ],
      ...[gini.rounded.toFixed(3), hhi.rounded.toFixed(3), percent(top1), percent(top10)],
    ])
  printLine(table.toString())
}

function printLoops(loops: readonly Loop[]): void {
  if (loops.length === 0) {
    printLine('\nTo no payer came anything of its own fees back.')
    return
  }
  printLine(
    '\nPayers to whom some of their own fees came back (a flag to look at, not a verdict: owners may use what they own)',
  )
  for (const { payer, token, model, uses, fees, returned, dataPay } of loops.slice(0, LOOPS_SHOWN)) {
    printLine(`  ${payer}: ${uses} uses of ${model} for ${fees} of ${token}`)
    for (const { kind, asset, amount } of returned)
      printLine(`    about ${amount} came back as ${loopWords(kind)} (${asset})`)
    if (dataPay > 0n) printLine(`    and it earned ${dataPay} as a contributor, of everybody's fees`)
  }
  if (loops.length > LOOPS_SHOWN) printLine(`  and ${loops.length - LOOPS_SHOWN} more: --json has them all`)
}

function loopWords(kind: string): string {
  return lineWords(kind).short.replace(/^your /, 'pay for its ')
}

function percent({ rounded }: Fraction): string {
  return formatPercent(rounded)
}

function newTable(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [], compact: true } })
}

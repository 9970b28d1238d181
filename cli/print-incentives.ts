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
  printLine(paint.bold(`Incentives in epoch ${report.epoch}`))
  printLine(paint.dim(`Seed ${report.seed}. What each number means, and does not: docs/incentives.md`))
  if (report.periods.length === 0) printLine('\nNo period was paid in this epoch: there is nothing to simulate.')
  report.periods.forEach(printPeriod)
  printConcentration(report.concentration)
  for (const { token, funded, treasury, share } of report.treasury)
    printLine(
      `\nTreasury: ${treasury} of ${funded} of ${token} that was funded (${share === null ? '–' : percent(share)})`,
    )
  printLoops(report.loops)
}

const NOT_SIMULATED = {
  'too large': 'it has too many contributions and uses to be simulated',
  'its features are not what they were':
    'its features or records are not what they were when it was paid (something was erased or corrected since)',
  'more periods than are simulated': 'only the periods with the highest fees are',
} as const

function printPeriod({ model, token, accounts, items, uses, duplicates, paid, ...period }: PeriodIncentives): void {
  printLine(
    `\n${paint.bold(model)}: ${paid} of ${token} to ${accounts} accounts, for ${uses} uses of ${items} contributions`,
  )
  printLine(`  ${duplicates} more contributions were found to be copies, and earned nothing.`)
  if (period.notSimulated !== null) {
    printLine(`  Not simulated: ${NOT_SIMULATED[period.notSimulated]}.`)
    return
  }
  const table = newTable(['what somebody might have done', 'who', 'data pay', 'then', 'spent', 'back', ''])
  for (const each of period.simulated)
    table.push([
      each.what,
      each.account ?? 'a stranger',
      ...[each.before, each.after, each.spent, each.back].map(String),
      meaning(each),
    ])
  printLine(table.toString())
}

/** The number with what it is of. */
function meaning({ attack, percent: value }: Simulated): string {
  if (value === null) return '–'
  const text = `${Math.abs(value).toFixed(1)} %`
  if (attack === 'copy' || attack === 'junk') return `${text} of what honest ones get`
  const did = value < 0 ? 'loses' : 'gains'
  return attack === 'split' ? `${did} ${text}` : `${did} ${text} of what it cost`
}

function printConcentration(all: readonly Concentration[]): void {
  if (all.length === 0) return
  printLine('\nHow unevenly it was divided (Gini: 0 all alike; HHI: 1 one has everything)')
  const table = newTable(['token', 'for', 'accounts', 'amount', 'Gini', 'HHI', 'largest', 'largest ten'])
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
    printLine('\nNo payer was paid of its own fees.')
    return
  }
  printLine('\nPayers that were paid of their own fees (a flag, not a verdict)')
  for (const { payer, token, model, uses, fees, returned, dataPay } of loops.slice(0, LOOPS_SHOWN)) {
    printLine(`  ${payer}: ${uses} uses of ${model} for ${fees} of ${token}`)
    for (const { kind, asset, amount } of returned) printLine(`    about ${amount} came back as ${kind} of ${asset}`)
    if (dataPay > 0n) printLine(`    and it earned ${dataPay} as a contributor, of everybody's fees`)
  }
  if (loops.length > LOOPS_SHOWN) printLine(`  and ${loops.length - LOOPS_SHOWN} more: --json has them all`)
}

function percent({ rounded }: Fraction): string {
  return formatPercent(rounded)
}

function newTable(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [], compact: true } })
}

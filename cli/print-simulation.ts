import Table from 'cli-table3'
import type { Change } from '../jobs/policy/simulate/compare.ts'
import type { Costs } from '../jobs/policy/simulate/costs.ts'
import type { Simulation } from '../jobs/policy/simulate/simulate.ts'
import { paint, printLine } from './output.ts'

/** More rows than this are not read by a person; --json has them all. */
const ROWS_SHOWN = 40

const PLACES = {
  paid: 'paid out',
  small: 'small: earned, below the minimum',
  pools: 'held in pools',
  reserves: 'held back',
  waiting: 'waits for features',
  outside: 'held: outside a licence',
  outcomes: 'waits for ratings',
  disputes: 'held by disputes, with their bonds',
  recoveries: 'netted, and not yet paid to who is owed',
  unattributed: 'unattributed',
  balances: 'deposited and not spent',
} as const

/** Amounts are in the token's smallest unit. */
export function printSimulation(simulation: Simulation): void {
  const { policy, from, to, accounts, tokens, costs } = simulation
  printLine(paint.bold(`Epochs ${from} to ${to} under policy ${policy}, beside what was settled. Nothing was changed.`))
  printAccounts(accounts)
  for (const { token, earned, places } of tokens) {
    const table = tableOf(['', 'before', 'after', 'delta'])
    table.push(['earned', ...cells(earned)])
    for (const [place, title] of Object.entries(PLACES))
      table.push([title, ...cells(places[place as keyof typeof places])])
    printLine(`\n${token}`)
    printLine(table.toString())
  }
  printCosts(costs)
}

/** First those who gain, then those who lose; in the middle of a long list whoever has least to do with it is left out. */
function printAccounts(accounts: Simulation['accounts']): void {
  const changed = accounts.filter(({ delta }) => delta !== 0n)
  printLine(`${changed.length} of ${accounts.length} amounts would be others.`)
  if (changed.length === 0) return
  const table = tableOf(['account', 'token', 'for', 'before', 'after', 'delta'])
  const half = ROWS_SHOWN / 2
  const shown = changed.length <= ROWS_SHOWN ? changed : [...changed.slice(0, half), ...changed.slice(-half)]
  for (const { account, token, kind, ...change } of shown) table.push([account, token, kind, ...cells(change)])
  printLine(table.toString())
  if (shown.length < changed.length)
    printLine(`${changed.length - shown.length} between them are not shown; --json has all.`)
}

function printCosts({ inferences, payees, compute_ms, gas, dust, breakEven }: Costs): void {
  printLine(`\nCost of ${inferences} inferences and ${payees} payees`)
  printLine(
    `  compute, measured in this run: ${seconds(compute_ms.total)}; ${seconds(compute_ms.perThousand)} per 1,000 inferences, ${seconds(compute_ms.perPayee)} a payee`,
  )
  const price = gas.wei === null ? '' : `; ${gas.wei} wei at this price`
  printLine(
    `  gas: ${gas.anchoring} to anchor the epochs, ${gas.claims} if everybody who was paid claims once; ${gas.perThousand} per 1,000 inferences, ${gas.perPayee} a payee${price}`,
  )
  for (const { token, amount, accounts } of dust)
    printLine(`  small: ${amount} of ${token} of ${accounts} accounts stay below the minimum`)
  if (breakEven.fee !== null)
    printLine(`  break-even: a mean fee of ${breakEven.fee} pays compute and anchoring out of the treasury's part`)
  if (breakEven.payout !== null) printLine(`  a payout below ${breakEven.payout} is not worth its first claim`)
  if (breakEven.fee === null)
    printLine(
      '  no break-even fee: it needs --gas-price, --ether-price and --hour-price, a part for the treasury, and a use',
    )
}

function tableOf(head: string[]) {
  return new Table({ head, style: { head: [], border: [] } })
}

function cells({ before, after, delta }: Change): string[] {
  return [String(before), String(after), delta > 0n ? `+${delta}` : String(delta)]
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(3)} s`
}

import Table from 'cli-table3'
import type { Change, RerunDiff } from '../jobs/rerun/diff.ts'
import { paint, printLine } from './output.ts'

/** More rows than this are not read by a person; --json has them all. */
const ROWS_SHOWN = 40
const USES_SHOWN = 10

/** Amounts are in the token's smallest unit. */
export function printDiff(diff: RerunDiff): void {
  const { rerun, from, to, method, accounts, unchanged, tokens, corrected } = diff
  printLine(paint.bold(`Rerun ${rerun}: epochs ${from} to ${to} beside what stands.`))
  printLine(`Method: ${method ?? 'that of the policies in force'}. Corrected uses: ${corrected.length}.`)
  for (const { source, id, epoch, model, token, before, after } of corrected.slice(0, USES_SHOWN))
    printLine(`  ${id} (${source}, epoch ${epoch}, ${model}): ${before} of ${token} was paid, ${after} is left`)
  if (corrected.length > USES_SHOWN) printLine(`  … ${corrected.length - USES_SHOWN} more; --json has all.`)
  if (accounts.length === 0) {
    printLine('Nothing would be another amount.')
    return
  }
  const table = tableOf(['account', 'token', 'of', 'before', 'after', 'delta'])
  for (const { account, token, parts, ...change } of accounts.slice(0, ROWS_SHOWN)) {
    table.push([account, token, '', ...cells(change)])
    for (const { of, ...part } of parts) table.push(['', '', of, ...cells(part)])
  }
  printLine(table.toString())
  if (accounts.length > ROWS_SHOWN) printLine(`${accounts.length - ROWS_SHOWN} more accounts change; --json has all.`)
  printLine(`For ${unchanged} accounts nothing changes.`)
  for (const { token, ...change } of tokens)
    printLine(`Σ of ${token}: ${change.before} before, ${change.after} after, ${signed(change.delta)}`)
}

function tableOf(head: string[]) {
  return new Table({ head, style: { head: [], border: [] } })
}

function cells({ before, after, delta }: Change): string[] {
  return [String(before), String(after), signed(delta)]
}

function signed(delta: bigint): string {
  return delta > 0n ? `+${delta}` : String(delta)
}

import pc from 'picocolors'
import { formatAmount, printLine } from '../../output.ts'
import { TOKEN, toJsonDocument } from '../result.ts'
import type { Story } from './play-story.ts'

/** The document of `--story --json`: the demo's, with what happened and what everybody is told. */
export function toStoryDocument({ year, result, statements }: Story, seed: string, seconds: number) {
  return {
    ...toJsonDocument(result, seed, seconds),
    story: year.told,
    statements: statements.map(({ name, statement }) => ({
      ...{ name, account: statement.account },
      paid: statement.totals.map(({ token, cumulative, small }) => ({
        ...{ token, cumulative: cumulative.toString(), small: small.toString() },
      })),
      byKind: statement.paidByKind.map(({ kind, amount }) => ({ kind, amount: amount.toString() })),
    })),
  }
}

export function printStory(story: Story, folder: string, seconds: number): void {
  printLine(`\n${pc.bold('What happened')}`)
  for (const { epoch, event, detail } of story.year.told)
    printLine(`  month ${String(epoch).padStart(2)}  ${event.padEnd(12)} ${detail}`)
  printLine(`\n${pc.bold('What everybody is told')}`)
  for (const { name, statement } of story.statements) {
    printLine(`  ${pc.dim(statement.account)}`)
    const paid = statement.totals.reduce((sum, { cumulative }) => sum + cumulative, 0n)
    const kinds = statement.paidByKind.map(({ kind, amount }) => `${kind} ${formatAmount(amount, TOKEN.decimals)}`)
    printLine(`  ${name.padEnd(14)} ${formatAmount(paid, TOKEN.decimals)} ${TOKEN.symbol}  ${pc.dim(kinds.join(', '))}`)
  }
  printLine(`\n  a statement of one of them: npx tally statement ACCOUNT --data ${folder}`)
  printLine(pc.dim(`${seconds} s; everything is kept in ${folder}`))
  // Not all of it: what was erased cannot be computed again.
  printLine(story.audit.ok ? pc.green('audit: OK, as far as nothing was erased') : pc.red('audit: DIFFERENCE'))
}

import pc from 'picocolors'
import { EVIDENCE } from '../../../jobs/attribution/text/files/spans-of-files.ts'
import { formatAmount, printLine } from '../../output.ts'
import { printTextEvidence } from '../../print-text-evidence.ts'
import { TOKEN } from '../result.ts'
import type { TextPlay } from './text-play.ts'
import type { TextResult } from './text-result.ts'

/** The document of `--text --json`: the demo's, with some answers, whose words stand in them, and what they brought whom. */
export function toTextDocument({ manifests, accounts, answers, audit }: TextResult, seed: string, seconds: number) {
  const whole = accounts.reduce((sum, { earned }) => sum + earned, 0n)
  return {
    seed,
    seconds,
    epochs: manifests.map(({ epoch, tree, payout }) => ({
      ...{ epoch, ledgerRoot: tree.root, payoutRoot: payout.root, treeSize: Number(tree.size) },
    })),
    accounts: accounts.map(({ earned, claimed, ...account }) => ({
      ...{ ...account, near: 0, share: whole === 0n ? 0 : Number(earned) / Number(whole) },
      ...{ earned: earned.toString(), claimed: claimed.toString() },
    })),
    evidence: EVIDENCE,
    answers: answers.map(({ answer, explanation, evidence }) => ({
      ...{ id: answer.id, prompt: answer.prompt, text: answer.text, fee: answer.fee.toString() },
      paid: explanation.accounts.map(({ account, apportioned }) => ({ account, amount: apportioned.toString() })),
      spans: evidence.spans.map(({ start, end, text, count, sources }) => ({
        ...{ start, end, text, count },
        sources: sources.map(({ account, batch, index, positions }) => ({
          account,
          batch: batch.id,
          index,
          positions,
        })),
      })),
    })),
    audit: { ok: audit.ok },
  }
}

/** By account. */
export function namesOf({ authors }: TextPlay): ReadonlyMap<string, string> {
  return new Map<string, string>(authors.map(({ address, name }) => [address, name]))
}

interface Ending {
  readonly folder: string
  /** URL of the page. */
  readonly report: string
  readonly seconds: number
}

export function printTexts(play: TextPlay, result: TextResult, { folder, report, seconds }: Ending): void {
  const names = namesOf(play)
  const money = (atoms: bigint) => `${formatAmount(atoms, TOKEN.decimals)} ${TOKEN.symbol}`
  printLine(`\n${pc.bold('Three answers, and whose words stand in them')}`)
  for (const { answer, explanation, evidence } of result.answers) {
    printLine(`\n${pc.bold(`${answer.prompt} …`)}  ${pc.dim(`${money(answer.fee)}, ${answer.id}`)}`)
    printTextEvidence(evidence)
    const paid = explanation.accounts.filter(({ apportioned }) => apportioned > 0n)
    for (const { account, apportioned } of paid.slice(0, 5))
      printLine(`  ${(names.get(account) ?? account).padEnd(24)} ${money(apportioned)}`)
  }
  printLine(`\n${pc.bold('Who earned what')}`)
  const ranked = [...result.accounts].sort((a, b) => (a.earned === b.earned ? 0 : a.earned > b.earned ? -1 : 1))
  for (const { name, role, earned, duplicates } of ranked)
    printLine(
      `  ${name.padEnd(24)} ${money(earned)}${role === 'copier' ? pc.dim(`  brought ${duplicates} speech(es) that were there before`) : ''}`,
    )
  printLine(`\n  the report: ${report}`)
  printLine(`  an answer:  npx tally explain ${result.answers[0]!.answer.id} --data ${folder}`)
  printLine(pc.dim(`${seconds} s; everything is kept in ${folder}`))
  printLine(result.audit.ok ? pc.green('audit: OK') : pc.red('audit: DIFFERENCE'))
}

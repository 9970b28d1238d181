import type { Command } from 'commander'
import { insightsOf } from '../../jobs/insights/insights.ts'
import { explain } from '../../jobs/statement/explain.ts'
import { type TextEvidence, textEvidence } from '../../jobs/statement/text-evidence.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import { type GlobalFlags, runReadingVerb, wholeNumber, withGlobalFlags } from '../command.ts'
import { paint, printLine } from '../output.ts'
import { printInsights } from '../print-insights.ts'
import { printTextEvidence } from '../print-text-evidence.ts'

/** `explain`, `insights`: answers for people. Amounts are in the token's smallest unit. */
export function addAnswers(program: Command): void {
  withGlobalFlags(
    program
      .command('explain <inference>')
      .description('why a paid use paid whom: its fee, and the contributions behind the answer'),
  )
    .option('--top <n>', 'how many contributions to name', wholeNumber, 10)
    .addHelpText('after', '\nExample:\n  $ tally explain 0b8f2c1e-6a55-4d0e-9f53-2f0b6a1c7d11 --top 5')
    .action((id: string, flags: GlobalFlags & { top: number }) =>
      runReadingVerb('explain', flags, async ({ session, answer, progress }) => {
        progress.show('solving for this answer')
        const { warehouse } = await session.ledger()
        const explanations = await explain(warehouse, [id], flags.top)
        const payloads = new FolderPayloadStore(session.directory.payloads)
        const document: Explained[] = []
        for (const each of explanations) {
          const text = await textEvidence(warehouse, { ...each.inference, payloads, top: flags.top })
          document.push({ ...each, text: text ?? null })
        }
        answer(document, () => document.forEach(printExplanation))
        return undefined
      }),
    )
  withGlobalFlags(
    program
      .command('insights <model>')
      .description(
        'what would make a model better: data that hurts, data by what it did and cost, near-duplicates paid for, badly served demand',
      ),
  )
    .option('--top <n>', 'how many hurting contributions, and paid near-duplicates, to name', wholeNumber, 10)
    .addHelpText('after', '\nExample:\n  $ tally insights digit-reader --top 20')
    .action((model: string, flags: GlobalFlags & { top: number }) =>
      runReadingVerb('insights', flags, async ({ session, answer, progress }) => {
        progress.show('looking at what was valued')
        const { warehouse } = await session.ledger()
        const insights = await insightsOf(warehouse, model, flags.top)
        answer(insights, () => printInsights(insights))
        return undefined
      }),
    )
}

const FEE_STATUSES = {
  funded: '',
  outside: ', held: no licence covers all that it used, so nobody is paid until one does',
  corrected: ', given back: it was held, and a correction leaves nothing of it',
  void: ', void: who reported it took it back, so nobody is charged and nobody is paid',
  refunded: ', given back: no licence covered all that it used in time, so nobody is paid',
  unfunded: ', unfunded: its payer signed for it and had not deposited it, so nobody is paid',
  reported: ', only reported: no voucher of its payer covers it, so nobody is charged and nobody is paid',
  undecided: ', not decided yet: its epoch is not attributed',
} as const

type Explained = Awaited<ReturnType<typeof explain>>[number] & { readonly text: TextEvidence | null }

function printCorrections({ corrections, counts, fee, statusEpoch, token, lateTime }: Explained): void {
  for (const { kind, fee: stands, epoch, reason } of corrections) {
    const isLater = statusEpoch !== null && epoch > statusEpoch
    const what = kind === 'void' ? 'void' : `to ${stands}`
    const later = isLater ? '; its fee was settled before, so that only an adjustment moves anything' : ''
    printLine(`  corrected ${what} in epoch ${epoch} (${reason})${later}`)
  }
  if (counts !== fee) printLine(`  ${counts} of ${token} of it counts`)
  if (lateTime !== null)
    printLine(
      `  late: its producer says ${lateTime}, before the cut of the epoch before; it counts in the epoch in which it came`,
    )
}

/** What was looked up for the answer, and what each of it is paid. */
function printRetrieved({ retrieved, channel, token }: Explained): void {
  if (retrieved.length === 0) return
  const how = channel === 'retrieval' ? ', which divide its data part' : ''
  printLine(`\nRetrieved for it, the best first${how}:`)
  for (const { rank, score, batchId, index, account, apportioned } of retrieved) {
    const name = batchId === null ? `contribution ${index} of an unknown batch` : `${batchId}/${index}`
    const whose = account === null ? "nobody's: it is unknown, withdrawn or erased" : `by ${account}`
    printLine(`  ${String(rank).padStart(2)}  score ${score}  ${name}  ${apportioned} of ${token}  ${whose}`)
  }
}

/** Where the data part of a use is for which no contributor was paid. */
function unpaidText({ data, token }: Explained): string {
  if (data.state === 'none') return 'No contributor is paid for it: nothing of its fee is for data.'
  const part = `${data.amount} of ${token} for data`
  switch (data.state) {
    case 'undecided':
      return `${part}: not decided yet, its epoch is not settled.`
    case 'waiting':
      return `${part} waits for the features of this use, up to the end of epoch ${data.until}: without them nobody can say whose data helped. Then it goes to nobody (unattributed).`
    case 'expired':
      return `${part} went to nobody (unattributed) at the end of epoch ${data.in}: no features of this use came by then.`
    case 'open':
      return `${part} is in the pool of a period that is open since epoch ${data.since}: its uses weigh as much as ${data.effective} of the ${data.needed} that are needed. By the policy in force it is given up at the end of epoch ${data.until} at the latest.`
    case 'given-up':
      return `${part} went to nobody (unattributed) at the end of epoch ${data.in}: too few uses came while its period was open.`
    case 'divided':
      return `${part}: divided in epoch ${data.in} by ${data.channel}.`
    case 'paid':
      return `${part}: its period closed in epoch ${data.in}, and no contribution had helped.`
  }
}

/** A use whose data part the texts behind its output divide. */
function printTold({ accounts, paid, token, data, text }: Explained): void {
  const whole = data.state === 'none' ? 0n : data.amount
  printLine(`\nOf ${whole} of ${token} for data, ${paid} is divided by what of the output stands in contributed texts:`)
  for (const each of accounts.filter(({ apportioned }) => apportioned > 0n))
    printLine(`  ${each.account}  ${each.apportioned}`)
  if (text !== null) printTextEvidence(text)
}

function printExplanation(explanation: Explained): void {
  const { inference, fee, token, parts, paid, accounts, items, epoch, status, statusEpoch, model } = explanation
  printLine(paint.bold(`${inference.id} (${model}, epoch ${epoch})`))
  const isReleased = status === 'funded' && statusEpoch !== epoch
  const released = isReleased ? `, held at first and released in epoch ${statusEpoch} by a licence` : ''
  printLine(`Fee ${fee} of ${token}${FEE_STATUSES[status]}${released}`)
  printCorrections(explanation)
  for (const part of parts) printLine(`  ${part.kind.padEnd(15)} ${part.amount}`)
  printRetrieved(explanation)
  if (explanation.channel === 'retrieval') return
  if (explanation.channel === 'text') {
    printTold(explanation)
    return
  }
  if (paid === null) printLine(`\n${unpaidText(explanation)}`)
  else
    printLine(
      `\nIts part of what its period paid contributors, ${paid}, apportioned over them by influence on this one answer:`,
    )
  for (const each of accounts.filter(({ apportioned }) => apportioned > 0n))
    printLine(`  ${each.account}  ${each.apportioned}`)
  printLine('\nMost influential contributions (influence, not payment; 1 = the strongest):')
  for (const item of items)
    printLine(`  ${item.influence.toFixed(3)}  ${item.batchId}/${item.index}  by ${item.account}`)
  if (explanation.text !== null) printTextEvidence(explanation.text)
}

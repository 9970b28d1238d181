import type { Command } from 'commander'
import { insightsOf } from '../../jobs/insights/insights.ts'
import type { StatementPayout } from '../../jobs/statement/epochs.ts'
import { explain } from '../../jobs/statement/explain.ts'
import { type Statement, statementOf } from '../../jobs/statement/statement.ts'
import { toAddress } from '../../schemas/ids.ts'
import { type GlobalFlags, runReadingVerb, wholeNumber, withGlobalFlags } from '../command.ts'
import { formatParts, formatPercent, paint, printLine } from '../output.ts'
import { printInsights } from '../print-insights.ts'

const MILLION = 1_000_000
const KINDS = {
  data: 'your contributions',
  model: 'your model',
  royalty: 'what others derived from',
  agent: 'your agent',
  outcome: 'how well your agent did',
  infrastructure: 'your infrastructure',
  treasury: 'treasury',
  sale: 'a share that you sold',
  refund: 'uses that were corrected',
  adjustment: 'what you were paid too little before',
}

/** `statement`, `explain`, `insights`: answers for people. Amounts are in the token's smallest unit. */
export function addAnswers(program: Command): void {
  withGlobalFlags(program.command('statement <account>').description('what an account earned, epoch by epoch, and why'))
    .addHelpText('after', '\nExample:\n  $ tally statement 0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984')
    .action((account: string, flags: GlobalFlags) =>
      runReadingVerb('statement', flags, async ({ session, answer }) => {
        const { warehouse } = await session.ledger()
        const statement = await statementOf(warehouse, toAddress(account))
        answer(statement, () => printStatement(statement))
        return undefined
      }),
    )
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
        answer(explanations, () => explanations.forEach(printExplanation))
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

function printStatement(statement: Statement): void {
  printLine(paint.bold(`Statement of ${statement.account}`))
  printLine(
    `${statement.contributions} contributions, ${statement.duplicates} of them copies of what was there before (they earn nothing); ${statement.near} are near one that was there before.`,
  )
  printOwned(statement.owns)
  for (const { epoch, state, lines, payouts } of statement.epochs) {
    printLine(`\nEpoch ${epoch} (${state})`)
    for (const line of lines) {
      const share =
        line.share === null
          ? ''
          : ` – ${formatPercent(line.share.value)} of what contributors earned (90 % interval ${formatPercent(line.share.low)} to ${formatPercent(line.share.high)})`
      const held = line.heldBack === 0n ? '' : `; ${line.heldBack} more are held back`
      printLine(`  ${line.amount} of ${line.token} for ${KINDS[line.kind]} (${line.asset})${share}${held}`)
    }
    payouts.forEach(printPayout)
  }
  for (const { token, cumulative, small } of statement.totals) {
    printLine(`\nTogether ${cumulative} of ${token}.`)
    if (small > 0n)
      printLine(
        `  ${small} more are owed and kept for you: they are paid with the first epoch that reaches the minimum.`,
      )
  }
  for (const { token, model, amount } of statement.claims) {
    const of = model === '' ? '' : ` (${model})`
    printLine(
      amount > 0n
        ? `  Adjustments: ${amount} of ${token}${of} are owed to you, and paid as far as money for it comes in.`
        : `  Adjustments: you were paid ${-amount} of ${token}${of} too much; it is netted from what you earn.`,
    )
  }
  for (const { kind, token, amount } of statement.paidByKind) printLine(`  ${amount} of ${token} for ${KINDS[kind]}`)
  if (statement.evidence.length > 0) printLine('\nNear contributions before them, the most similar')
  for (const { batchId, index, of, similarity, measure } of statement.evidence)
    printLine(
      `  ${batchId}/${index}  ${formatPercent(similarity / MILLION)} as ${of.batchId}/${of.index} by ${measure}`,
    )
  printItems('Most helpful (influence, not payment)', statement.helped)
  printItems('Most harmful (influence, not payment)', statement.hurt)
  if (statement.paying !== null) printPaying(statement.paying)
  printLine('\nCheck it: tally receipt ACCOUNT --out receipt.json && tally verify receipt.json')
}

/** Only what is not simply earned and paid. */
function printPayout({ token, netted, smallBefore, paid, small, minimum }: StatementPayout): void {
  if (netted > 0n) printLine(`  netted: ${netted} of ${token}, for what was paid too much before`)
  if (smallBefore > 0n && paid > 0n) printLine(`  ${smallBefore} of ${token} carried from earlier epochs, paid now`)
  if (small > 0n)
    printLine(
      `  carried: ${small} of ${token}${smallBefore > 0n ? `, with ${smallBefore} from earlier epochs,` : ''} below the minimum of ${minimum}`,
    )
}

function printOwned(owns: Statement['owns']): void {
  if (owns.length > 0) printLine('\nOwns')
  for (const { asset, kind, identity, access, parts, history, paid, outside } of owns) {
    const since = history.map((each) => `${formatParts(each.parts)} since epoch ${each.epoch}`).join(', ')
    const named = identity === '' ? '' : `, says it is ${identity}`
    const licensed = access === 'licensed' ? ', licensed' : ''
    printLine(`  ${formatParts(parts)} of ${asset} (${kind}${licensed}${named}): ${since}`)
    for (const each of paid) printLine(`    was paid ${each.amount} of ${each.token} for ${KINDS[each.kind]}`)
    for (const { token, held, released, refunded } of outside)
      printLine(
        `    uses outside its licences: ${held} of ${token} held, ${released} released by later licences, ${refunded} given back`,
      )
  }
}

function printPaying({ balances, channels, held, uses }: NonNullable<Statement['paying']>): void {
  printLine('\nPaying')
  for (const { token, amount } of balances) printLine(`  ${amount} of ${token} deposited and not taken`)
  for (const { model, token, cumulative, spent, sequence } of channels)
    printLine(`  ${model}: signed for ${cumulative} of ${token} (last voucher ${sequence}), ${spent} of it taken`)
  for (const { model, token, uses: count, funded, outside, refunded, unfunded, reported } of uses) {
    printLine(
      `  ${model}: ${count} uses; ${funded} of ${token} paid, ${unfunded} unfunded (signed for, not deposited), ${reported} only reported (not signed for)`,
    )
    if (outside + refunded > 0n)
      printLine(`  ${model}: outside its licences ${outside} of ${token} held, ${refunded} given back`)
  }
  for (const { epoch, model, token, fees, until } of held)
    printLine(
      `  ${model}: ${fees} of ${token} of epoch ${epoch} is held, because no licence covers the uses; without one it is yours again after epoch ${until}`,
    )
}

function printItems(title: string, items: Statement['helped']): void {
  if (items.length === 0) return
  printLine(`\n${title}`)
  for (const item of items) printLine(`  ${item.batchId}/${item.index}  ${item.value}`)
}

const FEE_STATUSES = {
  funded: '',
  outside: ', held: no licence of its model or agent covers it, so nobody is paid until one does',
  corrected: ', given back: it was held, and a correction leaves nothing of it',
  void: ', void: who reported it took it back, so nobody is charged and nobody is paid',
  refunded: ', given back: no licence of its model or agent covered it in time, so nobody is paid',
  unfunded: ', unfunded: its payer signed for it and had not deposited it, so nobody is paid',
  reported: ', only reported: no voucher of its payer covers it, so nobody is charged and nobody is paid',
  undecided: ', not decided yet: its epoch is not attributed',
} as const

type Explained = Awaited<ReturnType<typeof explain>>[number]

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

function printExplanation(explanation: Explained): void {
  const { inference, fee, token, parts, paid, accounts, items, epoch, status, statusEpoch, model } = explanation
  printLine(paint.bold(`${inference.id} (${model}, epoch ${epoch})`))
  const isReleased = status === 'funded' && statusEpoch !== epoch
  const released = isReleased ? `, held at first and released in epoch ${statusEpoch} by a licence` : ''
  printLine(`Fee ${fee} of ${token}${FEE_STATUSES[status]}${released}`)
  printCorrections(explanation)
  for (const part of parts) printLine(`  ${part.kind.padEnd(15)} ${part.amount}`)
  if (paid === null) printLine('\nNo period has paid contributors for it.')
  else
    printLine(
      `\nIts part of what its period paid contributors, ${paid}, apportioned over them by influence on this one answer:`,
    )
  for (const each of accounts.filter(({ apportioned }) => apportioned > 0n))
    printLine(`  ${each.account}  ${each.apportioned}`)
  printLine('\nMost influential contributions (influence, not payment; 1 = the strongest):')
  for (const item of items)
    printLine(`  ${item.influence.toFixed(3)}  ${item.batchId}/${item.index}  by ${item.account}`)
}

import type { CheckedDispute, CheckedItem } from '../audit/index.ts'
import type { DisputeView } from '../jobs/disputes/disputes.ts'
import { paint, printLine } from './output.ts'

export const DISPUTE_TEXT = {
  waiting: 'its epoch is not settled yet',
  open: 'open',
  void: 'of no effect: there is no such line, or nothing is left of it',
  unfunded: 'of no effect: its bond was not there',
  upheld: 'upheld',
  rejected: 'rejected',
  lapsed: 'ended without a decision',
} as const

export const BOND_TEXT = {
  none: '',
  'not-taken': 'was not taken',
  held: 'is held until the dispute ends',
  returned: 'went back to the balance of whoever opened it',
  forfeited: 'went to the account of the line',
} as const

/** Amounts are in the token's smallest unit. */
export function printDispute(view: DisputeView, say: (line: string) => void = printLine): void {
  const { dispute, opener, line, claim, items, evidence, bond, epoch, until, state, wanted, held, award, bondBecame } =
    view
  say(`${paint.bold(dispute)}: ${DISPUTE_TEXT[state]}`)
  say(`  ${opener} disputes (${claim}) the line ${line.kind} ${line.asset} of ${line.account} in epoch ${line.epoch}`)
  for (const { batchSource, batchId, index } of items) say(`    item ${batchSource} ${batchId}/${index}`)
  if (evidence !== null) say(`  evidence: a document with SHA-256 ${evidence}`)
  const end = until === null ? '' : `; without a decision it ends with epoch ${until}`
  say(`  opened in epoch ${epoch} for a bond of ${bond}${state === 'open' ? end : ''}`)
  if (bond > 0n) say(`    the bond ${BOND_TEXT[bondBecame]}`)
  if (wanted > 0n) say(`  ${held} of ${wanted} of ${line.token} ${state === 'open' ? 'is' : 'was'} held`)
  if (award > 0n) say(`  ${award} of it went to ${opener}`)
  if (view.decision !== null) say(`  decided in epoch ${view.decision.epoch}: ${view.decision.reason}`)
}

export function printCheckedDispute(checked: CheckedDispute): void {
  const { dispute, claim, settlement, items, verdict, why } = checked
  const { difference, published } = settlement
  printLine(
    `${mark(settlement.verdict === 'follows')} settlement: the line ${settlement.verdict}${published === null ? '' : `; it pays ${published}`}`,
  )
  if (difference !== null)
    printLine(`  ${difference.check}, ${difference.where}: expected ${difference.expected}, found ${difference.found}`)
  items.forEach(printItem)
  const text = `dispute ${dispute} (${claim}): ${verdict}`
  printLine(
    verdict === 'does not hold' ? paint.green(text) : verdict === 'undecided' ? paint.yellow(text) : paint.red(text),
  )
  printLine(why)
}

function printItem({ batchSource, batchId, index, account, alike, features }: CheckedItem): void {
  printLine(`  item ${batchSource} ${batchId}/${index} of ${account}`)
  for (const each of alike)
    printLine(
      `    ${each.how} ${each.batchSource} ${each.batchId}/${each.index} of ${each.account}, which came ${each.isEarlier ? 'earlier' : 'later'}`,
    )
  for (const { featureMap, outcome, differences } of features) {
    printLine(
      `    ${mark(outcome === 'same' || outcome === 'within tolerance')} features under ${featureMap}: ${outcome}`,
    )
    for (const { field, published, extracted } of differences)
      printLine(`      ${field} published ${published}, extracted ${extracted}`)
  }
}

function mark(isGood: boolean): string {
  return isGood ? paint.green('✓') : paint.red('✗')
}

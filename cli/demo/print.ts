import Table from 'cli-table3'
import pc from 'picocolors'
import { digitsInARow, drawDigits } from '../../examples/digits/draw.ts'
import { formatAmount, formatPercent, printLine } from '../output.ts'
import type { Play } from './play.ts'
import { contributedDigit, type DemoResult, TOKEN } from './result.ts'

const DIGIT_MARGIN = 3
const INFLUENTIAL_MAX = 5
const ROLES = { honest: 'honest', 'wrong-labels': 'wrong labels', copier: 'copies another', noise: 'noise' } as const

/** The demo's result as a person likes to read it. */
export function printDemo(play: Play, result: DemoResult): void {
  printAccounts(result)
  printOthers(play, result)
  for (const shown of result.explanations) printInference(play, shown)
  printRetrained(result)
  printRoots(result)
  printAudit(result)
}

function money(atoms: bigint): string {
  return formatAmount(atoms, TOKEN.decimals)
}

function printAccounts(result: DemoResult): void {
  const head = [
    'account',
    'role',
    'accepted',
    'duplicates',
    'of these near',
    'share (90 % interval)',
    `earned ${TOKEN.symbol}`,
    'claimed',
  ]
  const table = new Table({
    head,
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: pc.isColorSupported ? { head: ['bold'], border: ['dim'] } : { head: [], border: [] },
  })
  for (const each of result.accounts) {
    const { low, value, high } = each.share
    const share = value === 0 ? '0' : `${formatPercent(value)} (${formatPercent(low)} – ${formatPercent(high)})`
    table.push([
      each.name,
      ROLES[each.role],
      each.accepted,
      each.duplicates,
      each.near,
      share,
      money(each.earned),
      money(each.claimed),
    ])
  }
  printLine(`\n${pc.bold('Who earned what')}`)
  printLine(table.toString())
}

function printOthers({ cast }: Play, result: DemoResult): void {
  const others = [cast.modelLab, cast.gatewayOwner, cast.treasury]
  printLine(others.map(({ name, address }) => `${name} ${money(result.earned.get(address) ?? 0n)}`).join(pc.dim(' · ')))
}

function printInference(play: Play, { question, explanation }: DemoResult['explanations'][number]): void {
  const truth =
    question.label === undefined
      ? 'your digit'
      : question.label === question.answer
        ? 'right'
        : `wrong, it is a ${question.label}`
  printLine(
    `\n${pc.bold(`Read as ${question.answer}`)} (${truth}) for ${money(question.fee)} ${TOKEN.symbol}, and the digits that spoke most for ${question.label ?? question.answer}`,
  )
  const plain = !pc.isColorSupported
  const width = process.stdout.columns ?? 100
  const fit = Math.min(INFLUENTIAL_MAX, Math.max(1, digitsInARow(width, DIGIT_MARGIN) - 1))
  const influential = explanation.items.slice(0, fit).map((item) => {
    const digit = contributedDigit(play, item.batchId, item.index)
    return { image: digit.image, caption: `${digit.name}: "${digit.label}"` }
  })
  printLine(
    drawDigits([{ image: question.image, caption: 'asked' }, ...influential], { plain, width, margin: DIGIT_MARGIN }),
  )
  const names = new Map(play.cast.contributors.map(({ address, name }) => [address, name]))
  const paid = explanation.accounts.filter(({ apportioned }) => apportioned > 0n)
  const data = paid.map(({ account, apportioned }) => `${names.get(account) ?? account} ${money(apportioned)}`)
  const rest = explanation.parts
    .filter(({ kind }) => kind !== 'data')
    .map(({ kind, amount }) => `${kind} ${money(amount)}`)
  printLine(pc.dim(`Its fee, and what contributors were paid for it, apportioned: ${[...data, ...rest].join(', ')}`))
}

function printRetrained({ retrained }: DemoResult): void {
  if (retrained === null) return
  const { contributions, dropped, judgedBy, accuracy } = retrained
  printLine(
    `\n${pc.bold('What the data that hurts costs')}: digits read right, of ${judgedBy} that nobody contributed or asked about`,
  )
  const rows = [
    [`trained on all ${contributions} contributions`, accuracy.before],
    [`without the ${dropped} that hurt (tally insights)`, accuracy.withoutHurting],
    [`without ${dropped} drawn at random`, accuracy.withoutAsManyAtRandom],
  ] as const
  const width = Math.max(...rows.map(([text]) => text.length))
  for (const [text, share] of rows) printLine(`  ${text.padEnd(width)}  ${formatPercent(share)}`)
}

function printRoots(result: DemoResult): void {
  printLine(`\n${pc.bold('Roots')}`)
  for (const { epoch, tree, payout } of result.manifests) {
    printLine(`epoch ${epoch}  ledger ${tree.root} (${tree.size} leaves)`)
    printLine(`${' '.repeat(`epoch ${epoch}`.length)}  payout ${payout.root} (${payout.leaves} accounts)`)
  }
}

function printAudit({ audit }: DemoResult): void {
  printLine(`\n${pc.bold('Audit')}, with code that shares nothing with what wrote the ledger`)
  for (const { name, detail, epoch } of audit.checked)
    printLine(`${pc.green('✓')} ${epoch === null ? '' : `epoch ${epoch}, `}${name}: ${detail}`)
  if (audit.firstDifference !== undefined) {
    const { check, where, expected, found } = audit.firstDifference
    printLine(`${pc.red('✗')} ${check}, ${where}: expected ${expected}, found ${found}`)
  }
  for (const each of audit.trusted) printLine(pc.dim(`  taken on trust: ${each}`))
}

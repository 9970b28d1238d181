import type { Copy, ErasureStatus, ItemErasure } from '../jobs/erasure/copies.ts'
import { paint, printLine } from './output.ts'

/** Places of one kind that a person is shown; --json has all. */
const WHERE_MAX = 3

/** The items of an order together, with the places that are open. */
export function printErasures({ items, derived, unreadable, isDone }: ErasureStatus): void {
  if (items.length === 0) printLine('No erasure was ordered.')
  for (const group of groupsOf(items)) printGroup(group)
  for (const { what, where } of derived) printLine(`There until \`tally erase\`: ${what} ${where}`)
  for (const where of unreadable)
    printLine(paint.yellow(`The record ${where} names such a batch and cannot be read: nobody knows what it tells.`))
  if (items.length > 0)
    printLine(
      'Whoever got bundles, exported files or copies of the log before has to be told: docs/operations/erasure.md',
    )
  printLine(
    isDone
      ? 'Nothing is left here, and no deadline lies ahead.'
      : 'Something is left, or a deadline lies ahead or is not known.',
  )
}

/** Of one batch, ordered in one epoch; never empty. */
function groupsOf(items: readonly ItemErasure[]): ItemErasure[][] {
  const groups = new Map<string, ItemErasure[]>()
  for (const item of items) {
    const { batchSource, batchId, account, orderedIn, isRipe } = item
    const key = JSON.stringify([batchSource, batchId, account, orderedIn, isRipe])
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return [...groups.values()]
}

function printGroup(group: readonly ItemErasure[]): void {
  const { batchSource, batchId, account, orderedIn } = group[0]!
  const numbers = `${group.length === 1 ? 'item' : 'items'} ${ranges(group.map(({ index }) => index))}`
  const open = group.flatMap(({ copies }) => copies.filter(({ isOpen }) => isOpen))
  printLine(
    `${numbers} of ${batchSource}/${batchId} (${account}), ordered in epoch ${orderedIn}: ${stateText(group, open)}`,
  )
  for (const each of kindsOf(open)) printLine(`  ${copiesText(each)}`)
}

function stateText(group: readonly ItemErasure[], open: readonly Copy[]): string {
  if (!group[0]!.isRipe) return 'waits for its epoch to be published, and for those before it to be final'
  if (open.some(({ state }) => state === 'there'))
    return 'something is left; `tally erase` removes what closed epochs have'
  const erasedAt = group.map((item) => item.erasedAt ?? '').reduce((last, each) => (each > last ? each : last))
  return erasedAt === '' ? 'no features were there' : `erased ${erasedAt}`
}

/** Of one kind and state; never empty. */
function kindsOf(copies: readonly Copy[]): Copy[][] {
  const kinds = new Map<string, Copy[]>()
  for (const copy of copies) {
    const key = `${copy.what} ${copy.state}`
    kinds.set(key, [...(kinds.get(key) ?? []), copy])
  }
  return [...kinds.values()]
}

function copiesText(copies: readonly Copy[]): string {
  const { what, state } = copies[0]!
  const places = [...new Set(copies.map(({ where }) => where))]
  const more = places.length > WHERE_MAX ? `, and ${places.length - WHERE_MAX} more` : ''
  return `${what}: ${state === 'there' ? 'there' : untilText(copies)} (${places.slice(0, WHERE_MAX).join(', ')}${more})`
}

/** The last deadline of all. */
function untilText(copies: readonly Copy[]): string {
  const deadlines = copies.map(({ deadline }) => deadline)
  if (deadlines.includes(null)) return 'until nobody knows when'
  return `until ${deadlines.reduce((last, each) => (each! > last! ? each : last))}`
}

/** 0, 1, 2 and 5: `0-2, 5`. @param numbers ascending */
function ranges(numbers: readonly number[]): string {
  const runs: [from: number, to: number][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}

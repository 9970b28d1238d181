import { writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import { type Command, InvalidArgumentError } from 'commander'
import { LetterUnknownError } from '../../pipelines/dead-letters/errors.ts'
import { countLetters, type LetterFilter, type ListedLetter, listLetters } from '../../pipelines/dead-letters/list.ts'
import { waitingTopics } from '../../pipelines/dead-letters/publish.ts'
import { chooseLetters, MAY_CHANGE, type RedriveChoice, redriveLetters } from '../../pipelines/dead-letters/redrive.ts'
import { type ShownLetter, showLetter } from '../../pipelines/dead-letters/show.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toHex } from '../../schemas/ids.ts'
import { REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import {
  type GlobalFlags,
  runReadingVerb,
  runVerb,
  type VerbContext,
  wholeNumber,
  withGlobalFlags,
} from '../command.ts'
import { EXIT, paint, printLine } from '../output.ts'
import { bytesAsText, hexDump, quoted } from '../record-text.ts'

export class RedriveFlagsError extends TallyError {
  override readonly code = 'USAGE'
  constructor() {
    super('Say which letters: their numbers, or --reason REASON, or --all.', {
      hint: '`tally dlq list` shows them; --dry-run says what would be done.',
    })
  }
}

export class NoValueError extends TallyError {
  override readonly code = 'NO_VALUE'
  constructor(facts: { letter: string }) {
    super(`The record of letter ${facts.letter} has no value (null), so there is nothing to write.`, {
      facts,
      hint: 'Its key and headers are in `tally dlq show --json`.',
    })
  }
}

interface ListFlags extends GlobalFlags {
  readonly topic?: string
  readonly reason?: RejectionReason
  readonly limit: number
}

interface RedriveFlags extends GlobalFlags {
  readonly reason?: RejectionReason
  readonly all?: boolean
  readonly dryRun?: boolean
}

/** `dlq list`, `dlq show`, `dlq redrive`. */
export function addDlq(program: Command): void {
  const dlq = program.command('dlq').description('dead letters, the records that were rejected: list, show, redrive')
  withGlobalFlags(dlq.command('list').description('dead letters, the newest first'))
    .option('--topic <name>', 'only of this topic')
    .option('--reason <reason>', 'only with this reason', rejectionReason)
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .addHelpText('after', '\nExample:\n  $ tally dlq list --reason SOURCE_UNKNOWN')
    .action((flags: ListFlags) => runReadingVerb('dlq list', flags, (context) => list(context, flags)))
  withGlobalFlags(dlq.command('show <letter>').description('a dead letter: why, and the bytes of its record'))
    .option('--raw <file>', 'write the value there, byte for byte')
    .addHelpText('after', '\nExample:\n  $ tally dlq show 17 --raw value.bin')
    .action((letter: string, flags: GlobalFlags & { raw?: string }) =>
      runReadingVerb('dlq show', flags, (context) => show(context, letterNumber(letter), flags.raw)),
    )
  withGlobalFlags(
    dlq
      .command('redrive [letters...]')
      .description('append records to their topics once more, untouched, so that they are decided anew'),
  )
    .option('--reason <reason>', 'all with this reason that were not redriven yet', rejectionReason)
    .option('--all', `all that were not redriven yet and may be decided otherwise (${[...MAY_CHANGE].join(', ')})`)
    .option('--dry-run', 'only say which')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally dlq redrive --reason SOURCE_UNKNOWN --dry-run\n\nThe partition is chosen by the key, as for any producer. Broken off and run again, a record may be appended twice; only one is accepted.',
    )
    .action((letters: string[], flags: RedriveFlags) =>
      runVerb('dlq redrive', flags, (context) => redrive(context, letters, flags)),
    )
}

/** Reads the value of a flag. @throws InvalidArgumentError, which names the flag and ends with exit code 2 */
function rejectionReason(text: string): RejectionReason {
  if (Object.hasOwn(REJECTION_REASONS, text)) return text as RejectionReason
  throw new InvalidArgumentError(`It must be one of ${Object.keys(REJECTION_REASONS).join(', ')}.`)
}

/** @throws LetterUnknownError for what is no number of a letter */
function letterNumber(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new LetterUnknownError({ letter: quoted(text.slice(0, 80)) })
  return BigInt(text)
}

async function list({ session, answer }: VerbContext, flags: ListFlags): Promise<undefined> {
  const { warehouse } = await session.ledger()
  const filter: LetterFilter = { topic: flags.topic, reason: flags.reason, limit: flags.limit }
  const letters = await listLetters(warehouse, filter)
  const counts = await countLetters(warehouse)
  const waiting = (await waitingTopics(warehouse)).reduce((sum, topic) => sum + topic.waiting, 0)
  answer({ letters, counts, waiting }, () => {
    if (letters.length > 0) printLetters(letters)
    const all = counts.reduce((sum, each) => sum + each.letters, 0)
    printLine(`${letters.length} of ${all} dead letters; ${waiting} wait to be published.`)
    for (const { reason, letters: count } of counts) printLine(`  ${reason}: ${count}`)
  })
}

function printLetters(letters: readonly ListedLetter[]): void {
  const table = new Table({ head: ['letter', 'record', 'stage', 'reason', 'state'], style: { head: [], border: [] } })
  for (const each of letters) {
    const stage = each.epoch === null ? each.stage : `${each.stage} of epoch ${each.epoch}`
    const record = `${each.topic}/${each.partition}@${each.offset}`
    table.push([each.letter, record, stage, each.reason, stateOf(each)])
  }
  printLine(table.toString())
}

function stateOf({ state, topic, published, redrive }: ListedLetter): string {
  if (redrive !== null) {
    if (redrive.to === null) return 'redrive begun, not acknowledged'
    const outcome = redrive.outcome === null ? 'not decided yet' : redrive.outcome
    const epoch = redrive.epoch === null ? '' : ` in epoch ${redrive.epoch}`
    return `redriven to ${topic}/${redrive.to.partition}@${redrive.to.offset}: ${outcome}${epoch}`
  }
  return published?.omitted === true ? 'published (notice only: too large)' : state
}

async function show({ session, answer, json, path }: VerbContext, number: bigint, raw?: string): Promise<undefined> {
  const { warehouse, ledgerId } = await session.ledger()
  const letter = await showLetter(warehouse, ledgerId, number)
  if (raw !== undefined) {
    if (letter.record.value === null) throw new NoValueError({ letter: letter.letter })
    writeFileSync(path(raw), letter.record.value)
  }
  const written = raw === undefined ? {} : { written: raw }
  answer(json ? { ...asDocument(letter), ...written } : null, () => {
    printLetter(letter)
    if (raw !== undefined) printLine(`\nThe value's ${letter.valueBytes} bytes were written to ${quoted(raw)}.`)
  })
}

/** Bytes as 0x-hex: nothing of a stranger reaches the terminal as it is. */
function asDocument({ record, ...letter }: ShownLetter) {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : toHex(bytes))
  const headers = record.headers.map(([name, value]) => ({ name, value: hex(value) }))
  return { ...letter, record: { key: hex(record.key), headers, value: hex(record.value) } }
}

function printLetter(letter: ShownLetter): void {
  const { record, decoded } = letter
  printLine(paint.bold(`Dead letter ${letter.letter}: ${letter.reason}`))
  const stage = letter.epoch === null ? 'at ingest' : `at the close of epoch ${letter.epoch}`
  printLine(`Record     ${letter.topic}/${letter.partition}@${letter.offset}, appended ${letter.appendTime}`)
  printLine(`Rejected   ${stage}${letter.detail === null ? '' : `: ${quoted(letter.detail)}`}`)
  printLine(`State      ${stateOf(letter)}${letter.published === null ? '' : ` (${letter.published.time})`}`)
  printLine(`Id         ${letter.id}`)
  printLine(`Key        ${bytesAsText(record.key)}`)
  printLine(`Headers    ${record.headers.length === 0 ? 'none' : ''}`)
  for (const [name, value] of record.headers) printLine(`  ${quoted(name)}: ${bytesAsText(value)}`)
  if (decoded.fault !== null) printLine(`Value      not readable: ${quoted(decoded.fault)}`)
  else printLine(`Value      ${decoded.type} (schema ${decoded.schemaId})\n${escapedJson(decoded.body)}`)
  for (const line of hexDump(record.value ?? new Uint8Array())) printLine(`  ${line}`)
}

/** JSON of which every string is safe to print. */
function escapedJson(value: unknown): string {
  const unsafe = /[^\p{L}\p{M}\p{N}\p{P}\p{S} \n]/gu
  return JSON.stringify(value, null, 2).replace(unsafe, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`)
}

async function redrive(context: VerbContext, numbers: readonly string[], flags: RedriveFlags): Promise<number> {
  const { session, answer, progress } = context
  const choice = choiceOf(numbers, flags)
  const { warehouse } = await session.ledger()
  const letters = await chooseLetters(warehouse, choice)
  if (flags.dryRun === true) {
    answer({ dryRun: true, letters }, () =>
      printLine(`${letters.length} records would be appended again: ${letters.join(', ') || 'none'}.`),
    )
    return EXIT.ok
  }
  const places = await redriveLetters({
    warehouse,
    sink: (await session.log()).sink,
    clock: session.clock,
    letters,
    onProgress: (redriven) => progress.show(`${redriven} of ${letters.length} records`),
  })
  const redriven = letters.map((letter, i) => ({ letter, ...places[i]! }))
  answer({ redriven }, () => {
    for (const each of redriven) printLine(`${each.letter} → ${each.topic}/${each.partition}@${each.offset}`)
    printLine(`${redriven.length} records were appended again; they are decided when their epoch is closed.`)
  })
  return EXIT.ok
}

function choiceOf(numbers: readonly string[], flags: RedriveFlags): RedriveChoice {
  const given = [numbers.length > 0, flags.reason !== undefined, flags.all === true].filter(Boolean).length
  if (given !== 1) throw new RedriveFlagsError()
  if (numbers.length > 0) return { letters: numbers.map(letterNumber) }
  return flags.reason === undefined ? { all: true } : { reason: flags.reason }
}

import pc from 'picocolors'
import { TallyError } from '../schemas/errors.ts'
import { currentInvocation } from './invocation.ts'

/** What the process ends with; `tally --help` lists them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, chainNotChecked: 3, later: 4, error: 5, alarm: 11 } as const

/** Of a check that may have gone without asking the chain. */
export function exitOfCheck(result: { readonly ok: boolean; readonly chain: string }): number {
  if (!result.ok) return EXIT.failed
  return result.chain === 'checked' ? EXIT.ok : EXIT.chainNotChecked
}

/** Errors of whoever called, which only they can mend. */
const USAGE_CODES: ReadonlySet<string> = new Set(['CONFIG', 'INVALID_ID', 'SETTINGS_DIFFER', 'USAGE'])

/** What was final changed, or two nodes disagree on it: somebody has to look before anything goes on. */
const ALARM_CODES: ReadonlySet<string> = new Set([
  'FINALITY_BROKEN',
  'CHAIN_HALTED',
  'RPC_DISAGREEMENT',
  'RECORDED_BLOCK_GONE',
])

const COLOURS = { true: pc.createColors(true), false: pc.createColors(false) } as const
const colours = () => COLOURS[`${currentInvocation().output.hasColours}`]

/** Colours of the terminal that the text goes to, which another process may have. */
export const paint = {
  bold: (text: string) => colours().bold(text),
  cyan: (text: string) => colours().cyan(text),
  dim: (text: string) => colours().dim(text),
  green: (text: string) => colours().green(text),
  red: (text: string) => colours().red(text),
  yellow: (text: string) => colours().yellow(text),
} as const

/** Progress goes to stderr and only to a person: in a pipe or with --json nothing is written. */
export class Progress {
  readonly #output = currentInvocation().output
  readonly #columns: number | undefined
  #shown = false

  constructor(options: { readonly quiet: boolean }) {
    this.#columns = options.quiet ? undefined : this.#output.columns
  }

  show(text: string): void {
    if (this.#columns === undefined) return
    this.#output.stderr(`\r\x1b[2K${paint.dim(text.slice(0, this.#columns - 1))}`)
    this.#shown = true
  }

  clear(): void {
    if (this.#shown) this.#output.stderr('\r\x1b[2K')
    this.#shown = false
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one.
const COLOUR = /\x1b\[[0-9;]*m/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const COLOUR_OR_CONTROL = /\x1b\[[0-9;]*m|[\x00-\x09\x0b-\x1f\x7f-\x9f]/g

/** Colours stay; what moves a cursor or rewrites lines above, in a name or a bundle of a stranger, becomes a mark. */
function printable(text: string): string {
  return text.replace(COLOUR_OR_CONTROL, (found) => (found.length > 1 ? found : '\ufffd'))
}

/** A line for a file: without colours, and without what moves a cursor. */
export function plainText(text: string): string {
  return printable(text.replace(COLOUR, ''))
}

export function printLine(text = ''): void {
  currentInvocation().output.stdout(`${printable(text)}\n`)
}

/** A remark for people, beside the answer. */
export function printRemark(text: string): void {
  currentInvocation().output.stderr(`${paint.dim(printable(text))}\n`)
}

/** Something that stops nothing, told to a person on stderr. */
export function printWarning(message: string, hint: string | null): void {
  currentInvocation().output.stderr(`${paint.yellow('warning')} ${printable(message)}\n`)
  if (hint !== null) printRemark(hint)
}

/** Something that somebody has to look at, on stderr whatever is printed on stdout. */
export function printAlarm(severity: string, message: string, command: string | null): void {
  currentInvocation().output.stderr(`${paint.red(`ALARM ${severity}`)} ${printable(message)}\n`)
  if (command !== null) printRemark(`a guardian would run, after looking: ${command}`)
}

/** Everything that is no visible text: controls, marks that turn text around, halves of characters. Line ends stay. */
const INVISIBLE = /[^\P{C}\n]/gu

/** One document; bigints as decimal text. What a terminal would obey is escaped, so that the document stays the same. */
export function printJson(value: unknown): void {
  printJsonText(value, 2)
}

/** {@link printJson} on one line, for a verb that prints a document each time something happens. */
export function printJsonLine(value: unknown): void {
  printJsonText(value, 0)
}

function printJsonText(value: unknown, indent: number): void {
  printLine(jsonText(value, indent))
}

/** What {@link printJson} prints. */
export function jsonText(value: unknown, indent = 2): string {
  const plain = (_: string, field: unknown) => (typeof field === 'bigint' ? field.toString() : field)
  const json = JSON.stringify(value, plain, indent)
  return json.replace(INVISIBLE, (found) => found.split('').map(escapedUnit).join(''))
}

/** Prints a document as it is: whoever wrote it has left nothing in it that a terminal would obey. */
export function printDocument(text: string): void {
  currentInvocation().output.stdout(text)
}

function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Tells an error to a person, or as JSON, and says with what the process should end. */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof TallyError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  if (json) {
    printJson({
      error: { code: known?.code ?? 'UNEXPECTED', message, facts: known?.facts ?? {}, hint: known?.hint ?? null },
    })
  } else {
    currentInvocation().output.stderr(`${paint.red('error')} ${printable(message)}\n`)
    if (known?.hint !== undefined) printRemark(known.hint)
    if (known === undefined && error instanceof Error) printRemark(error.stack ?? '')
  }
  if (known === undefined) return EXIT.error
  if (USAGE_CODES.has(known.code)) return EXIT.usage
  if (ALARM_CODES.has(known.code)) return EXIT.alarm
  return known.retriable ? EXIT.later : EXIT.error
}

const GROUP = /\B(?=(\d{3})+(?!\d))/g

/** Atoms as a decimal number of the token: exact, thousands grouped, trailing zeros kept to `shown` places. */
export function formatAmount(atoms: bigint, decimals: number): string {
  const sign = atoms < 0n ? '-' : ''
  const digits = (atoms < 0n ? -atoms : atoms).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals).replace(GROUP, ',')
  const fraction = decimals === 0 ? '' : `.${digits.slice(-decimals)}`
  return `${sign}${whole}${fraction}`
}

export function formatPercent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`
}

/** Millionths as a percentage, to the last one. */
export function formatParts(parts: number): string {
  return `${parts / 10_000} %`
}

/** What became of one fault at one act. */
export interface MatrixRow {
  readonly fault: string
  readonly act: string
  readonly outcome: string
  readonly effects: number
}

/** Prints fault × act × outcome where CI shows it, also when jest is silent. */
export function printMatrix(rows: readonly MatrixRow[]): void {
  const cells = [
    ['fault', 'act', 'effects', 'outcome'],
    ...rows.map((each) => [each.fault, each.act, String(each.effects), each.outcome]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  process.stderr.write(`\nSending: fault × act → outcome\n${lines.join('\n')}\n\n`)
}

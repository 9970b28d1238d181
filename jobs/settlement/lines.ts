import { canonicalJson } from '../../anchor/canonical-json.ts'

export type LineKind =
  | 'data'
  | 'retrieval'
  | 'text'
  | 'model'
  | 'royalty'
  | 'agent'
  | 'outcome'
  | 'infrastructure'
  | 'treasury'
  | 'sale'
  | 'licence'
  | 'released'
  | 'award'
  | 'bond'
  | 'refund'
  | 'adjustment'

export interface LineKey {
  readonly account: string
  readonly token: string
  readonly kind: LineKind
  readonly asset: string
}

export interface Line extends LineKey {
  readonly amount: bigint
}

/** The settlement lines of an epoch while they are summed up: one for each (account, token, kind, asset). */
export class Lines {
  readonly #lines = new Map<string, Line>()

  add(key: LineKey, amount: bigint): void {
    if (amount === 0n) return
    const name = [key.account, key.token, key.kind, key.asset].join('\n')
    const before = this.#lines.get(name)?.amount ?? 0n
    this.#lines.set(name, { ...key, amount: before + amount })
  }

  /** Ascending by (account, token, kind, asset), by the bytes of their text. */
  sorted(): Line[] {
    const fields = (line: Line) => [line.account, line.token, line.kind, line.asset]
    return [...this.#lines.values()].sort((a, b) => {
      const [left, right] = [fields(a), fields(b)]
      for (const [index, text] of left.entries()) {
        const order = Buffer.compare(Buffer.from(text), Buffer.from(right[index]!))
        if (order !== 0) return order
      }
      return 0
    })
  }
}

/** The row of a line in the lines table; its canonical JSON is what the account's line tree holds. */
export function lineRow(line: Line, epoch: number) {
  return {
    account: line.account,
    amount: line.amount.toString(),
    asset: line.asset,
    epoch,
    kind: line.kind,
    token: line.token,
  }
}

export function lineBytes(line: Line, epoch: number): Uint8Array {
  return canonicalJson(lineRow(line, epoch))
}

export function addTo(sums: Map<string, bigint>, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}

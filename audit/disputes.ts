/** A settlement line, as a dispute names it. */
interface NamedLine {
  readonly lineEpoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
}

export function lineKey({ lineEpoch, account, token, kind, asset }: NamedLine): string {
  return JSON.stringify([lineEpoch, account, token, kind, asset])
}

/** docs/formats.md#disputes, as far as decisions ask: which names are used, and who disputes which line by now. */
export class KnownDisputes {
  readonly #names = new Set<string>()
  readonly #open = new Map<string, { readonly opener: string; readonly line: string; readonly until: number }>()
  /** Opener and line → its open dispute. */
  readonly #of = new Map<string, string>()

  isKnown(name: string): boolean {
    return this.#names.has(name)
  }

  /** In the epoch that is decided now. */
  isOpen(name: string, epoch: number): boolean {
    return (this.#open.get(name)?.until ?? 0) >= epoch
  }

  isDisputedBy(opener: string, line: string, epoch: number): boolean {
    const name = this.#of.get(opener + line)
    return name !== undefined && this.isOpen(name, epoch)
  }

  open(name: string, opener: string, line: string, until: number): void {
    this.#names.add(name)
    this.#open.set(name, { opener, line, until })
    this.#of.set(opener + line, name)
  }

  /** Decided, or of no effect, or over. */
  close(name: string): void {
    const found = this.#open.get(name)
    if (found === undefined) return
    this.#open.delete(name)
    if (this.#of.get(found.opener + found.line) === name) this.#of.delete(found.opener + found.line)
  }
}

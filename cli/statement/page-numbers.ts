import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { group } from '../../web/src/counting.ts'
import { type Html, html } from '../../web/src/markup.ts'

/** Letters for tokens: an address is too long to stand beside each amount. */
export class Tokens {
  readonly all: readonly string[]

  constructor(statement: WholeStatement) {
    const { totals, uses, held, split, claimable, epochs } = statement
    const named = [...totals, ...uses, ...held, ...split, ...claimable].map(({ token }) => token)
    this.all = [...new Set([...named, ...epochs.flatMap(({ payouts }) => payouts.map(({ token }) => token))])].sort()
  }

  /** A, B, … Z, then 27, 28, … */
  letter(token: string): string {
    const at = this.all.indexOf(token)
    return at < LETTERS.length ? LETTERS[at]! : String(at + 1)
  }

  /** `token A`. */
  name(token: string): Html {
    return html`<abbr title="${token}">token ${this.letter(token)}</abbr>`
  }

  /** Of a token that earned nothing, its address. */
  nameOrAddress(token: string): Html {
    return this.all.includes(token) ? this.name(token) : html`<code>${token}</code>`
  }
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/** An amount, which leads to its proof. Its exact digits are its text and its value. */
export function provenAmount(amount: bigint | number, proof: string): Html {
  return html`<a class="money" href="#${proof}"><data value="${String(amount)}">${group(String(amount))}</data></a>`
}

/** A number that is computed from records: whoever has the bundles computes it again. */
export function fromRecords(number: bigint | number): Html {
  return provenAmount(number, 'proof-records')
}

/** Where the proof of an epoch, of what became of a token in it, and of a line stands. */
export const epochProofId = (epoch: number): string => `proof-${epoch}`
export const payoutProofId = (epoch: number, letter: string): string => `proof-${epoch}-${letter}`
export const lineProofId = (epoch: number, letter: string, index: number): string => `proof-${epoch}-${letter}-${index}`

import type { LineDelta } from './adjustments.ts'
import type { AnnouncedAdjustment } from './bundle.ts'
import { CorrectedUses } from './corrected-uses.ts'
import type { DecidedEpoch } from './decide.ts'
import type { Funding } from './funding.ts'
import type { History } from './history.ts'
import { firstOf } from './order.ts'
import type { HeldUse } from './outside.ts'
import { type Reserve, takeAgain } from './reserves.ts'
import { type Books, compareLines, copyBooks, settleFunded } from './settlement.ts'
import { addTo } from './sums.ts'

/** Kinds of lines that a rerun makes. */
const RERUN_KINDS = [
  ...['data', 'retrieval', 'text', 'model', 'royalty', 'agent', 'outcome', 'infrastructure', 'treasury', 'refund'],
]

type Line = Omit<LineDelta, 'delta'> & { readonly amount: bigint }
/** Amounts by line, without the epoch. */
type Amounts = Map<string, bigint>

export interface EpochDelta extends LineDelta {
  readonly epoch: number
}

/** What a rerun leaves as it was. */
export interface Stands {
  readonly funding: Funding
  readonly outside: readonly HeldUse[]
  readonly taken: readonly Reserve[]
}

interface Running {
  readonly announced: AnnouncedAdjustment
  readonly books: Books
  readonly corrected: CorrectedUses
  /** By epoch. */
  readonly lines: Map<number, Amounts>
  /** Features that took part in one of its epochs were erased since. */
  isBlind: boolean
}

/**
 * Epochs settled again for adjustments that come later, beside the ledger's own books and at the same time, since what they ask of
 * history is there only then. Which they are is known from the manifests, and held to the records when these come.
 */
export class Reruns {
  readonly #announced: readonly AnnouncedAdjustment[]
  readonly #running: Running[] = []
  /** By epoch, of those that an adjustment covers: the lines that stand by now. */
  readonly #standing = new Map<number, Amounts>()

  constructor(announced: readonly AnnouncedAdjustment[]) {
    this.#announced = announced
  }

  /** Copies the books for reruns that begin with an epoch. @param books as the epoch before left them */
  begin(epoch: number, books: Books): void {
    for (const announced of this.#announced)
      if (announced.fromEpoch === epoch)
        this.#running.push({
          announced,
          books: copyBooks(books),
          corrected: new CorrectedUses(announced.correctedUses),
          lines: new Map(),
          isBlind: false,
        })
  }

  /**
   * Settles an epoch again for all reruns that cover it: the same fees are funded, the same are held, and what adjustments took of
   * reserves is gone again.
   */
  settle(epoch: number, { funding, outside, taken }: Stands, decided: DecidedEpoch, history: History): void {
    for (const running of this.#running) {
      const { announced, books, corrected, lines } = running
      const { fromEpoch, toEpoch, method } = announced
      if (epoch < fromEpoch || epoch > toEpoch) continue
      books.outside.splice(0, books.outside.length, ...outside)
      const left = corrected.apply(epoch, funding, history)
      const settled = settleFunded(books, epoch, left.funding, decided, history, method === '' ? {} : { method })
      takeAgain(books.reserves, taken)
      // Whose features or texts were erased, those cannot be scored again: what the adjustment found is then taken on trust.
      const misses = settled.periods.some(({ manifest }) => history.contributions.get(manifest.featureMap)?.misses)
      if (misses || settled.missesTexts) running.isBlind = true
      lines.set(epoch, amountsOf([...settled.lines, ...left.refunds]))
    }
  }

  /** Remembers what an epoch paid, as long as an adjustment may change it. */
  keep(epoch: number, lines: readonly Line[]): void {
    const isCovered = this.#announced.some(({ fromEpoch, toEpoch }) => fromEpoch <= epoch && epoch <= toEpoch)
    if (isCovered) this.#standing.set(epoch, amountsOf(lines))
  }

  /**
   * What the rerun of an adjustment has above the lines that stand, ascending; undefined when its epochs were not all settled again
   * here.
   *
   * @throws DifferenceFound when what was corrected is not what was said of it
   */
  deltasOf(adjustment: string, history: History): EpochDelta[] | undefined {
    const running = this.#running.find(({ announced }) => announced.adjustment === adjustment)
    if (running === undefined || running.isBlind) return undefined
    running.corrected.check(history)
    const { fromEpoch, toEpoch } = running.announced
    const deltas: EpochDelta[] = []
    for (let epoch = fromEpoch; epoch <= toEpoch; epoch++) {
      const [wanted, standing] = [running.lines.get(epoch), this.#standing.get(epoch)]
      if (wanted === undefined || standing === undefined) return undefined
      const found: Amounts = new Map(wanted)
      for (const [key, amount] of standing) addTo(found, key, -amount)
      for (const [key, delta] of found) {
        const [account, token, kind, asset] = JSON.parse(key) as [string, string, string, string]
        if (delta !== 0n) deltas.push({ epoch, account, token, kind, asset, delta })
      }
    }
    return deltas.sort((a, b) => firstOf(a.epoch - b.epoch, compareLines(a, b)))
  }

  /** Whether what an adjustment found cannot be known any more. */
  isBlind(adjustment: string): boolean {
    return this.#running.some(({ announced, isBlind }) => announced.adjustment === adjustment && isBlind)
  }

  /** From now on the lines of the adjustment stand; its books are let go. @param deltas recomputed, or as published */
  end(adjustment: string, deltas: readonly EpochDelta[]): void {
    for (const { epoch, delta, ...line } of deltas) {
      const standing = this.#standing.get(epoch)
      if (standing !== undefined) addTo(standing, keyOf(line), delta)
    }
    const index = this.#running.findIndex(({ announced }) => announced.adjustment === adjustment)
    if (index !== -1) this.#running.splice(index, 1)
  }
}

function amountsOf(lines: readonly Line[]): Amounts {
  const amounts: Amounts = new Map()
  for (const line of lines) if (RERUN_KINDS.includes(line.kind)) addTo(amounts, keyOf(line), line.amount)
  return amounts
}

function keyOf({ account, token, kind, asset }: Omit<Line, 'amount'>): string {
  return JSON.stringify([account, token, kind, asset])
}

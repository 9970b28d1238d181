import type { DigitSample } from '../../../examples/digits/accounts.ts'
import { SOURCES } from '../../../examples/digits/demo/names.ts'
import type { RetrievedItem } from '../../../schemas/events.ts'
import type { Year } from './year.ts'

/** Memories that one postcode may cite. */
const RECALLED_MAX = 4
const SCORE_WHOLE = 1_000_000
/** So much alike a digit is taken for the one that is remembered. */
const SAME_DIGIT = 980_000

/** A digit that the agent once got wrong, and what it was. */
interface Memory extends Pick<RetrievedItem, 'batchSource' | 'batchId' | 'index'> {
  readonly sample: DigitSample
}

/** What the agent remembers of months before. */
export function memoriesOf({ play, others }: Year): Memory[] {
  const own = play.batches.filter(({ contributor }) => contributor.address === others.clerk.address)
  return own.flatMap(({ id, contributor }) =>
    contributor.digits.contributions.map((sample, index) => {
      return { batchSource: SOURCES.portal, batchId: id, index, sample }
    }),
  )
}

/** The digits that it remembers of those that look like these, the most alike first, and what it makes of each. */
export function recall(
  memories: readonly Memory[],
  digits: readonly DigitSample[],
): { readonly retrieved: RetrievedItem[]; readonly labels: readonly (number | undefined)[] } {
  const best = digits.map(({ image }) => {
    const seen = memories.map((memory) => ({ memory, score: alike(image, memory.sample.image) }))
    return seen.sort((a, b) => b.score - a.score)[0]
  })
  const cited = new Map<string, RetrievedItem>()
  for (const found of best) {
    if (found === undefined) continue
    const { sample: _, ...item } = found.memory
    const key = `${item.batchId}/${item.index}`
    if ((cited.get(key)?.score ?? -1) < found.score) cited.set(key, { ...item, score: found.score })
  }
  return {
    retrieved: [...cited.values()].sort((a, b) => b.score - a.score).slice(0, RECALLED_MAX),
    labels: best.map((found) =>
      found !== undefined && found.score >= SAME_DIGIT ? found.memory.sample.label : undefined,
    ),
  }
}

/** Cosine of two images, millionths. */
function alike(a: Uint8Array, b: Uint8Array): number {
  let [dot, aa, bb] = [0, 0, 0]
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0
    dot += value * other
    aa += value * value
    bb += other * other
  }
  return aa === 0 || bb === 0 ? 0 : Math.floor((SCORE_WHOLE * dot) / Math.sqrt(aa * bb))
}

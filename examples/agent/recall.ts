import type { RetrievedItem } from '../../schemas/events.ts'

/** Memories that one answer may cite. */
const RECALLED_MAX = 4
const SCORE_WHOLE = 1_000_000

/** Something that was learned: one contribution of the memory. */
export interface Memory {
  readonly task: string
  readonly question: string
  readonly answer: string
}

export interface Recalled extends Memory {
  /** Words that both questions have, of all that one of them has, in millionths. */
  readonly score: number
}

/** What is remembered of questions like this one, the most alike first; nothing that shares no word with it. */
export function recall(question: string, memories: readonly Memory[]): Recalled[] {
  const asked = wordsOf(question)
  return memories
    .map((memory) => ({ ...memory, score: alike(asked, wordsOf(memory.question)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.task < b.task ? -1 : 1))
    .slice(0, RECALLED_MAX)
}

/** As a use names what was retrieved for it. */
export function retrievedOf(recalled: readonly Recalled[], source: string): RetrievedItem[] {
  return recalled.map(({ task, score }) => ({ batchSource: source, batchId: batchOf(task), index: 0, score }))
}

/** Id of the batch that holds what was learned of a task. */
export function batchOf(task: string): string {
  return `${task}/learned`
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
}

/** Jaccard's index. */
function alike(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length
  return Math.floor((shared * SCORE_WHOLE) / (a.size + b.size - shared || 1))
}

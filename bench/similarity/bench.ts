import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Seed, Xoshiro128 } from '../../extractors/random.ts'
import type { Similarity } from '../../jobs/attribution/similarity/similarity.ts'
import type { Workload } from './workload.ts'
import { pictureWorkload, rowWorkload, shuffledDigits, textWorkload } from './workloads.ts'

const COPIES = 1_000
/** Items of which the time is taken, the last before a size is reached. */
const TIMED = 1_000
const MEGABYTE = 2 ** 20
const MEDIA = ['images', 'dense', 'texts'] as const

/** What one measure comes to when so many items have been added. */
export interface SimilarityFigures {
  readonly measure: string
  readonly contents: string
  readonly items: number
  readonly representatives: number
  /** Items that were taken for a copy of one with another origin, a fraction of all. */
  readonly falsePositives: number
  /** The same of their own origin: made from the same digit by the generator, so not known to be false. */
  readonly sameOrigin: number
  /** Median and 99th percentile of finding, and keeping, one of the last items, milliseconds. */
  readonly add_ms: number
  readonly add_ms_p99: number
  readonly memory_mib: number
  readonly bytesEach: number
  /** Of copies of what is there, the fraction found. */
  readonly caught: Readonly<Record<string, number>>
  /** Of strongly changed copies that are within the threshold by direct comparison, the fraction found by the index. */
  readonly recall: { readonly change: string; readonly pairs: number; readonly found: number }
}

export interface SimilarityBenchOptions {
  /** Ascending. */
  readonly sizes: readonly number[]
  readonly media: readonly string[]
  readonly seed: Seed
  readonly onProgress: (text: string) => void
}

export async function benchSimilarity(options: SimilarityBenchOptions): Promise<SimilarityFigures[]> {
  const { media, seed } = options
  const digits = await shuffledDigits(seed)
  return [
    ...(media.includes('images') ? sweep(pictureWorkload(seed, digits), options) : []),
    ...(media.includes('dense') ? sweep(rowWorkload(seed, digits), options) : []),
    ...(media.includes('texts') ? sweep(textWorkload(seed), options) : []),
  ]
}

export function isMedia(names: readonly string[]): boolean {
  return names.every((name) => (MEDIA as readonly string[]).includes(name))
}

function sweep<Content>(workload: Workload<Content>, options: SimilarityBenchOptions): SimilarityFigures[] {
  const similarity = workload.open()
  const before = memory()
  const kept: number[] = []
  let times: number[] = []
  const matched = { otherOrigin: 0, sameOrigin: 0 }
  const figures: SimilarityFigures[] = []
  let item = 0
  for (const items of options.sizes) {
    for (; item < items; item++) {
      const content = workload.at(item)
      const started = performance.now()
      const match = similarity.find(content)
      if (match === undefined) similarity.keep(item)
      if (item >= items - TIMED) times.push(performance.now() - started)
      if (match === undefined) kept.push(item)
      else if (workload.originOf(match.representative) === workload.originOf(item)) matched.sameOrigin++
      else matched.otherOrigin++
      if (item % 20_000 === 19_999) options.onProgress(`${workload.name}: ${item + 1} items, ${kept.length} kept`)
    }
    const memory_bytes = memory() - before
    times.sort((a, b) => a - b)
    figures.push({
      measure: similarity.measure,
      contents: workload.contents,
      items,
      representatives: kept.length,
      falsePositives: matched.otherOrigin / items,
      sameOrigin: matched.sameOrigin / items,
      add_ms: times[times.length >> 1]!,
      add_ms_p99: times[Math.floor(times.length * 0.99)]!,
      memory_mib: memory_bytes / MEGABYTE,
      bytesEach: memory_bytes / kept.length,
      ...catches(workload, similarity, kept, options.seed),
    })
    times = []
  }
  return figures
}

function catches<Content>(
  workload: Workload<Content>,
  similarity: Similarity<Content>,
  kept: readonly number[],
  seed: Seed,
): Pick<SimilarityFigures, 'caught' | 'recall'> {
  const random = Xoshiro128.fromSeed(seed).fork(`copies of ${kept.length}`)
  const originals = Array.from({ length: COPIES }, () => workload.at(kept[random.nextInt(kept.length)]!))
  const found = (contents: readonly Content[]) => contents.filter((each) => similarity.find(each) !== undefined).length
  const caught = workload.changes.map(({ name, apply }) => [
    name,
    found(originals.map((original) => apply(original, random))) / COPIES,
  ])
  const { name: change, apply } = workload.hardest
  const near = originals.flatMap((original) => {
    const changed = apply(original, random)
    return workload.areNear(original, changed) ? [changed] : []
  })
  return {
    caught: Object.fromEntries(caught),
    recall: { change, pairs: near.length, found: near.length === 0 ? 1 : found(near) / near.length },
  }
}

/** What typed arrays take, which is all that grows; without those that nobody holds any more. */
function memory(): number {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  // Twice: buffers that the first finds free are given back by the second.
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}

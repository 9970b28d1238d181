import { benchSimilarity, isMedia, type SimilarityFigures } from './bench.ts'

const SIZES = '10000,100000,1000000'
const MEDIA = 'images,dense,texts'

export interface SimilarityFlags {
  readonly items?: string | undefined
  readonly media?: string | undefined
  readonly seed?: string | undefined
  readonly json: boolean
}

/** @returns false when a flag makes no sense; nothing was run */
export async function runSimilarityBench(flags: SimilarityFlags): Promise<boolean> {
  const sizes = (flags.items ?? SIZES).split(',').map(Number)
  const media = (flags.media ?? MEDIA).split(',')
  const isAscending = sizes.every((size, at) => Number.isInteger(size) && size > (sizes[at - 1] ?? 0))
  if (!isAscending || !isMedia(media)) return false
  const seed = flags.seed ?? '1'
  console.error(`seed ${seed} (repeat with --seed ${seed})`)
  const figures = await benchSimilarity({ sizes, media, seed, onProgress: (text) => console.error(text) })
  if (flags.json) console.log(JSON.stringify({ seed, figures }, null, 2))
  else for (const each of figures) print(each)
  return true
}

function print(figures: SimilarityFigures): void {
  const { measure, contents, items, representatives, recall } = figures
  console.log(`\n${measure}, ${items} items (${contents}): ${representatives} representatives`)
  console.log(`  taken for a copy of another      ${percent(figures.falsePositives)} of contributions`)
  console.log(`  taken for one of the same origin ${percent(figures.sameOrigin)}`)
  console.log(
    `  adding one                       ${figures.add_ms.toFixed(3)} ms, p99 ${figures.add_ms_p99.toFixed(3)}`,
  )
  console.log(
    `  memory                           ${figures.memory_mib.toFixed(0)} MiB, ${figures.bytesEach.toFixed(0)} bytes each`,
  )
  for (const [name, share] of Object.entries(figures.caught))
    console.log(`  caught: ${name.padEnd(36)} ${percent(share)}`)
  console.log(
    `  of ${recall.pairs} pairs within the threshold (${recall.change}) the index found ${percent(recall.found)}`,
  )
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)} %`
}

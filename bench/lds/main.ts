import { availableParallelism } from 'node:os'
import { benchLds, FULL, QUICK } from './lds.ts'
import { printLds } from './report.ts'
import { defaultCache } from './trainings.ts'

/** More than these gain nothing: a training takes half a second, and memory goes with them. */
const THREADS_MAX = 8

/** `npm run bench -- lds`: measures, and prints one JSON document or a table. */
export async function runLds({ seed, quick, json }: { seed: string; quick: boolean; json: boolean }): Promise<void> {
  const started = performance.now()
  const result = await benchLds({
    seed,
    size: quick ? QUICK : FULL,
    threads: Math.min(THREADS_MAX, availableParallelism()),
    cache: defaultCache(),
    peers: !quick,
    onProgress: (text) => console.error(`${Math.round((performance.now() - started) / 1000)} s  ${text}`),
  })
  if (json) console.log(JSON.stringify(result))
  else printLds(result, quick)
}

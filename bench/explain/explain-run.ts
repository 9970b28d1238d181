// In a process of its own, so that its memory peak is its own: what to do and options as JSON in the arguments.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { explain } from '../../jobs/statement/explain.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { makeLedger } from './make-ledger.ts'
import type { ExplainOptions, ExplainTime, ExplainTimes } from './options.ts'

const TOP = 10
const options = JSON.parse(process.argv[3]!) as ExplainOptions
if (process.argv[2] === 'make') await makeLedger(options)
else console.log(JSON.stringify(await measure(options)))

/** In a process that has the warehouse open, as `tally serve` and `tally ingest` have. */
async function measure({ folder, uses, runs }: ExplainOptions): Promise<ExplainTimes> {
  const cache = join(folder, 'cache')
  const warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'bench' })
  const answers = new Set<string>()
  const timesOf = async (count: number, prepare: () => void) => {
    const times: ExplainTime[] = []
    for (let run = 0; run < count; run++) {
      prepare()
      const id = `use-${Math.floor((run * uses) / count)}`
      const start = performance.now()
      const before = process.cpuUsage()
      const [explanation] = await explain(warehouse, [id], TOP)
      const { user, system } = process.cpuUsage(before)
      times.push({ wall_ms: performance.now() - start, cpu_ms: (user + system) / 1e3 })
      if (run === 0)
        answers.add(JSON.stringify(explanation, (_, value) => (typeof value === 'bigint' ? `${value}` : value)))
    }
    return times
  }
  try {
    await timesOf(1, () => undefined)
    const factor_cached = await timesOf(runs, () => undefined)
    const factor_missing = await timesOf(runs, () => {
      for (const name of readdirSync(cache)) if (name.startsWith('factor-')) rmSync(join(cache, name))
    })
    const peak_mib_cached = process.resourceUsage().maxRSS / 1024
    const nothing_cached = await timesOf(1, () => rmSync(cache, { recursive: true }))
    if (answers.size !== 1) throw new RangeError('The cache changed an answer.')
    const peak_mib = process.resourceUsage().maxRSS / 1024
    return { factor_missing, factor_cached, nothing_cached, peak_mib_cached, peak_mib }
  } finally {
    warehouse.close()
  }
}

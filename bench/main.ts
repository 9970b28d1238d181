import { parseArgs } from 'node:util'
import { benchClose, type CloseBenchResult } from './close.ts'
import { benchIngest } from './ingest.ts'
import { runLds } from './lds/main.ts'

const USAGE = `Usage: npm run bench -- ingest [--records N] [--history N] [--runs N] [--json]
       npm run bench -- close [--records N] [--history N,N,N] [--runs N] [--json]
       npm run bench -- lds [--seed S] [--quick] [--json]

ingest: records a second from a real broker, beside what kafkajs alone consumes, kcat and a plain sink
  --records N   events on the topic (default 600,000: enough for a checkpoint)
  --history N   rows that the second warehouse holds before (default 20,000,000)
  --runs N      interleaved runs of each contender, of which the median counts (default 5)
close: records a second of closing an epoch, by how many records were closed before
  --records N   records of an epoch (default 50,000)
  --history N,… records closed before (default 0,1000000,20000000)
  --runs N      epochs closed for each, of which the median counts (default 3)
lds: how well each attribution method foretells what training on half of the data does (docs/quality.md)
  --seed S      deals samples and starts trainings (default 1)
  --quick       everything once on a small part, to see that it runs: its figures mean little
  --json        one JSON document in place of the table

ingest needs Java and Maven (see npm run kafka); all need a build (npm run build).`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string' },
    history: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { json } = values
const [bench] = positionals
const DEFAULTS = {
  ingest: { records: 600_000, history: [20_000_000], runs: 5 },
  close: { records: 50_000, history: [0, 1_000_000, 20_000_000], runs: 3 },
}

const settings = bench === 'ingest' || bench === 'close' ? readSettings(DEFAULTS[bench]) : undefined
if (values.help) console.log(USAGE)
else if (bench === 'lds' && positionals.length === 1) await runLds(values)
else if (settings === undefined || positionals.length !== 1) {
  console.error(USAGE)
  process.exitCode = 2
} else if (bench === 'ingest') await benchIngest({ ...settings, history: settings.history[0]!, json })
else {
  const onProgress = (text: string) => console.error(text)
  const { records, history, runs } = settings
  printClose(await benchClose({ records, history, epochs: runs, onProgress }))
}

type Settings = (typeof DEFAULTS)['close']

/** Undefined when a flag is no count. */
function readSettings(defaults: Settings): Settings | undefined {
  const records = values.records === undefined ? defaults.records : Number(values.records)
  const runs = values.runs === undefined ? defaults.runs : Number(values.runs)
  const history = values.history === undefined ? defaults.history : values.history.split(',').map(Number)
  const areCounts = [records, runs].every((count) => Number.isInteger(count) && count >= 1)
  const isHistory = history.every((count) => Number.isInteger(count) && count >= 0)
  return areCounts && isHistory ? { records, history, runs } : undefined
}

function printClose(results: readonly CloseBenchResult[]): void {
  if (json) console.log(JSON.stringify(results, null, 2))
  else console.table(results)
}

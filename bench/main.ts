import { parseArgs } from 'node:util'
import { benchIngest } from './ingest.ts'

const USAGE = `Usage: npm run bench -- ingest [--records N] [--history N] [--runs N] [--json]

  --records N   events on the topic (default 300,000)
  --history N   rows that the second warehouse holds before (default 20,000,000)
  --runs N      interleaved runs of each contender, of which the median counts (default 5)
  --json        one JSON document in place of the table

Needs Java and Maven (see npm run kafka) and a build (npm run build).`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '300000' },
    history: { type: 'string', default: '20000000' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const [records, history, runs] = [values.records, values.history, values.runs].map(Number)
const isCount = (value: number | undefined) => Number.isInteger(value) && value! >= 1
if (values.help) console.log(USAGE)
else if (
  positionals.join() !== 'ingest' ||
  !isCount(records) ||
  !isCount(runs) ||
  !(isCount(history) || history === 0)
) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  await benchIngest({ records: records!, history: history!, runs: runs!, json: values.json })
}

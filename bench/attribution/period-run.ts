// One period in a process of its own, so that its memory peak is its own: options as JSON in the first argument, what was
// measured as JSON on standard output.
import { withKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import type { PeriodOptions } from './measured.ts'
import { measurePeriod } from './period.ts'

const options = JSON.parse(process.argv[2]!) as PeriodOptions
const measured = await withKernels((kernels) => measurePeriod(kernels, options), { threads: options.threads })
console.log(JSON.stringify(measured))

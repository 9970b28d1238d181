import { auditBundle } from '../../audit/index.ts'
import type { AuditMeasured } from './options.ts'

// The whole audit from genesis, in a process of its own, so that its memory is its own.

const KIB = 1_024
const start = performance.now()
const report = await auditBundle(process.argv[2]!)
const wall_s = (performance.now() - start) / 1_000
const { user, system } = process.cpuUsage()
if (report.class !== 'chain not checked') throw new RangeError(JSON.stringify(report.firstDifference ?? report.trusted))
const measured: AuditMeasured = {
  records: report.counts!.records,
  signatures: report.counts!.signatures,
  wall_s,
  cpu_s: (user + system) / 1e6,
  peak_mib: process.resourceUsage().maxRSS / KIB,
}
console.log(JSON.stringify(measured))

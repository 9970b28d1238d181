import type { Command } from 'commander'
import { diagnose } from '../../pipelines/doctor/doctor.ts'
import type { Finding, Severity } from '../../pipelines/doctor/finding.ts'
import { type GlobalFlags, runReadingVerb, withGlobalFlags } from '../command.ts'
import { EXIT, paint, printLine } from '../output.ts'

const MARKS: Readonly<Record<Severity, () => string>> = {
  ok: () => paint.green('✓'),
  note: () => paint.dim('·'),
  warning: () => paint.yellow('!'),
  error: () => paint.red('✗'),
}

/** `doctor`. */
export function addDoctor(program: Command): void {
  withGlobalFlags(
    program
      .command('doctor')
      .description('look at the broker, its topics and the warehouse: what is wrong, and what mends it'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ KAFKA_BROKERS=localhost:9092 tally doctor\n\nExit codes: 0 nothing is wrong (there may be warnings), 1 something is, 4 the broker cannot be reached.',
    )
    .action((flags: GlobalFlags) =>
      runReadingVerb('doctor', flags, async ({ session, config, progress, answer }) => {
        progress.show('looking')
        const admin = session.logAdmin()
        const diagnosis = await diagnose({
          warehousePath: session.directory.warehouse,
          openWarehouse: () => session.warehouse(),
          broker: admin === null ? null : { admin, source: (await session.log()).source, groupId: config.kafkaGroup },
          clock: session.clock,
        })
        const errors = diagnosis.findings.filter(({ severity }) => severity === 'error').length
        const warnings = diagnosis.findings.filter(({ severity }) => severity === 'warning').length
        answer({ ...diagnosis, errors, warnings }, () => {
          diagnosis.findings.forEach(printFinding)
          printLine(errors + warnings === 0 ? paint.green('All is well.') : `${errors} errors, ${warnings} warnings.`)
        })
        if (!diagnosis.isReached) return EXIT.later
        return errors > 0 ? EXIT.failed : EXIT.ok
      }),
    )
}

function printFinding({ check, severity, subject, found, means, mend }: Finding): void {
  printLine(`${MARKS[severity]()} ${paint.bold(check)}: ${subject === null ? '' : `${subject} `}${found}`)
  if (means !== null) printLine(`    ${means}`)
  if (mend !== null) printLine(`    ${paint.cyan('→')} ${mend}`)
}

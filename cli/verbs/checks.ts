import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import pc from 'picocolors'
import { auditBundle, verifyReceipt } from '../../audit/index.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type GlobalFlags, runVerb, withGlobalFlags } from '../command.ts'
import { EXIT, printLine } from '../output.ts'

const RECEIPT_BYTES_MAX = 16 * 1024 * 1024

export class FileUnreadableError extends TallyError {
  override readonly code = 'FILE_UNREADABLE'
  constructor(facts: { path: string }, cause: unknown) {
    super(`${facts.path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      facts,
      cause,
      hint: 'Check the path.',
    })
  }
}

/** `verify`, `audit`: checks that trust nothing the operator says. They open no warehouse. */
export function addChecks(program: Command): void {
  withGlobalFlags(
    program
      .command('verify <file>')
      .description('check a receipt with nothing but the file, and with the chain when --rpc is given'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ tally verify receipt.json --rpc http://127.0.0.1:8545\n\nExit codes: 0 verified, 1 refuted, 3 verified but the chain was not asked.',
    )
    .action((file: string, flags: GlobalFlags) =>
      runVerb('verify', flags, async ({ config, answer }) => {
        const verified = await verifyReceipt(
          readDocument(file),
          config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl },
        )
        answer(verified, () => {
          for (const step of verified.steps)
            printLine(`${step.ok ? pc.green('✓') : pc.red('✗')} ${step.name}: ${step.detail}`)
          printLine(verified.ok ? pc.green('receipt: OK') : pc.red('receipt: REFUTED'))
          if (verified.chain === 'not checked') printLine('chain: not checked (give --rpc URL)')
        })
        return exitOf(verified)
      }),
    )
  withGlobalFlags(
    program
      .command('audit <bundle>')
      .description('recompute a bundle from its records, with code that shares nothing with the writers'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ tally audit ./ledger/bundles --rpc http://127.0.0.1:8545\n\nExit codes: 0 everything agrees, 1 a difference, 3 all agrees but the chain was not asked.',
    )
    .action((bundle: string, flags: GlobalFlags) =>
      runVerb('audit', flags, async ({ config, progress, answer }) => {
        const report = await auditBundle(bundle, {
          ...(config.rpcUrl === undefined ? {} : { rpcUrl: config.rpcUrl }),
          onProgress: (step) => progress.show(`epoch ${step.epoch}: ${step.name}`),
        })
        answer(report, () => {
          for (const check of report.checked)
            printLine(
              `${pc.green('✓')} ${check.epoch === null ? 'chain' : `epoch ${check.epoch}`} ${check.name}: ${check.detail}`,
            )
          if (report.firstDifference !== undefined) {
            const { epoch, check, where, expected, found } = report.firstDifference
            printLine(`${pc.red('✗')} epoch ${epoch} ${check}, ${where}: expected ${expected}, found ${found}`)
          }
          for (const each of report.trusted) printLine(pc.dim(`trusted: ${each}`))
          printLine(report.ok ? pc.green('audit: OK') : pc.red('audit: DIFFERENCE'))
          if (report.chain === 'not checked') printLine('chain: not checked (give --rpc URL)')
        })
        return exitOf(report)
      }),
    )
}

function exitOf(result: { readonly ok: boolean; readonly chain: string }): number {
  if (!result.ok) return EXIT.failed
  return result.chain === 'checked' ? EXIT.ok : EXIT.chainNotChecked
}

function readDocument(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > RECEIPT_BYTES_MAX)
      throw new RangeError(`it has ${bytes.length} bytes, more than ${RECEIPT_BYTES_MAX}`)
    return bytes
  } catch (cause) {
    throw new FileUnreadableError({ path }, cause)
  }
}

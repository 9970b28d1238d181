import Table from 'cli-table3'
import type { Command } from 'commander'
import { epochStatus } from '../../jobs/epoch-status.ts'
import { type GlobalFlags, runReadingVerb, withGlobalFlags } from '../command.ts'
import { printLine } from '../output.ts'

/** `epoch status`. */
export function addEpochStatus(epoch: Command): void {
  withGlobalFlags(
    epoch.command('status').description('epochs with their state, what was accepted, and what was rejected and why'),
  )
    .addHelpText('after', '\nExample:\n  $ tally epoch status --json')
    .action((flags: GlobalFlags) =>
      runReadingVerb('epoch status', flags, async ({ session, answer }) => {
        const status = await epochStatus((await session.ledger()).warehouse)
        answer(status, () => {
          if (status.epochs.length === 0) printLine('No epoch has been cut yet.')
          else printEpochs(status.epochs)
          for (const { token, amount, accounts } of status.small)
            printLine(`${amount} of ${token} is owed to ${accounts} accounts and below the minimum payout.`)
          for (const { token, owed, owing, recoveries } of status.adjusted)
            printLine(
              `Adjustments of ${token}: ${owed} owed to accounts and not funded yet, ${owing} owed by accounts, ${recoveries} recovered and not paid on.`,
            )
          printLine(
            `${status.waiting.records} records wait for the next cut, ${status.waiting.rejected} of them rejected by their own bytes.`,
          )
          for (const [reason, count] of Object.entries(status.waiting.reasons)) printLine(`  ${reason}: ${count}`)
        })
        return undefined
      }),
    )
}

function printEpochs(epochs: Awaited<ReturnType<typeof epochStatus>>['epochs']): void {
  const table = new Table({
    head: ['epoch', 'state', 'cut at', 'accepted', 'duplicate', 'rejected', 'leaves'],
    style: { head: [], border: [] },
  })
  for (const each of epochs) {
    table.push([
      each.epoch,
      each.state,
      each.cutTime,
      each.counts.accepted,
      each.counts.duplicate,
      each.counts.rejected,
      each.treeSize ?? '–',
    ])
  }
  printLine(table.toString())
  for (const each of epochs) {
    for (const [reason, count] of Object.entries(each.counts.reasons))
      printLine(`  epoch ${each.epoch}: ${count} × ${reason}`)
    if (each.counts.late > 0)
      printLine(`  epoch ${each.epoch}: ${each.counts.late} uses came late, counted in this epoch`)
    for (const { token, funded, outside, released, refunded, unfunded, reported } of each.fees ?? []) {
      printLine(
        `  epoch ${each.epoch}, ${token}: fees ${funded} funded, ${unfunded} unfunded, ${reported} only reported (no voucher covers them)`,
      )
      if ([outside, released, refunded].some((fees) => fees !== '0'))
        printLine(
          `  epoch ${each.epoch}, ${token}: outside their licences ${outside} taken and held; of what was held ${released} released, ${refunded} given back`,
        )
    }
  }
}

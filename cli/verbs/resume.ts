import type { Command } from 'commander'
import type { Halt } from '../../anchor/chain/finality-memory.ts'
import { blockAt } from '../../anchor/chain/second-opinion.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type GlobalFlags, runVerb, withGlobalFlags } from '../command.ts'
import { EXIT, paint, printLine } from '../output.ts'

export class OtherBlockError extends TallyError {
  override readonly code = 'OTHER_BLOCK'
  constructor(facts: { block: bigint; accepted: string; found: string }) {
    super(`The chain has ${facts.found} as block ${facts.block}, and not ${facts.accepted}.`, {
      facts,
      hint: 'Nothing was changed. Look the block up at several places; accept what the chain really has.',
    })
  }
}

interface ResumeFlags extends GlobalFlags {
  readonly accept?: string
}

/** `anchor resume`. */
export function addResume(anchor: Command): void {
  withGlobalFlags(anchor.command('resume').description('go on after what was final changed, and sending stopped'))
    .option(
      '--accept <hash>',
      'hash of the block that was final last, as the chain has it now; without it nothing changes',
    )
    .addHelpText(
      'after',
      `
Example:
  $ tally anchor resume
  $ tally anchor resume --accept 0x9c1f8a2b6d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccdde

Find out first what happened, and ask other nodes: docs/operations/anchoring.md. What was final is then forgotten and learnt
anew. Transactions that the chain lost are sent again when their step runs again: the same bytes, or nothing.`,
    )
    .action((flags: ResumeFlags) =>
      runVerb('anchor resume', flags, async ({ session, answer }) => {
        const { connection, store } = await session.distributor()
        const { chainId } = connection.entry
        const halt = (await store.haltOf(chainId)) ?? null
        const block = await store.finalBlock(chainId)
        if (halt === null || block === undefined) {
          answer({ halt, resumed: false }, () => printLine(`Chain ${chainId} is not halted.`))
          return undefined
        }
        const found = (await blockAt(connection, block.number))?.hash ?? 'nothing'
        if (flags.accept === undefined) {
          answer({ halt, block: { number: block.number, remembered: block.hash, found }, resumed: false }, () => {
            printHalt(halt)
            printLine(`Block ${block.number} was final as ${block.hash}; the chain has ${found} there now.`)
            printLine(`To go on with that chain: tally anchor resume --accept ${found}`)
          })
          return EXIT.alarm
        }
        if (flags.accept.toLowerCase() !== found) {
          throw new OtherBlockError({ block: block.number, accepted: flags.accept, found })
        }
        await store.clearHalt(chainId)
        answer({ halt, resumed: true }, () =>
          printLine(`Chain ${chainId} goes on with block ${block.number} ${found}.`),
        )
        return undefined
      }),
    )
}

/** Tells a person that nothing is sent, and why. */
export function printHalt({ chainId, what, remembered, found }: Halt): void {
  printLine(paint.red(`HALTED: on chain ${chainId}, ${what} was final as ${remembered}, and then was ${found}.`))
  printLine('Nothing is sent until somebody has looked: docs/operations/anchoring.md, then `tally anchor resume`.')
}

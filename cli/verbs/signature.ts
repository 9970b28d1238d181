import type { Command } from 'commander'
import { recordSignatureCheck } from '../../jobs/anchoring/record-signature-check.ts'
import { fromHex, toAddress, toHash32, toHex } from '../../schemas/ids.ts'
import { type GlobalFlags, runVerb, withGlobalFlags } from '../command.ts'
import { EXIT, printLine } from '../output.ts'

interface SignatureFlags extends GlobalFlags {
  readonly digest: string
  readonly signature: string
  readonly source: string
}

/** `signature check`. */
export function addSignatures(program: Command): void {
  const signature = program.command('signature').description('signatures of accounts that are contracts (check)')
  withGlobalFlags(
    signature
      .command('check <account>')
      .description('ask a contract whether it signed a digest (ERC-1271), and record that it did'),
  )
    .requiredOption('--digest <hash>', 'EIP-712 digest of what is signed, as `transfer` of the client returns it')
    .requiredOption('--signature <hex>', 'what the contract is to check, as its owners made it')
    .requiredOption('--source <name>', 'registered source that may send SignatureChecked')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally signature check 0x1f9840a85d5af5bf1d1762f925bdaddc4201f984 --digest 0x5f03a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddee --signature 0x9c1b --source urn:chain-watcher\n\nIt asks at the block that is final now. Watchers and `tally audit --rpc` ask the contract again at that block.\n\nExit code 1: the contract says no, and nothing is recorded.',
    )
    .action((account: string, flags: SignatureFlags) =>
      runVerb('signature check', flags, async ({ session, answer }) => {
        const question = {
          account: toAddress(account),
          digest: toHash32(flags.digest),
          signature: toHex(fromHex(flags.signature)),
        }
        const { isSigned, block } = await recordSignatureCheck({
          ledger: await session.ledger(),
          connection: (await session.chain()).connection,
          sink: (await session.log()).sink,
          source: flags.source,
          question,
          time: new Date(Number(session.clock())).toISOString(),
        })
        answer({ account: question.account, signed: isSigned, block: String(block.number) }, () =>
          printLine(
            isSigned
              ? `${question.account} signed it, as of block ${block.number}; that is in the log, and counts for ten epochs.`
              : `${question.account} did not sign it, as of block ${block.number}. Nothing was recorded.`,
          ),
        )
        return isSigned ? EXIT.ok : EXIT.failed
      }),
    )
}

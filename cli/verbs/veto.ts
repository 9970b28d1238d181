import { type Command, InvalidArgumentError } from 'commander'
import type { LocalAccount } from 'viem'
import type { ActContext } from '../../anchor/chain/act-once.ts'
import { LOCAL_CHAIN_ID } from '../../anchor/chain/chain-table.ts'
import { readEpoch } from '../../anchor/chain/distributor.ts'
import { vetoEpoch } from '../../anchor/chain/epochs.ts'
import { EpochNotProposedError } from '../../anchor/chain/errors.ts'
import { localAccounts } from '../../anchor/chain/local-chain.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { VETO_REASON_MAX } from '../../anchor/manifest.ts'
import { connectWatched } from '../../anchor/watch/connect-watched.ts'
import { retryEpoch } from '../../jobs/anchoring/retry-epoch.ts'
import { toAddress } from '../../schemas/ids.ts'
import { type GlobalFlags, runVerb, runVerbAlone, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { ConfigError } from '../config.ts'
import { accountOfKey, accountOfKeyFile } from '../key-file.ts'
import { EXIT, printLine } from '../output.ts'

interface VetoFlags extends GlobalFlags {
  readonly distributor?: string
  readonly keyFile?: string
}

interface RetryFlags extends GlobalFlags {
  readonly reason: string
}

/** `anchor veto`, for the guardian, and `anchor retry`, for the operator afterwards. */
export function addVeto(anchor: Command): void {
  withGlobalFlags(
    anchor
      .command('veto')
      .argument('<epoch>', 'the epoch whose proposal is vetoed', wholeNumber)
      .description('stop what is proposed for an epoch, as the guardian, until it is final'),
  )
    .option('--distributor <address>', 'the contract, on the chain of --rpc (default: that of the data folder)')
    .option('--key-file <file>', 'key of the guardian, readable by nobody else (default: GUARDIAN_KEY)')
    .addHelpText(
      'after',
      `
Example:
  $ tally anchor veto 12 --rpc http://127.0.0.1:8545 --distributor 0xe7f1725e7734ce288f8367e1bb143e90bb3f0512 --key-file guardian.key

Exit codes: 0 vetoed, or vetoed before; 5 nothing that could be vetoed is proposed. On the local chain of a data folder no
key is needed.`,
    )
    .action((epoch: number, flags: VetoFlags) =>
      flags.distributor === undefined
        ? runVerb('anchor veto', flags, async (context) => {
            const at = await context.session.distributor()
            const guardian = guardianKey(context, flags) ?? localGuardian(at)
            return veto(context, { ...at, account: guardian }, epoch)
          })
        : runVerbAlone('anchor veto', flags, (context) => vetoElsewhere(context, epoch, flags)),
    )
  withGlobalFlags(
    anchor.command('retry').description('after a veto: discard what was settled, so that the next attempt can be made'),
  )
    .requiredOption(
      '--reason <text>',
      'what was wrong, and what is different now; it stands in the manifest',
      reasonText,
    )
    .addHelpText(
      'after',
      `
Example:
  $ tally anchor retry --reason "attribution counted an event twice; engine 0.1.1 does not" && tally run

The cut and what was decided about its records stay. Bundles of the vetoed attempt, and of epochs after it, move to vetoed/.`,
    )
    .action((flags: RetryFlags) =>
      runVerb('anchor retry', flags, async ({ session, answer }) => {
        const result = await retryEpoch({
          ...{ ledger: await session.ledger(), chain: () => session.distributor(), reason: flags.reason },
          bundles: session.directory.bundles,
        })
        answer(result, () => printLine(result.detail))
        return undefined
      }),
    )
}

function reasonText(text: string): string {
  const reason = text.trim()
  if (reason === '' || reason.length > VETO_REASON_MAX)
    throw new InvalidArgumentError(`a reason has 1 to ${VETO_REASON_MAX} characters`)
  return reason
}

async function vetoElsewhere(context: VerbContext, epoch: number, flags: VetoFlags): Promise<number> {
  const { rpcUrl } = context.config
  const account = guardianKey(context, flags)
  const missing = [
    ...(rpcUrl === undefined ? ['rpcUrl: is needed with --distributor (--rpc URL or RPC_URL)'] : []),
    ...(account === undefined ? ['guardianKey: is needed (--key-file FILE or GUARDIAN_KEY)'] : []),
  ]
  if (rpcUrl === undefined || account === undefined) throw new ConfigError(missing)
  const connection = await connectWatched(rpcUrl)
  const distributor = toAddress(flags.distributor!)
  return veto(context, { connection, account, distributor, store: new MemoryTransactionStore() }, epoch)
}

function guardianKey(
  { config, path }: Pick<VerbContext, 'config' | 'path'>,
  flags: VetoFlags,
): LocalAccount | undefined {
  if (flags.keyFile !== undefined) return accountOfKeyFile(path(flags.keyFile))
  return config.guardianKey === undefined ? undefined : accountOfKey(config.guardianKey, 'GUARDIAN_KEY')
}

/** Who guards a contract that `anchor deploy` made. */
function localGuardian({ connection }: ActContext): LocalAccount {
  if (connection.entry.chainId !== LOCAL_CHAIN_ID)
    throw new ConfigError(['guardianKey: is needed (--key-file FILE or GUARDIAN_KEY)'])
  return localAccounts().at(-1)!
}

async function veto({ answer }: VerbContext, at: ActContext, number: number): Promise<number> {
  const epoch = BigInt(number)
  const record = await readEpoch(at, epoch, { blockTag: 'latest' })
  if (record === undefined) throw new EpochNotProposedError({ epoch })
  const { outcome } = await vetoEpoch(at, epoch, record.recordHash)
  const { attempt } = record.content
  answer({ epoch, attempt, outcome, recordHash: record.recordHash }, () =>
    printLine(`Attempt ${attempt} at epoch ${epoch} ${outcome === 'vetoed' ? 'is vetoed' : 'was vetoed before'}.`),
  )
  return EXIT.ok
}

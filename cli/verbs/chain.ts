import type { Command } from 'commander'
import { deployLocal } from '../../anchor/chain/deploy-local.ts'
import { readEpoch, readLastFinalized, readTotals } from '../../anchor/chain/distributor.ts'
import { claimPayouts } from '../../jobs/anchoring/claim-payouts.ts'
import { lastEpoch } from '../../jobs/epochs.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, toAddress } from '../../schemas/ids.ts'
import { requireDeployment } from '../chain-session.ts'
import { type GlobalFlags, runReadingVerb, runVerb, wholeNumber, withGlobalFlags } from '../command.ts'
import { foundLedger } from '../found-ledger.ts'
import { printLine } from '../output.ts'
import type { Session } from '../session.ts'
import { printHalt } from './resume.ts'

export class DistributorMissingError extends TallyError {
  override readonly code = 'DISTRIBUTOR_MISSING'
  constructor(facts: { chainId: number }) {
    super(`Chain ${facts.chainId} is no local one, so nothing is deployed to it.`, {
      facts,
      hint: 'Deploy TallyDistributor with your own tools and keys, then pass --distributor, --chain-id, --from-block and --operator.',
    })
  }
}

export class DeployFlagsError extends TallyError {
  override readonly code = 'USAGE'
  constructor() {
    super('--distributor needs --chain-id and --operator beside it.', {
      hint: 'They become part of the genesis, which never changes: nothing is assumed for them.',
    })
  }
}

export class PartsFlagsError extends TallyError {
  override readonly code = 'USAGE'
  constructor() {
    super(
      '--guardian, --attesters and --threshold are for a distributor that is deployed here, not for --distributor.',
      {
        hint: 'One that is deployed already has its own guardian and attesters.',
      },
    )
  }
}

interface DeployFlags extends GlobalFlags {
  readonly name: string
  readonly operator?: string
  readonly distributor?: string
  readonly chainId?: number
  readonly fromBlock: number
  readonly guardian?: string
  readonly attesters?: string
  readonly threshold?: number
}

/** `anchor deploy`, `anchor status`, `claim`. */
export function addChain(program: Command, anchor: Command): void {
  withGlobalFlags(anchor.command('deploy').description('found the ledger: its contract and its genesis'))
    .option('--name <text>', 'name of the ledger', 'My ledger')
    .option('--operator <address>', 'who registers sources and publishes policies (default: the proposer)')
    .option(
      '--distributor <address>',
      'a TallyDistributor that is deployed already; without it one is deployed to the local chain',
    )
    .option('--chain-id <n>', 'chain of --distributor', wholeNumber)
    .option('--from-block <n>', 'block in which --distributor was created', wholeNumber, 0)
    .option('--guardian <address>', 'who may veto epochs (default: the last account of the local chain)')
    .option('--attesters <addresses>', 'who attests to epochs, separated by commas (default: nobody)')
    .option('--threshold <k>', 'how many of them have to, before an epoch can be finalized (default: 0)', wholeNumber)
    .addHelpText('after', '\nExample:\n  $ tally anchor deploy --data ./ledger --name "Digits"')
    .action((flags: DeployFlags) =>
      runVerb('anchor deploy', flags, async ({ session, answer }) => {
        const founded = await deploy(session, flags)
        answer(founded, () =>
          printLine(`Ledger ${founded.ledgerId}\nContract ${founded.distributor} on chain ${founded.chainId}`),
        )
        return undefined
      }),
    )
  withGlobalFlags(anchor.command('status').description('what the chain has of every epoch'))
    .addHelpText('after', '\nExample:\n  $ tally anchor status --json')
    .action((flags: GlobalFlags) =>
      runReadingVerb('anchor status', flags, async ({ session, answer }) => {
        const at = await session.distributor()
        const halt = (await at.store.haltOf(at.connection.entry.chainId)) ?? null
        const newest = (await lastEpoch(await session.warehouse()))?.epoch ?? 0
        const epochs: { epoch: number; state: string; payoutRoot: string | null; recordHash: string | null }[] = []
        for (let epoch = 1; epoch <= newest; epoch++) {
          const record = await readEpoch(at, BigInt(epoch), { blockTag: 'latest' })
          epochs.push({
            epoch,
            state: record?.state ?? 'not proposed',
            payoutRoot: record?.content.payoutRoot ?? null,
            recordHash: record?.recordHash ?? null,
          })
        }
        const lastFinalized = await readLastFinalized(at)
        const { token } = requireDeployment(session.directory)
        const totals =
          token === null || lastFinalized === 0n ? null : await readTotals(at, { epoch: lastFinalized, token })
        answer({ distributor: at.distributor, lastFinalized, halt, epochs, totals }, () => {
          if (halt !== null) printHalt(halt)
          printLine(`Contract ${at.distributor}, last finalized epoch ${lastFinalized}.`)
          for (const each of epochs)
            printLine(
              `  epoch ${each.epoch}: ${each.state}${each.payoutRoot === null ? '' : `, payout root ${each.payoutRoot}`}`,
            )
        })
        return undefined
      }),
    )
  withGlobalFlags(
    program
      .command('claim <account>')
      .description('pay an account all that it earned up to the newest finalized epoch'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ tally claim 0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984\n\nAnybody may; the contract pays the account and nobody else.',
    )
    .action((account: string, flags: GlobalFlags) =>
      runVerb('claim', flags, async ({ session, answer }) => {
        const claimed = await claimPayouts({
          ledger: await session.ledger(),
          chain: await session.distributor(),
          account: toAddress(account),
        })
        answer(claimed, () => {
          for (const each of claimed) {
            const did = each.outcome === 'claimed' ? 'Claimed' : 'Nothing new: claimed before were'
            printLine(`${did} ${each.cumulative} of ${each.token} in all, up to epoch ${each.epoch}.`)
          }
        })
        return undefined
      }),
    )
}

async function deploy(session: Session, flags: DeployFlags) {
  // Before anything is started: a refused flag leaves nothing behind.
  const given = flags.operator === undefined ? undefined : toAddress(flags.operator)
  if (flags.distributor !== undefined) {
    if (flags.chainId === undefined || given === undefined) throw new DeployFlagsError()
    if ((flags.guardian ?? flags.attesters ?? flags.threshold) !== undefined) throw new PartsFlagsError()
    const distributor = toAddress(flags.distributor)
    const fromBlock = String(flags.fromBlock)
    return foundLedger(session, {
      name: flags.name,
      operator: given,
      deployment: { chainId: flags.chainId, distributor, token: null, fromBlock },
    })
  }
  const guardian = flags.guardian === undefined ? {} : { guardian: toAddress(flags.guardian) }
  const attesters = flags.attesters?.split(',').map((each) => toAddress(each.trim())) ?? []
  const chain = await session.chain()
  if (chain.deployer === undefined) throw new DistributorMissingError({ chainId: chain.connection.entry.chainId })
  const store = await session.transactions()
  const proposer: Address = toAddress(chain.proposer.address)
  const deployed = await deployLocal(
    { connection: chain.connection, store, account: chain.deployer },
    { proposer, ...guardian, attesters, threshold: flags.threshold ?? 0 },
  )
  return foundLedger(session, {
    name: flags.name,
    operator: given ?? proposer,
    deployment: {
      chainId: chain.connection.entry.chainId,
      distributor: toAddress(deployed.distributor),
      token: toAddress(deployed.token),
      fromBlock: deployed.fromBlock.toString(),
    },
  })
}

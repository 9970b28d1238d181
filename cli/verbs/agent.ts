import type { Command } from 'commander'
import { askIdentityOwner, parseAgentIdentity } from '../../anchor/chain/agent-identity.ts'
import { type AgentPage, agentPage } from '../../jobs/agents/agent-page.ts'
import { type GlobalFlags, runReadingVerb, withGlobalFlags } from '../command.ts'
import { type IdentityAnswer, printAgent } from '../print-agent.ts'

interface AgentFlags extends GlobalFlags {
  readonly identityRpc?: string
}

/** `agent show`. */
export function addAgents(program: Command): void {
  const agent = program.command('agent').description('agents: who they are, what they did, whom that paid (show)')
  withGlobalFlags(
    agent
      .command('show <agent>')
      .description('an agent: identity, owners, whom its work paid, what it earned, its ratings, steps and memory'),
  )
    .option(
      '--identity-rpc <url>',
      'node of the chain of its ERC-8004 id, which is asked whether an owner of the agent owns that id',
    )
    .addHelpText('after', '\nExample:\n  $ tally agent show reader-bot')
    .action((name: string, flags: AgentFlags) =>
      runReadingVerb('agent show', flags, async ({ session, answer }) => {
        const page = await agentPage((await session.ledger()).warehouse, name)
        const identityCheck = await checkIdentity(page, flags.identityRpc)
        answer({ ...page, identityCheck }, () => printAgent(page, identityCheck))
        return undefined
      }),
    )
}

async function checkIdentity(page: AgentPage, rpcUrl: string | undefined): Promise<IdentityAnswer> {
  const identity = parseAgentIdentity(page.identity)
  if (identity === undefined) return { state: 'none' }
  if (rpcUrl === undefined) return { state: 'not checked' }
  const { owner, blockNumber } = await askIdentityOwner(rpcUrl, identity)
  const isOwned = page.owners.some(({ account }) => account === owner)
  return { state: 'checked', isOwned, owner: owner ?? null, blockNumber: String(blockNumber) }
}

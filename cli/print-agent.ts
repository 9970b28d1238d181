import type { AgentPage } from '../jobs/agents/agent-page.ts'
import type { AgentSplit } from '../jobs/agents/agent-split.ts'
import { formatParts, paint, printLine } from './output.ts'
import { poolName } from './statement/words.ts'

const SCORE_PLACES = 0

/** What is known of an agent's ERC-8004 id. Shown; it decides nothing. */
export type IdentityAnswer =
  | { readonly state: 'none' }
  | { readonly state: 'not checked' }
  | {
      /** Whether the registry says that an owner of the agent owns it. */
      readonly state: 'checked'
      readonly isOwned: boolean
      readonly owner: string | null
      readonly blockNumber: string
    }

/** An agent, told to a person. Amounts are in the token's smallest unit. */
export function printAgent(page: AgentPage, identity: IdentityAnswer): void {
  printLine(paint.bold(`${page.agent}: ${page.title}`))
  printLine(`Agent, registered in epoch ${page.registeredIn}, licence ${page.licence}`)
  printLine(identityText(page.identity, identity))
  for (const { account, parts } of page.owners) printLine(`  ${formatParts(parts)} owned by ${account}`)
  for (const split of page.paid) printSplit(split)
  if (page.earned.length > 0) printLine('\nWhat its owners were paid for it')
  for (const { account, token, byWork, byOutcome } of page.earned)
    printLine(`  ${account}: ${byWork} of ${token} by work, ${byOutcome} by outcome`)
  printOutcomes(page.outcomes)
  printRuns(page.runs)
  if (page.memory.length > 0) printLine('\nMemory: datasets that its owners own')
  for (const { dataset, parts, items, ownItems, reads } of page.memory)
    printLine(
      `  ${formatParts(parts)} of ${dataset}: ${items} contributions, ${ownItems} of them by its owners, read by ${reads} paid uses`,
    )
  for (const { account, token, amount, elsewhere } of page.remembered)
    printLine(`  ${account}: ${amount} of ${token} for what was retrieved${elsewhere ? ', of other datasets too' : ''}`)
}

function identityText(id: string, identity: IdentityAnswer): string {
  if (identity.state === 'none') return 'It names no ERC-8004 identity.'
  if (identity.state === 'not checked')
    return `It says it is ${id}. Not checked: give --identity-rpc with a node of that chain.`
  const { isOwned, owner, blockNumber } = identity
  if (isOwned) return `It is ${id}: ${owner}, who owns it here, owns that identity as of block ${blockNumber}.`
  const who =
    owner === null ? 'there is no such identity' : `that identity belongs to ${owner}, who does not own it here`
  return `It says it is ${id}, but as of block ${blockNumber} ${who}.`
}

/** Who got paid: developer, data, infrastructure? Amounts that went, and where the rest is. */
function printSplit({ token, uses, fees, owners, data, outcome }: AgentSplit): void {
  printLine(`\nWho was paid for its work: ${uses} paid uses, ${fees} of ${token}`)
  for (const { kind, asset, amount } of owners) printLine(`  ${poolName(kind, asset)}: ${amount}`)
  if (outcome.divided > 0n)
    printLine(`  ${outcome.divided} by how it was rated, divided over all agents that worked for the same payers`)
  if (outcome.waiting > 0n) printLine(`  ${outcome.waiting} wait for ratings`)
  printData(data)
}

/** Σ of the lines, but for those of contributors, is the data part. */
function printData({ paid, contributors, kept, open, waiting, unattributed }: AgentSplit['data']): void {
  printLine(`  Data: ${paid} to contributors, by their part of what the pools of these uses paid`)
  for (const { account, amount } of contributors) printLine(`    ${account}  ${amount}`)
  const rest = [
    [kept, 'stay with the models’ contributors: held back for corrections, or carried into their next pools'],
    [open, 'are in pools that are still open: too few uses so far'],
    [waiting, 'wait to learn what the model saw (its features)'],
    [unattributed, 'are nobody’s: features or further uses did not come in time, or a pool gave it up'],
  ] as const
  for (const [amount, words] of rest) if (amount > 0n) printLine(`    ${amount} ${words}`)
}

function printOutcomes({ uses, rated, meanScore, newest }: AgentPage['outcomes']): void {
  if (uses === 0) return
  const mean = meanScore === null ? '' : `, on average ${meanScore.toFixed(SCORE_PLACES)} of 1000`
  printLine(`\nOutcomes: ${rated} of ${uses} uses rated by who paid for them${mean}`)
  for (const { id, score, rater, epoch, status } of newest) {
    const counts = status === 'funded' ? '' : `, which does not count: its fee is ${status}`
    printLine(`  ${String(score).padStart(4)}  ${id}  by ${rater} in epoch ${epoch}${counts}`)
  }
}

function printRuns(runs: AgentPage['runs']): void {
  if (runs.length > 0) printLine('\nWhat it says that it did, signed and linked step by step')
  for (const { run, steps, isLinked, newest } of runs) {
    printLine(`  run ${run}: ${steps} steps${isLinked ? '' : ', WHICH DO NOT LINK'}`)
    for (const { step, model, inference, token, cost, isFee } of newest) {
      const used = model === '' ? 'no model' : model
      const cited = inference === null ? '' : ` in ${inference.id}`
      const paid = cost === 0n ? 'at no cost' : `for ${cost} of ${token}`
      printLine(`    ${step}  ${used}${cited}, ${paid}${isFee === false ? ' (the fee there is another)' : ''}`)
    }
  }
}

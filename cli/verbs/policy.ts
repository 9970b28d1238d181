import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { type PolicyAt, type PublishedPolicy, policyAt } from '../../jobs/policy/policies.ts'
import { policyDocument, readPolicy } from '../../jobs/policy/policy-file.ts'
import { simulatePolicy } from '../../jobs/policy/simulate/simulate.ts'
import { type GlobalFlags, runReadingVerb, wholeNumber, withGlobalFlags } from '../command.ts'
import { EXIT, printLine, printWarning } from '../output.ts'
import { printSimulation } from '../print-simulation.ts'
import { untilSignal } from '../until-signal.ts'
import { FileUnreadableError } from './verify.ts'

interface ShowFlags extends GlobalFlags {
  readonly at?: number
}

interface SimulateFlags extends GlobalFlags {
  readonly epochs: { readonly from: number; readonly to: number }
  readonly gasPrice?: bigint
  readonly etherPrice?: bigint
  readonly hourPrice?: bigint
  readonly scratch?: string
}

const SIMULATE_HELP = `
FILE is a policy as \`tally policy show --json | jq .policy\` prints it, edited; nobody has to sign it.

Example:
  $ tally policy simulate policy.json --epochs 3..9 --gas-price 0.2 --ether-price 2500000000 --hour-price 400000

The epochs are settled again in a copy, under this policy alone; nothing of the ledger changes, and nothing is published.
The break-even fee needs all three prices; what the machine takes is measured in this run.

Exit codes: 0 done, 2 bad usage, 5 no such file, no policy, or epochs that are not settled.`

/** `policy show`, `policy simulate`. */
export function addPolicy(program: Command): void {
  const policy = program.command('policy').description('the rules of money: show, simulate')
  addShow(policy)
  addSimulate(policy)
}

function addShow(policy: Command): void {
  withGlobalFlags(policy.command('show').description('the policy in force, and what was announced'))
    .option('--at <epoch>', 'in that epoch (default: the one that is open)', wholeNumber)
    .addHelpText(
      'after',
      '\nExample:\n  $ tally policy show --at 12 --json\n\nExit codes: 0 shown, 5 no policy is in force.',
    )
    .action((flags: ShowFlags) =>
      runReadingVerb('policy show', flags, async ({ session, answer }) => {
        const found = await policyAt((await session.ledger()).warehouse, flags.at)
        answer(toDocument(found), () => printPolicy(found))
        return undefined
      }),
    )
}

function addSimulate(policy: Command): void {
  withGlobalFlags(
    policy
      .command('simulate <file>')
      .description('who would gain and lose under another policy, and what it would cost, before anybody publishes it'),
  )
    .requiredOption('--epochs <from..to>', 'settled epochs to settle again', toEpochs)
    .option('--gas-price <gwei>', 'price of gas, for what anchoring and claims cost', toWei)
    .option('--ether-price <atoms>', "atoms of the fees' token that buy one ether", toAtoms)
    .option('--hour-price <atoms>', "atoms of the fees' token that an hour of this machine costs", toAtoms)
    .option('--scratch <dir>', 'folder for the copy (default: the one for temporary files)')
    .addHelpText('after', SIMULATE_HELP)
    .action((file: string, flags: SimulateFlags) =>
      runReadingVerb('policy simulate', flags, async ({ session, answer, progress, path, signal }) => {
        const { epochs, gasPrice, etherPrice, hourPrice, scratch } = flags
        const options = {
          ledger: await session.ledger(),
          policy: readPolicy(textOf(path(file)), file),
          ...epochs,
          prices: {
            ...(gasPrice === undefined ? {} : { gasPrice_wei: gasPrice }),
            ...(etherPrice === undefined ? {} : { etherPrice }),
            ...(hourPrice === undefined ? {} : { hourPrice }),
          },
          ...(scratch === undefined ? {} : { folder: path(scratch) }),
          onProgress: (text: string) => progress.show(text),
        }
        // The copy is as large as the ledger's facts: whoever stops it shall not be left with one.
        return untilSignal(async (stopped) => {
          const simulation = await simulatePolicy({ ...options, signal: AbortSignal.any([signal, stopped]) }).catch(
            (error: unknown) => {
              if (!stopped.aborted) throw error
              printWarning('Stopped. The copy is removed; nothing of the ledger was changed.', null)
              return undefined
            },
          )
          if (simulation === undefined) return EXIT.later
          answer(simulation, () => printSimulation(simulation))
          return EXIT.ok
        })
      }),
    )
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new FileUnreadableError({ path }, cause)
  }
}

function toDocument({ epoch, policy, announced }: PolicyAt) {
  const told = ({ body, acceptedIn, from }: PublishedPolicy) => ({ policy: policyDocument(body), acceptedIn, from })
  return { epoch, ...told(policy), announced: announced.map(told) }
}

function printPolicy({ epoch, policy, announced }: PolicyAt): void {
  printLine(`Policy of epoch ${epoch}, accepted in epoch ${policy.acceptedIn}:`)
  for (const [name, value] of Object.entries(policyDocument(policy.body)))
    printLine(`  ${name.padEnd(20)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  for (const { body, from } of announced) printLine(`From epoch ${from} on: ${body.policy}`)
}

/** Of a flag `from..to`. */
export function toEpochs(text: string): { from: number; to: number } {
  const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || from < 1 || to < from)
    throw new InvalidArgumentError('It must be two epochs, the first from 1 on: 3..9.')
  return { from, to }
}

const GWEI_DIGITS = 9

function toWei(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  if (whole === undefined) throw new InvalidArgumentError('It must be a price in gwei: 0.2.')
  return BigInt(whole + fraction.padEnd(GWEI_DIGITS, '0'))
}

function toAtoms(text: string): bigint {
  if (!/^\d{1,40}$/.test(text))
    throw new InvalidArgumentError("It must be a whole number of the token's smallest unit.")
  return BigInt(text)
}

import { type Command, InvalidArgumentError, Option } from 'commander'
import { checkDispute, type DisputeVerdict } from '../../audit/index.ts'
import { decideDispute, type OpenedDispute, openDispute } from '../../client/src/dispute.ts'
import { openDigitExtractor } from '../../examples/digits/extractor.ts'
import { readArtefact } from '../../extractors/artefact.ts'
import { ledgerSource } from '../../jobs/close/published-cut.ts'
import { requireDisputable, requireOpen } from '../../jobs/disputes/disputable.ts'
import { disputeNamed, disputesOf } from '../../jobs/disputes/disputes.ts'
import type { DisputeClaim } from '../../schemas/events.ts'
import { type Address, fromHex, toAddress } from '../../schemas/ids.ts'
import {
  type GlobalFlags,
  runReadingVerb,
  runVerb,
  runVerbAlone,
  type VerbContext,
  wholeNumber,
  withGlobalFlags,
} from '../command.ts'
import { ConfigError } from '../config.ts'
import { accountOfKeyFile } from '../key-file.ts'
import { requireOperator } from '../operator.ts'
import { EXIT, printLine } from '../output.ts'
import { printCheckedDispute, printDispute } from '../print-dispute.ts'

const CLAIMS: readonly DisputeClaim[] = ['features', 'duplicate', 'settlement', 'other']
const EXIT_UNDECIDED = 8
const MILLIONTHS = 1_000_000

interface Item {
  readonly batch: { readonly source: string; readonly id: string }
  readonly index: number
}

interface OpenFlags extends GlobalFlags {
  readonly epoch: number
  readonly kind: string
  readonly asset: string
  readonly token: Address
  readonly account?: Address
  readonly claim: DisputeClaim
  readonly item: readonly Item[]
  readonly evidence?: Uint8Array
  readonly dispute?: string
  readonly source: string
  readonly keyFile?: string
  readonly contract?: Address
}

type ListFlags = GlobalFlags & { readonly all?: boolean }
type ResolveFlags = GlobalFlags & {
  readonly uphold?: boolean
  readonly reject?: boolean
  readonly award?: number
  readonly reason: string
}
type CheckFlags = GlobalFlags & { readonly payloads?: string; readonly extractor?: string }

/** `dispute open`, `list`, `show`, `check`, `resolve`: settlement lines that somebody says are wrong. */
export function addDisputes(program: Command): void {
  const dispute = program.command('dispute').description('lines that are disputed: open, list, show, check, resolve')
  addOpen(dispute)
  addReading(dispute)
  addCheck(dispute)
  addResolve(dispute)
}

function addOpen(dispute: Command): void {
  withGlobalFlags(dispute.command('open').description('say that a settlement line of an earlier epoch is wrong'))
    .requiredOption('--epoch <n>', 'epoch of the line', wholeNumber)
    .requiredOption('--kind <kind>', 'kind of the line: data, model, sale and so on')
    .option('--asset <name>', 'asset of the line (default: none, as in an adjustment for no model in particular)', '')
    .requiredOption('--token <address>', 'token of the line', toAddressFlag)
    .option('--account <address>', 'whom the line pays (default: you)', toAddressFlag)
    .addOption(new Option('--claim <claim>', 'what is wrong').choices([...CLAIMS]).default('other'))
    .option('--item <source,batch,index>', 'a contribution that it is about; may be repeated', toItem, [])
    .option('--evidence <hash>', 'SHA-256 of a document that says more', toHash)
    .option('--dispute <name>', 'a name that no other dispute has (default: a random one)')
    .requiredOption('--source <name>', 'registered source that may send DisputeOpened')
    .option('--key-file <file>', 'file with the key of the account that disputes')
    .option(
      '--contract <address>',
      'the account is a contract: it answers for the digest that is printed',
      toAddressFlag,
    )
    .addHelpText(
      'after',
      "\nExample:\n  $ tally dispute open --epoch 4 --account 0x1f9840a85d5af5bf1d1762f925bdaddc4201f984 --kind data --asset digit-reader --token 0x5fbdb2315678afecb367f032d93f642f64180aa3 --claim duplicate --item urn:portal,batch-7,3 --source urn:portal --key-file me.key\n\nOn a line of yours it is free. On another's the bond that the policy asks is taken from what you have deposited: you have it back unless the dispute is rejected.",
    )
    .action((flags: OpenFlags) => runVerb('dispute open', flags, (context) => open(context, flags)))
}

async function open({ session, path, answer }: VerbContext, flags: OpenFlags): Promise<undefined> {
  const { keyFile, contract, source, claim, dispute, evidence, item: items } = flags
  if ((keyFile === undefined) === (contract === undefined))
    throw new ConfigError(['account: needs --key-file, or --contract for an account that is a contract'])
  const signing = contract === undefined ? { signer: accountOfKeyFile(path(keyFile!)) } : { contract }
  const opener = toAddress('signer' in signing ? signing.signer.address : signing.contract)
  const { ledgerId, warehouse } = await session.ledger()
  const { epoch, kind, asset, token, account = opener } = flags
  const line = { epoch, account, token, kind, asset }
  const { amount, bond } = await requireDisputable(warehouse, line, opener)
  const made: OpenedDispute = await openDispute({
    ...{ ...signing, ledgerId, source, line, claim, items, bond, now: new Date(Number(session.clock())) },
    ...(dispute === undefined ? {} : { dispute }),
    ...(evidence === undefined ? {} : { evidence }),
  })
  const { sink } = await session.log()
  await sink.append([made.record])
  const { id, digest, dispute: name } = made
  const document = { dispute: name, id, source, digest, signed: contract === undefined, line, amount, bond }
  answer(document, () => {
    printLine(
      `Dispute ${name} of ${amount} of ${token} is in the log (${source} ${id}); it is decided with the next cut.`,
    )
    printLine(bond === 0n ? 'It is your own line: it costs nothing.' : `Its bond is ${bond}.`)
    if (contract !== undefined)
      printLine(
        `It counts once the contract has answered for ${digest}: tally signature check ${contract} --digest ${digest} …`,
      )
  })
  return undefined
}

function addReading(dispute: Command): void {
  withGlobalFlags(dispute.command('list [account]').description('open disputes: by an account or of its lines, or all'))
    .option('--all', 'also those that have ended, or never stood')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally dispute list 0x1f9840a85d5af5bf1d1762f925bdaddc4201f984 --all\n\nAs of the last settled epoch.',
    )
    .action((account: string | undefined, flags: ListFlags) =>
      runReadingVerb('dispute list', flags, async ({ session, answer }) => {
        const { warehouse } = await session.ledger()
        const found = await disputesOf(warehouse, account === undefined ? undefined : toAddress(account))
        const disputes =
          flags.all === true ? found : found.filter(({ state }) => state === 'open' || state === 'waiting')
        answer({ disputes }, () => {
          if (disputes.length === 0) printLine('Nothing is disputed. Dispute something: tally dispute open --help')
          for (const dispute of disputes) printDispute(dispute)
        })
        return undefined
      }),
    )
  withGlobalFlags(dispute.command('show <dispute>').description('a dispute: what is disputed, held, and was decided'))
    .addHelpText('after', '\nExample:\n  $ tally dispute show copies-of-ana\n\nExit codes: 0 shown, 5 no such dispute.')
    .action((name: string, flags: GlobalFlags) =>
      runReadingVerb('dispute show', flags, async ({ session, answer }) => {
        const found = await disputeNamed((await session.ledger()).warehouse, name)
        answer(found, () => printDispute(found))
        return undefined
      }),
    )
}

const EXIT_OF: Readonly<Record<DisputeVerdict, number>> = {
  'does not hold': EXIT.ok,
  holds: EXIT.failed,
  'holds in part': EXIT.failed,
  undecided: EXIT_UNDECIDED,
}

const CHECK_HELP = `
Example:
  $ tally dispute check copies-of-ana ./ledger/bundles
  $ tally dispute check wrong-features ./ledger/bundles --payloads ./ledger/payloads --extractor ./ledger/extractor

It recomputes all epochs of the bundles from their records, as \`tally audit\` does, and looks at what the dispute claims:
  settlement  whether the line follows from the records
  duplicate   whether the items equal, or are near, earlier ones of other accounts; who is earlier, by priority
  features    whether the items' features come out again (needs --payloads and --extractor)
Duplicates and features are looked at also where scores, lines or amounts are missing or wrong: they need the records alone.
It opens no warehouse and decides nothing: the operator does, with \`tally dispute resolve\`.

Exit codes:
  0  the claim does not hold
  1  it holds, or part of it; or the line does not follow from the records
  4  the disk cannot be read: run it again later
  5  the bundles hold no such dispute
  8  undecided: what it is about no machine can tell, or something that is needed was not given`

function addCheck(dispute: Command): void {
  withGlobalFlags(
    dispute.command('check <dispute> <bundle>').description('replay what a machine can decide of a dispute'),
  )
    .option('--payloads <dir>', 'for a claim of features: the payload store')
    .option('--extractor <dir>', 'for a claim of features: weights, basis and code that the feature map commits to')
    .addHelpText('after', CHECK_HELP)
    .action((name: string, bundle: string, flags: CheckFlags) =>
      runVerbAlone('dispute check', flags, async ({ path, progress, answer }) => {
        const { payloads, extractor } = flags
        if ((payloads === undefined) !== (extractor === undefined))
          throw new ConfigError(['features: need both --payloads and --extractor'])
        const checked = await checkDispute(path(bundle), name, {
          ...(payloads === undefined || extractor === undefined
            ? {}
            : { features: { payloads: path(payloads), extractor: openDigitExtractor(readArtefact(path(extractor))) } }),
          onProgress: (step) => progress.show(`epoch ${step.epoch}: ${step.name}`),
        })
        answer(checked, () => printCheckedDispute(checked))
        const isWrong = checked.settlement.verdict === 'does not follow'
        return isWrong ? EXIT.failed : EXIT_OF[checked.verdict]
      }),
    )
}

function addResolve(dispute: Command): void {
  withGlobalFlags(
    dispute.command('resolve <dispute>').description('decide a dispute, signed by the operator (OPERATOR_KEY)'),
  )
    .option('--uphold', 'the opener is right: the bond goes back')
    .option('--reject', 'the opener is wrong: what is held and the bond go to the account of the line')
    .option(
      '--award <millionths>',
      'with --uphold: of what is held, for the opener; the rest goes to nobody',
      wholeNumber,
    )
    .requiredOption('--reason <text>', 'why, for everybody to read; at most 256 characters')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally dispute resolve copies-of-ana --uphold --award 200000 --reason "Items 3 and 4 are copies."\n\nUndecided, a dispute ends by itself: the account has what was held, the opener the bond.',
    )
    .action((name: string, flags: ResolveFlags) =>
      runVerb('dispute resolve', flags, (context) => resolve(context, name, flags)),
    )
}

async function resolve({ session, answer }: VerbContext, name: string, flags: ResolveFlags): Promise<undefined> {
  const { uphold = false, reject = false, award = 0, reason } = flags
  if (uphold === reject) throw new ConfigError(['decision: needs --uphold or --reject, one of them'])
  if (award > (uphold ? MILLIONTHS : 0))
    throw new ConfigError(['award: needs --uphold, and is at most 1000000 millionths'])
  const ledger = await session.ledger()
  const signer = requireOperator(session.config, ledger.genesis)
  await requireOpen(ledger.warehouse, name)
  const source = ledgerSource(ledger.ledgerId)
  const { id, record } = await decideDispute({
    ...{ ledgerId: ledger.ledgerId, signer, source, dispute: name, upheld: uphold },
    ...{ awardParts: award, reason, now: new Date(Number(session.clock())) },
  })
  const { sink } = await session.log()
  await sink.append([record])
  answer({ dispute: name, id, source, upheld: uphold, awardParts: award }, () =>
    printLine(
      `Dispute ${name} is ${uphold ? 'upheld' : 'rejected'} in the log; it ends with the next epoch that is settled.`,
    ),
  )
  return undefined
}

/** The index stands behind the last comma, the source before the first. */
function toItem(text: string, before: readonly Item[]): readonly Item[] {
  const [, source, id, index] = /^([^,]+),(.+),(\d{1,3})$/.exec(text) ?? []
  if (source === undefined || id === undefined)
    throw new InvalidArgumentError('It must be source,batch,index: urn:portal,batch-7,3.')
  return [...before, { batch: { source, id }, index: Number(index) }]
}

function toHash(text: string): Uint8Array {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('It must be 0x and 64 hex digits.')
  return fromHex(text as `0x${string}`)
}

function toAddressFlag(text: string): Address {
  try {
    return toAddress(text)
  } catch {
    throw new InvalidArgumentError('It must be an address: 0x and 40 hex digits.')
  }
}

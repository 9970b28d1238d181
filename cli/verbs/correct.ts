import { type Command, InvalidArgumentError } from 'commander'
import { correctInference } from '../../client/src/correct.ts'
import { retireModel } from '../../client/src/retire.ts'
import { requireCorrectable } from '../../jobs/corrections/require-correctable.ts'
import { requireRetirable } from '../../jobs/corrections/require-retirable.ts'
import { toAddress } from '../../schemas/ids.ts'
import { CORRECTION_REASON_CHARACTERS_MAX } from '../../schemas/limits.ts'
import { type GlobalFlags, runVerb, type VerbContext, withGlobalFlags } from '../command.ts'
import { ConfigError } from '../config.ts'
import { accountOfKeyFile } from '../key-file.ts'
import { printLine } from '../output.ts'

type CorrectFlags = GlobalFlags & {
  readonly fee?: bigint
  readonly void?: boolean
  readonly reason: string
  readonly source?: string
}
type RetireFlags = GlobalFlags & { readonly source: string; readonly keyFile: string }

/** `correct`, `retire`: what was recorded wrongly is taken back, and a model is used no more. */
export function addCorrections(program: Command): void {
  withGlobalFlags(
    program.command('correct <inference>').description('take back a use that was metered wrongly, or some of its fee'),
  )
    .option('--fee <atoms>', 'what it costs, in the smallest unit of its token: not more than stands now', toAmount)
    .option('--void', 'it is as if it had not been: nothing is paid for it')
    .requiredOption('--reason <text>', 'why, for people; it is on record', toReason)
    .option('--source <name>', 'source that reported it, and sends this (default: the only one with a use of this id)')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally correct 0b8f2c1e-6a55-4d0e-9f53-2f0b6a1c7d11 --fee 120 --reason "tokens counted twice"\n  $ tally correct use-17 --void --reason "the answer never arrived"\n\nIt counts before the fee is taken, and at once while the fee is held. Of what was settled before it is on record,\nshown by tally explain, and moves money only with an adjustment.',
    )
    .action((inference: string, flags: CorrectFlags) =>
      runVerb('correct', flags, (context) => correct(context, inference, flags)),
    )
  withGlobalFlags(program.command('retire <model>').description('end the use of a model, for ever'))
    .requiredOption('--source <name>', 'registered source that may send it')
    .requiredOption('--key-file <file>', 'file with the key of who owns more than half of the model')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally retire digits-net-1 --source urn:lab --key-file me.key\n\nUses behind its place are refused (MODEL_RETIRED). What was used before is settled as ever; what is derived from it goes on.',
    )
    .action((model: string, flags: RetireFlags) => runVerb('retire', flags, (context) => retire(context, model, flags)))
}

/** @throws ConfigError unless exactly one of --fee and --void is given */
async function correct({ session, answer }: VerbContext, inferenceId: string, flags: CorrectFlags): Promise<undefined> {
  if (flags.fee !== undefined && flags.void === true)
    throw new ConfigError(['correction: --fee says what the use costs, --void that it costs nothing; give one of them'])
  if (flags.fee === undefined && flags.void !== true)
    throw new ConfigError(['correction: needs --fee with what the use costs, or --void'])
  const fee = flags.fee ?? 'void'
  const { warehouse } = await session.ledger()
  const use = await requireCorrectable(warehouse, { id: inferenceId, source: flags.source, fee: flags.fee ?? 0n })
  const { source, token } = use
  const now = new Date(Number(session.clock()))
  const { id, record } = correctInference({ source, inferenceId, fee, reason: flags.reason, now })
  const { sink } = await session.log()
  await sink.append([record])
  const document = { inference: inferenceId, source, id, token, recorded: use.recorded, before: use.fee, stands: fee }
  answer(document, () => {
    const stands = fee === 'void' ? 'void' : `${fee} of ${token}`
    printLine(`The correction of ${inferenceId} is in the log (${source} ${id}); it is decided with the next cut.`)
    printLine(`${use.fee} of ${token} stood before, and then ${stands}.`)
  })
  return undefined
}

async function retire({ session, path, answer }: VerbContext, model: string, flags: RetireFlags): Promise<undefined> {
  const signer = accountOfKeyFile(path(flags.keyFile))
  const { ledgerId, warehouse } = await session.ledger()
  await requireRetirable(warehouse, model, toAddress(signer.address))
  const now = new Date(Number(session.clock()))
  const { source } = flags
  const { id, record } = await retireModel({ ledgerId, signer, source, model, now })
  const { sink } = await session.log()
  await sink.append([record])
  answer({ model, source, id }, () =>
    printLine(`The retirement of ${model} is in the log (${source} ${id}); it is decided with the next cut.`),
  )
  return undefined
}

function toAmount(text: string): bigint {
  if (!/^(0|[1-9]\d{0,28})$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return BigInt(text)
}

function toReason(text: string): string {
  if (text.length < 1 || text.length > CORRECTION_REASON_CHARACTERS_MAX)
    throw new InvalidArgumentError(`It must have 1 to ${CORRECTION_REASON_CHARACTERS_MAX} characters.`)
  return text
}

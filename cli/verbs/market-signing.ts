import { type Command, InvalidArgumentError } from 'commander'
import type { SignedRecord } from '../../client/src/market.ts'
import { type Address, toAddress } from '../../schemas/ids.ts'
import { type GlobalFlags, type VerbContext, withGlobalFlags } from '../command.ts'
import { ConfigError } from '../config.ts'
import { accountOfKeyFile } from '../key-file.ts'
import { printLine } from '../output.ts'

export interface SendingFlags extends GlobalFlags {
  readonly source: string
  readonly keyFile?: string
  readonly contract?: Address
}

/** Flags of a verb that signs with an account's key, or names a contract that answers for it. */
export function withSigningFlags(command: Command): Command {
  return withGlobalFlags(command)
    .requiredOption('--source <name>', 'registered source that may send it')
    .option('--key-file <file>', 'file with the key of the account that signs')
    .option(
      '--contract <address>',
      'the account is a contract: it answers for the digest that is printed',
      toAddressFlag,
    )
}

type Signing = { readonly ledgerId: Uint8Array; readonly source: string; readonly now: Date } & (
  | { readonly signer: ReturnType<typeof accountOfKeyFile> }
  | { readonly contract: string }
)

/** Signs and appends one record. @throws ConfigError unless exactly one account is named */
export async function send(
  { session, path, answer }: VerbContext,
  { keyFile, contract, source }: SendingFlags,
  what: string,
  make: (signing: Signing) => Promise<SignedRecord & { readonly offer: string }>,
): Promise<undefined> {
  if ((keyFile === undefined) === (contract === undefined))
    throw new ConfigError(['account: needs --key-file, or --contract for an account that is a contract'])
  const { ledgerId } = await session.ledger()
  const common = { ledgerId, source, now: new Date(Number(session.clock())) }
  const made = await make(
    contract === undefined ? { ...common, signer: accountOfKeyFile(path(keyFile!)) } : { ...common, contract },
  )
  const { sink } = await session.log()
  await sink.append([made.record])
  const { id, offer, digest } = made
  answer({ offer, id, source, digest, signed: contract === undefined }, () => {
    printLine(`The ${what} of ${offer} is in the log (${source} ${id}); it is decided with the next cut.`)
    if (contract !== undefined)
      printLine(
        `It counts once the contract has answered for ${digest}: tally signature check ${contract} --digest ${digest} …`,
      )
  })
  return undefined
}

export function accountOf(signing: Signing): Address {
  return toAddress('signer' in signing ? signing.signer.address : signing.contract)
}

export function toAddressFlag(text: string): Address {
  try {
    return toAddress(text)
  } catch {
    throw new InvalidArgumentError('It must be an address: 0x and 40 hex digits.')
  }
}

import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { Genesis } from '../schemas/genesis.ts'
import { toAddress } from '../schemas/ids.ts'
import { type Config, ConfigError } from './config.ts'

/** The operator's account, when its key is configured. @throws ConfigError when the key is somebody else's */
export function operatorOf(config: Config, genesis: Genesis): PrivateKeyAccount | undefined {
  if (config.operatorKey === undefined) return undefined
  const account = privateKeyToAccount(config.operatorKey as `0x${string}`)
  if (toAddress(account.address) === genesis.operator) return account
  throw new ConfigError([`operatorKey: belongs to ${account.address}, the ledger's operator is ${genesis.operator}`])
}

/** @throws ConfigError when it is missing or somebody else's */
export function requireOperator(config: Config, genesis: Genesis): PrivateKeyAccount {
  const operator = operatorOf(config, genesis)
  if (operator === undefined) throw new ConfigError(['operatorKey: is needed to sign (set OPERATOR_KEY)'])
  return operator
}

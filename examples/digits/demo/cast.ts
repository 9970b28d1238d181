import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { type Address, toAddress, toHex } from '../../../schemas/ids.ts'
import type { DigitAccount, Role } from '../accounts.ts'

export interface Actor {
  readonly name: string
  readonly role: string
  readonly signer: PrivateKeyAccount
  readonly address: Address
}

export interface Contributor extends Actor {
  readonly role: Role
  readonly digits: DigitAccount
}

/** Everybody in the demo who has a key; the keys follow from the seed and are worth nothing elsewhere. */
export interface Cast {
  readonly operator: Actor
  readonly modelLab: Actor
  readonly gatewayOwner: Actor
  readonly treasury: Actor
  readonly payer: Actor
  readonly contributors: readonly Contributor[]
}

/** Somebody whose key follows from the seed and the name. */
export function actorOf(seed: string, name: string, role: string): Actor {
  const signer = privateKeyToAccount(toHex(Xoshiro128.fromSeed(seed).fork(`key/${name}`).bytes(32)))
  return { name, role, signer, address: toAddress(signer.address) }
}

export function castOf(seed: string, digits: readonly DigitAccount[]): Cast {
  const actor = (name: string, role: string) => actorOf(seed, name, role)
  return {
    operator: actor('Operator', 'operator'),
    modelLab: actor('Model lab', 'model'),
    gatewayOwner: actor('Gateway', 'infrastructure'),
    treasury: actor('Treasury', 'treasury'),
    payer: actor('Customer', 'payer'),
    contributors: digits.map((account) => ({
      ...actor(account.name, account.role),
      role: account.role,
      digits: account,
    })),
  }
}

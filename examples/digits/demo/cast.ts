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

export function castOf(seed: string, digits: readonly DigitAccount[]): Cast {
  const random = Xoshiro128.fromSeed(seed)
  const actor = (name: string, role: string): Actor => {
    const signer = privateKeyToAccount(toHex(random.fork(`key/${name}`).bytes(32)))
    return { name, role, signer, address: toAddress(signer.address) }
  }
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

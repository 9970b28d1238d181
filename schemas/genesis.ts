import { TallyError } from './errors.ts'
import { type Address, toAddress } from './ids.ts'

/** What a ledger is founded on; never changes. `ledgerId` is SHA-256 of its canonical JSON. */
export interface Genesis {
  readonly format: 'tallystick-genesis/1'
  readonly name: string
  /** EIP-155. */
  readonly chainId: number
  /** TallyDistributor that pays this ledger's accounts. */
  readonly distributor: Address
  /** The one key that registers sources and publishes policies. */
  readonly operator: Address
}

export class InvalidGenesisError extends TallyError {
  override readonly code = 'INVALID_GENESIS'
  constructor(detail: string) {
    super(`This is no genesis document: ${detail}`, { hint: 'Its shape is in docs/formats.md#genesis.' })
  }
}

/** @throws InvalidGenesisError unless `value` has exactly the keys and types of docs/formats.md#genesis. */
export function toGenesis(value: unknown): Genesis {
  if (typeof value !== 'object' || value === null) throw new InvalidGenesisError('it is no object.')
  const { format, name, chainId, distributor, operator, ...rest } = value as Record<string, unknown>
  if (format !== 'tallystick-genesis/1') throw new InvalidGenesisError('format is not tallystick-genesis/1.')
  if (Object.keys(rest).length > 0) throw new InvalidGenesisError(`unknown key ${Object.keys(rest)[0]}.`)
  if (typeof name !== 'string' || name.length === 0 || name.length > 256)
    throw new InvalidGenesisError('name must have 1 to 256 characters.')
  if (!Number.isSafeInteger(chainId) || (chainId as number) < 1)
    throw new InvalidGenesisError('chainId must be a whole number from 1.')
  if (typeof distributor !== 'string' || typeof operator !== 'string')
    throw new InvalidGenesisError('distributor and operator must be addresses.')
  return {
    format,
    name,
    chainId: chainId as number,
    distributor: toAddress(distributor),
    operator: toAddress(operator),
  }
}

import { join } from 'node:path'
import type { Hex } from 'viem'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, toAddress } from '../../schemas/ids.ts'
import type { DistributorPlace } from '../chain/attestation.ts'
import { type AttestationDocument, encodeAttestation, verifyAttestation } from '../chain/attestation-document.ts'
import { createWhole, readWhole, replaceWhole } from '../durable-file.ts'

/** One attempt at an epoch: at most one proposal of it is ever signed. */
export interface SignedAttempt {
  readonly epoch: number
  readonly attempt: number
}

/**
 * What an attester has signed, so that it never signs two proposals of one attempt. An implementation promises:
 * - `bind` gives the same hash for an attempt for ever: that of the first call, whichever process made it, also when it was
 *   killed before it had the answer;
 * - when `bind` or `store` has resolved, it survives a crash of the process and of the machine.
 */
export interface SigningMemory {
  /** @returns the proposal that the attempt is bound to: `proposalHash`, or the one of an earlier call */
  bind(attempt: SignedAttempt, proposalHash: Hex): Promise<Hex>
  /** The proposal that the attempt is bound to, undefined when it is not. */
  bound(attempt: SignedAttempt): Promise<Hex | undefined>
  /** Whether the attestation is stored already. */
  isStored(attempt: SignedAttempt): Promise<boolean>
  /** @returns where it lies */
  store(document: AttestationDocument): Promise<string>
}

export class SigningMemoryError extends TallyError {
  override readonly code = 'SIGNING_MEMORY'
  constructor(facts: { path: string; problem: string }, cause?: unknown) {
    super(`${facts.path} is not what this attester wrote there: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'Nothing is signed for this attempt. Restore the folder; never make it anew while the attempt is pending.',
    })
  }
}

const HASH = /^0x[0-9a-f]{64}\n$/

/** {@link SigningMemory} in a folder: `signed/…` binds an attempt, `attestation-….json` is what the operator gets. */
export class FolderSigningMemory implements SigningMemory {
  readonly #folder: string
  readonly #place: DistributorPlace
  readonly #attester: Address

  constructor(folder: string, place: DistributorPlace, attester: Address) {
    this.#folder = folder
    this.#place = place
    this.#attester = attester
  }

  async bind(attempt: SignedAttempt, proposalHash: Hex): Promise<Hex> {
    // An attestation without its binding: somebody removed the folder `signed`. What was signed still counts.
    const before = await this.bound(attempt)
    if (before !== undefined) return before
    await createWhole(this.#bindingPath(attempt), `${proposalHash}\n`)
    // Read again: another process may have been first.
    const bound = await this.bound(attempt)
    if (bound === undefined) throw this.#problem(this.#bindingPath(attempt), 'it is gone again')
    return bound
  }

  async bound(attempt: SignedAttempt): Promise<Hex | undefined> {
    const path = this.#bindingPath(attempt)
    const text = await readWhole(path)
    if (text === undefined) return (await this.#stored(attempt))?.proposalHash
    if (!HASH.test(text)) throw this.#problem(path, 'it holds no hash')
    return text.trim() as Hex
  }

  async isStored(attempt: SignedAttempt): Promise<boolean> {
    return (await this.#stored(attempt)) !== undefined
  }

  async store(document: AttestationDocument): Promise<string> {
    const path = this.#attestationPath(document)
    await replaceWhole(path, encodeAttestation(document))
    return path
  }

  async #stored(attempt: SignedAttempt): Promise<AttestationDocument | undefined> {
    const path = this.#attestationPath(attempt)
    const text = await readWhole(path)
    if (text === undefined) return undefined
    try {
      return await verifyAttestation(Buffer.from(text))
    } catch (cause) {
      throw this.#problem(path, cause instanceof Error ? cause.message : String(cause), cause)
    }
  }

  #bindingPath(attempt: SignedAttempt): string {
    return join(this.#folder, 'signed', this.#nameOf(attempt))
  }

  #attestationPath(attempt: SignedAttempt): string {
    return join(this.#folder, `attestation-${this.#nameOf(attempt)}.json`)
  }

  /** Whole names: one folder may serve several contracts and keys, and operators collect the files of many attesters. */
  #nameOf({ epoch, attempt }: SignedAttempt): string {
    const { chainId, distributor } = this.#place
    return `${chainId}-${toAddress(distributor)}-${String(epoch).padStart(6, '0')}-${attempt}-${this.#attester}`
  }

  #problem(path: string, problem: string, cause?: unknown): SigningMemoryError {
    return new SigningMemoryError({ path, problem }, cause)
  }
}

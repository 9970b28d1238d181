import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DistributorAt } from '../../anchor/chain/distributor.ts'
import type { WatchDifference } from '../../anchor/watch/alarm.ts'
import type { HeldContractAnswers, Recomputation, RecomputedEpoch, Recomputer } from '../../anchor/watch/recomputer.ts'
import {
  ANSWERS_CHECK,
  type AuditStep,
  auditBundle,
  compareContractAnswers,
  compareDeposits,
  type EpochAsRead,
} from '../../audit/index.ts'
import { TallyError } from '../../schemas/errors.ts'

interface Audited {
  readonly epochs: EpochAsRead[]
  readonly difference: WatchDifference | undefined
  readonly isIncomplete: boolean
}

/** {@link Recomputer} by `auditBundle`, on a folder of epochs. It also holds recorded deposits and answers of contracts to the chain. */
export class BundleRecomputer implements Recomputer {
  readonly #folder: string
  readonly #at: DistributorAt
  readonly #onProgress: (step: AuditStep) => void
  #last: { fingerprint: string; through: number; audited: Audited } | undefined
  /** Epochs whose records say nothing of the chain that it does not say itself, by manifest. */
  readonly #held = new Map<string, HeldContractAnswers>()

  constructor(folder: string, at: DistributorAt, onProgress: (step: AuditStep) => void) {
    this.#folder = folder
    this.#at = at
    this.#onProgress = onProgress
  }

  async has(epoch: number): Promise<boolean> {
    const entry = await lstat(join(this.#folder, folderOf(epoch))).catch(() => undefined)
    return entry?.isDirectory() === true
  }

  async recompute(through: number): Promise<Recomputation> {
    const fingerprint = await this.#fingerprint(through)
    const isKnown = this.#last?.fingerprint === fingerprint && this.#last.through === through
    const audited = isKnown ? this.#last!.audited : await this.#audit(through)
    // Something that changed meanwhile is looked at again the next time.
    if (!isKnown) this.#last = { fingerprint, through, audited }
    return this.#holdToChain(audited)
  }

  async #audit(through: number): Promise<Audited> {
    const epochs: EpochAsRead[] = []
    try {
      const { firstDifference: difference } = await auditBundle(this.#folder, {
        through,
        onEpoch: (epoch) => void epochs.push(this.#held.has(epoch.manifestHash) ? released(epoch) : epoch),
        onProgress: this.#onProgress,
      })
      const isOfFiles = difference?.check === 'files'
      // Files are checked before anything else, of all epochs: those before the bad one are recomputed without it.
      const before = isOfFiles && epochs.length === 0 ? (difference.epoch ?? 1) - 1 : 0
      if (before === 0)
        return { epochs: withoutDoubt(epochs, through, difference), difference, isIncomplete: isOfFiles }
      const earlier = await this.#audit(before)
      return earlier.difference === undefined ? { ...earlier, difference, isIncomplete: true } : earlier
    } catch (error) {
      const isUnreadable = error instanceof TallyError
      const found = error instanceof Error ? error.message : String(error)
      const where = folderOf(epochs.length + 1)
      // An audit promises a difference and no exception: one of another kind is a fault, and no reason to attest either.
      const difference = {
        epoch: epochs.length + 1,
        check: 'audit',
        where,
        expected: 'a bundle that can be read',
        found,
      }
      return { epochs, difference, isIncomplete: isUnreadable }
    }
  }

  async #holdToChain({ epochs, ...rest }: Audited): Promise<Recomputation> {
    const agreed: RecomputedEpoch[] = []
    for (const [index, epoch] of epochs.entries()) {
      const difference = await this.#differenceToChain(epoch)
      if (difference !== undefined) return { epochs: agreed, difference, isIncomplete: false }
      epochs[index] = released(epoch)
      agreed.push(this.#recomputedOf(epoch))
    }
    return { epochs: agreed, ...rest }
  }

  /** Asks the chain until it agrees, and then no more. */
  async #differenceToChain(read: EpochAsRead): Promise<WatchDifference | undefined> {
    const { manifest, manifestHash, deposits, contractAnswers } = read
    if (deposits === undefined || contractAnswers === undefined || this.#held.has(manifestHash)) return undefined
    const { epoch } = manifest
    const made = await compareDeposits(this.#at, deposits)
    if (made.difference !== undefined) return watchDifference(epoch, 'deposits', made.difference)
    const given = await compareContractAnswers(this.#at.connection, contractAnswers)
    if (given.difference !== undefined) return watchDifference(epoch, ANSWERS_CHECK, given.difference)
    this.#held.set(manifestHash, { checked: given.checked, unknown: given.unknown })
    return undefined
  }

  #recomputedOf({ genesis, manifest, manifestHash, how, deposits }: EpochAsRead): RecomputedEpoch {
    const contractAnswers = this.#held.get(manifestHash)
    // Scores that are taken over, since features were erased, are no recomputation: nobody attests to such an epoch.
    if (deposits === undefined || contractAnswers === undefined || how === 'but for erased')
      return { genesis, manifest, isWhole: false }
    return { genesis, manifest, isWhole: true, contractAnswers }
  }

  /** Changes when a file of one of the epochs does. */
  async #fingerprint(through: number): Promise<string> {
    const hash = createHash('sha256')
    for (let epoch = 1; epoch <= through; epoch++) {
      const names = await readdir(join(this.#folder, folderOf(epoch)), { recursive: true }).catch(() => [])
      for (const name of names.sort()) {
        const path = join(this.#folder, folderOf(epoch), name)
        const entry = await lstat(path, { bigint: true }).catch(() => undefined)
        hash.update(`${path} ${entry?.ino} ${entry?.size} ${entry?.mtimeNs} ${entry?.ctimeNs}\n`)
      }
    }
    return hash.digest('hex')
  }
}

/** A difference that comes after all epochs is of none of them: then nothing is said of the newest either. */
function withoutDoubt(epochs: EpochAsRead[], through: number, difference: WatchDifference | undefined): EpochAsRead[] {
  return difference === undefined ? epochs : epochs.slice(0, through - 1)
}

function watchDifference(
  epoch: number,
  check: string,
  [where, expected, found]: readonly [string, string, string],
): WatchDifference {
  return { epoch, check, where, expected, found }
}

/** What the chain agreed to has not to lie in memory any longer; that records were given is kept. */
function released(epoch: EpochAsRead): EpochAsRead {
  return { ...epoch, deposits: epoch.deposits && [], contractAnswers: epoch.contractAnswers && [] }
}

function folderOf(epoch: number): string {
  return `epoch-${String(epoch).padStart(6, '0')}`
}

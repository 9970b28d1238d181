import type { Hex, LocalAccount } from 'viem'
import { toAddress } from '../../schemas/ids.ts'
import { encodeAttestation, signAttestation, verifyAttestation } from '../chain/attestation-document.ts'
import { type DistributorAt, type EpochRecord, readAttesters } from '../chain/distributor.ts'
import { type Alarm, type AlarmSubject, alarmOf, revokeCommand, vetoCommand, type WatchDifference } from './alarm.ts'
import { deadlineOf, readWatched, type Watched } from './read-watched.ts'
import type { HeldContractAnswers, Recomputation, RecomputedEpoch, Recomputer } from './recomputer.ts'
import { LEDGER_CHECK, RecordChain, type WatchPins } from './record-chain.ts'
import type { SigningMemory } from './signing-memory.ts'

/** Who attests, and where it is written down. */
export interface Attester {
  readonly signer: LocalAccount
  readonly memory: SigningMemory
}

export interface WatcherOptions {
  readonly at: DistributorAt
  readonly pins: WatchPins
  readonly recomputer: Recomputer
  /** Undefined: it only alarms. */
  readonly attester: Attester | undefined
  /** Part of the window, in percent, in which the bundle may still be on its way. */
  readonly bundleWait_percent: number
}

/**
 * What a look found: nothing is proposed (`idle`); something is still on its way (`waiting`); the pending proposal is what was
 * recomputed (`agrees`), and is attested now or was before (`attested`).
 */
export type LookOutcome = 'idle' | 'waiting' | 'agrees' | 'attested' | 'alarm'

export interface Look {
  readonly outcome: LookOutcome
  readonly detail: string
  /** The pending proposal. */
  readonly epoch: number | null
  readonly attempt: number | null
  readonly proposalHash: Hex | null
  /** Block time, in seconds since 1970. */
  readonly now_s: bigint
  readonly deadline_s: bigint | null
  readonly lastFinalized: number
  /** Finalized epochs that were held to their recomputation. */
  readonly checkedTo: number
  /** Of all epochs that were recomputed from records; null when this look recomputed none. */
  readonly contractAnswers: HeldContractAnswers | null
  /** Where an attestation lies that this look made. */
  readonly attestation: string | null
  readonly alarms: readonly Alarm[]
}

type Verdict = Pick<Look, 'outcome' | 'detail'> & { readonly attestation?: string; readonly alarm?: Alarm }

/**
 * Looks at a distributor, recomputes what is proposed there, and attests to it or says what differs. It trusts its node to show
 * the contract, and nobody else: see docs/operations/watching.md.
 */
export class Watcher {
  readonly #options: WatcherOptions
  readonly #chain: RecordChain

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#chain = new RecordChain(options.at, options.pins)
  }

  /**
   * Looks once, at everything that is new.
   *
   * @throws what the node or the machine keep it from seeing: {@link RpcUnreachableError}, {@link RpcRefusedError},
   *         {@link NoDistributorError}, {@link SigningMemoryError}. Nothing is signed then.
   */
  async look(): Promise<Look> {
    const watched = await readWatched(this.#options.at)
    const alarms: Alarm[] = []
    if (watched.final.lastFinalized < this.#chain.lastEpoch) {
      alarms.push(finalityBroken(this.#chain.lastEpoch, watched))
      this.#chain.reset()
    }
    const pending = watched.latest.pending
    const wanted = Math.max(watched.final.lastFinalized, pending === undefined ? 0 : Number(pending.content.epoch))
    const there = await this.#contiguous(wanted)
    const isNews = pending !== undefined || watched.final.lastFinalized > this.#chain.lastEpoch
    const recomputation = isNews && there > 0 ? await this.#options.recomputer.recompute(there) : NOTHING
    alarms.push(...(await this.#holdFinalized(watched, recomputation)))
    // Where a final epoch is in doubt, nothing can be said of what builds on it.
    const canJudge = pending !== undefined && alarms.length === 0
    const verdict = canJudge ? await this.#judge(watched, pending, recomputation) : IDLE
    if (verdict.alarm !== undefined) alarms.push(verdict.alarm)
    return {
      outcome: alarms.length > 0 ? 'alarm' : verdict.outcome,
      detail: alarms[0]?.message ?? verdict.detail,
      epoch: pending === undefined ? null : Number(pending.content.epoch),
      attempt: pending?.content.attempt ?? null,
      proposalHash: pending?.recordHash ?? null,
      now_s: watched.now_s,
      deadline_s: pending === undefined ? null : deadlineOf(pending),
      lastFinalized: watched.final.lastFinalized,
      checkedTo: this.#chain.lastEpoch,
      contractAnswers: sumOfAnswers(recomputation),
      attestation: verdict.attestation ?? null,
      alarms,
    }
  }

  /** The last epoch up to `wanted` before which no folder is missing. */
  async #contiguous(wanted: number): Promise<number> {
    for (let epoch = 1; epoch <= wanted; epoch++) if (!(await this.#options.recomputer.has(epoch))) return epoch - 1
    return wanted
  }

  /** What became final has to be what was recomputed. @returns at most one alarm: nothing can be said of later epochs then */
  async #holdFinalized({ final }: Watched, recomputation: Recomputation): Promise<Alarm[]> {
    while (this.#chain.lastEpoch < final.lastFinalized) {
      const epoch = this.#chain.lastEpoch + 1
      const recomputed = recomputation.epochs[epoch - 1]
      if (recomputed === undefined) return [this.#finalizedUnseen(epoch, recomputation)]
      const held = await this.#chain.advance(recomputed)
      if (!held.agrees)
        return [wrongLedger(held.difference, { epoch }) ?? this.#finalizedDiffers(epoch, held.difference)]
    }
    return []
  }

  #finalizedUnseen(epoch: number, { difference, isIncomplete }: Recomputation): Alarm {
    if (difference !== undefined && !isIncomplete) return this.#finalizedDiffers(epoch, difference)
    const problem = difference === undefined ? 'not here.' : `not whole: ${differenceText(difference)}`
    const message = `Epoch ${epoch} is final, and its bundle is ${problem}`
    return alarmOf({ kind: 'bundle-missing', message, difference: difference ?? null, command: null, about: { epoch } })
  }

  #finalizedDiffers(epoch: number, difference: WatchDifference): Alarm {
    const message = `Epoch ${epoch} is final, and is not what was recomputed: ${differenceText(difference)}`
    const command = revokeCommand(this.#options.pins.distributor, epoch)
    return alarmOf({ kind: 'finalized-differs', message, difference, command, about: { epoch } })
  }

  async #judge(watched: Watched, pending: EpochRecord, recomputation: Recomputation): Promise<Verdict> {
    const epoch = Number(pending.content.epoch)
    const about = subjectOf(pending)
    if (this.#chain.lastEpoch !== epoch - 1)
      return this.#notFinal(watched, pending, `Epoch ${epoch - 1}, on which epoch ${epoch} builds, is not final yet.`)
    const recomputed = recomputation.epochs[epoch - 1]
    const { difference } = recomputation
    if (recomputed === undefined) {
      if (difference === undefined) return this.#missing(watched, pending, `The bundle of epoch ${epoch} is not here.`)
      if (recomputation.isIncomplete)
        return this.#missing(
          watched,
          pending,
          `The bundle of epoch ${epoch} is not whole: ${differenceText(difference)}`,
          difference,
        )
      return this.#differs(about, difference)
    }
    const held = this.#chain.hold(pending, recomputed)
    if (!held.agrees) {
      const wrong = wrongLedger(held.difference, about)
      return wrong === undefined ? this.#differs(about, held.difference) : alarming(wrong)
    }
    const detail = `Epoch ${epoch} attempt ${pending.content.attempt} is what was recomputed${unknownText(recomputed)}`
    const { attester } = this.#options
    if (!recomputed.isWhole) {
      if (attester !== undefined) return this.#missing(watched, pending, `Records up to epoch ${epoch} are not here.`)
      return {
        outcome: 'agrees',
        detail: `${detail}, in its public part: records were not given, so neither deposits nor answers of contracts were held to the chain.`,
      }
    }
    if (attester === undefined) return { outcome: 'agrees', detail: `${detail}.` }
    return this.#attest(attester, pending, held.recordHash, detail)
  }

  /** Something may still come for a part of the window; then it is an alarm. */
  #missing({ now_s }: Watched, pending: EpochRecord, what: string, difference: WatchDifference | null = null): Verdict {
    const until_s = this.#waitEnd(pending)
    if (now_s < until_s) return { outcome: 'waiting', detail: `${what} It may come until ${timeText(until_s)}.` }
    const message = `${what} ${this.#options.bundleWait_percent} % of the window are over.`
    const about = subjectOf(pending)
    const command = vetoCommand(this.#options.pins.distributor, about.epoch)
    return alarming(alarmOf({ kind: 'bundle-missing', message, difference, command, about }))
  }

  /** So is a block that does not become final. */
  #notFinal({ now_s }: Pick<Watched, 'now_s'>, pending: EpochRecord, detail: string): Verdict {
    if (now_s < this.#waitEnd(pending)) return { outcome: 'waiting', detail }
    const about = subjectOf(pending)
    return alarming(alarmOf({ kind: 'not-final', message: detail, difference: null, command: null, about }))
  }

  #waitEnd({ proposedAt_s, delay_s }: EpochRecord): bigint {
    return proposedAt_s + (delay_s * BigInt(this.#options.bundleWait_percent)) / 100n
  }

  #differs(about: AlarmSubject, difference: WatchDifference): Verdict {
    const message = `Epoch ${about.epoch} attempt ${about.attempt} is not what was recomputed: ${differenceText(difference)}`
    const command = vetoCommand(this.#options.pins.distributor, about.epoch)
    return alarming(alarmOf({ kind: 'difference', message, difference, command, about }))
  }

  /**
   * Attests to a proposal that was recomputed.
   *
   * 1. The chain is read again: the same proposal, still pending, final, and inside its window. Killed here: nothing happened.
   * 2. The attempt is bound to the proposal, durably. Killed here: the next look signs this one, and no other, ever.
   * 3. It is signed, and the signature checked. Killed here: the next look makes the same bytes.
   * 4. The attestation is stored.
   *
   * @param recordHash as it was recomputed here: what is signed
   */
  async #attest({ signer, memory }: Attester, pending: EpochRecord, recordHash: Hex, detail: string): Promise<Verdict> {
    const { epoch, attempt } = pending.content
    const signed = { epoch: Number(epoch), attempt }
    const bound = await memory.bound(signed)
    if (bound !== undefined && bound !== recordHash) return this.#secondProposal(pending, bound)
    if (await memory.isStored(signed)) return { outcome: 'attested', detail: `${detail}, and is attested.` }
    const { members } = await readAttesters(this.#options.at, pending.attesterSet, { blockTag: 'latest' })
    const attester = toAddress(signer.address)
    if (!members.some((each) => toAddress(each) === attester))
      return { outcome: 'agrees', detail: `${detail}; ${attester} is no attester of it, so nothing is signed.` }
    const obstacle = await this.#obstacle(pending, recordHash)
    if (obstacle !== undefined) return obstacle
    if ((await memory.bind(signed, recordHash)) !== recordHash) return this.#secondProposal(pending, recordHash)
    const { at, pins } = this.#options
    const place = { chainId: at.connection.entry.chainId, distributor: pins.distributor }
    const document = await signAttestation(signer, place, { epoch, attempt, proposalHash: recordHash })
    await verifyAttestation(Buffer.from(encodeAttestation(document)))
    const attestation = await memory.store(document)
    return { outcome: 'attested', detail: `${detail}, and is attested: ${attestation}`, attestation }
  }

  /** Why the proposal cannot be attested to now, by the chain as it is at this moment. */
  async #obstacle(pending: EpochRecord, recordHash: Hex): Promise<Verdict | undefined> {
    const { now_s, latest, final } = await readWatched(this.#options.at)
    const about = subjectOf(pending)
    if (latest.pending?.recordHash !== recordHash || deadlineOf(latest.pending) !== about.deadline_s)
      return {
        outcome: 'waiting',
        detail: 'The proposal changed while it was recomputed; the next look takes the new one.',
      }
    if (now_s >= about.deadline_s) {
      const message = `The window of epoch ${about.epoch} attempt ${about.attempt} ended at ${timeText(about.deadline_s)}, before it was attested. What is proposed agrees.`
      return alarming(alarmOf({ kind: 'window-missed', message, difference: null, command: null, about }))
    }
    if (final.pending?.recordHash === recordHash) return undefined
    const detail = `Epoch ${about.epoch} attempt ${about.attempt} agrees; its proposal is not in a final block yet.`
    return this.#notFinal({ now_s }, pending, detail)
  }

  #secondProposal(pending: EpochRecord, bound: Hex): Verdict {
    const about = subjectOf(pending)
    const message = `Epoch ${about.epoch} attempt ${about.attempt} is proposed a second time: ${bound} was signed, ${pending.recordHash} is there now. It is not signed.`
    const difference = {
      epoch: about.epoch,
      check: 'memory',
      where: `proposal of epoch ${about.epoch} attempt ${about.attempt}`,
      expected: bound,
      found: pending.recordHash,
    }
    const command = vetoCommand(this.#options.pins.distributor, about.epoch)
    return alarming(alarmOf({ kind: 'second-proposal', message, difference, command, about }))
  }
}

const NOTHING: Recomputation = { epochs: [], difference: undefined, isIncomplete: false }
const IDLE: Verdict = { outcome: 'idle', detail: 'Nothing is proposed.' }

function sumOfAnswers({ epochs }: Recomputation): HeldContractAnswers | null {
  const given = epochs.flatMap(({ contractAnswers }) => contractAnswers ?? [])
  if (given.length === 0) return null
  return given.reduce((sum, each) => ({
    checked: sum.checked + each.checked,
    unknown: sum.unknown + each.unknown,
  }))
}

/** What was believed of the epoch because nobody could ask any more. */
function unknownText({ contractAnswers: { checked, unknown } = { checked: 0, unknown: 0 } }: RecomputedEpoch): string {
  if (unknown === 0) return ''
  return ` (but for ${unknown} of its ${checked + unknown} answers of contracts, of whose blocks the node has no state any more)`
}

function alarming(alarm: Alarm): Verdict {
  return { outcome: 'alarm', detail: alarm.message, alarm }
}

/** The bundle is of another ledger than was asked for: that says nothing against what the chain has. */
function wrongLedger(difference: WatchDifference, about: AlarmSubject): Alarm | undefined {
  if (difference.check !== LEDGER_CHECK) return undefined
  const message = `The bundle is of another ledger than the one to watch: ${differenceText(difference)}`
  return alarmOf({ kind: 'wrong-ledger', message, difference, command: null, about })
}

function finalityBroken(before: number, { final }: Watched): Alarm {
  const message = `Epoch ${before} was final; now the last final one is epoch ${final.lastFinalized}: the chain went back behind what was final.`
  return alarmOf({ kind: 'finality-broken', message, difference: null, command: null, about: { epoch: before } })
}

function subjectOf(record: EpochRecord): Required<AlarmSubject> {
  const { epoch, attempt } = record.content
  return { epoch: Number(epoch), attempt, proposalHash: record.recordHash, deadline_s: deadlineOf(record) }
}

/** A difference in one line. */
function differenceText({ epoch, check, where, expected, found }: WatchDifference): string {
  const of = epoch === null ? '' : `epoch ${epoch} `
  return `${of}${check}, ${where}: expected ${expected}, found ${found}.`
}

function timeText(seconds: bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString()
}

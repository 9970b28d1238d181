import { randomBytes } from 'node:crypto'
import { signEvent, signingDigest, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, type Hash32, toAddress, toHash32, toHex } from '../../schemas/ids.ts'
import { RUN_BYTES } from '../../schemas/limits.ts'
import { SALT_BYTES, saltedHash } from './contribute.ts'

/** How far a run has come. Keep it: the next step goes on from it. */
export interface TakenStep {
  readonly step: number
  /** What the next step names as the one before it. */
  readonly hash: Hash32
}

export interface StepOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** An owner of the agent, mostly the agent's own account. */
  readonly signer: TypedDataSigner
  /** The registered source that sends it; it needs the permission for AgentStep. */
  readonly source: string
  readonly agent: string
  /** One task or session, 16 bytes of your choice. */
  readonly run: Uint8Array
  /** The step before. Default: none, which is right for the first step of a run alone. */
  readonly after?: TakenStep
  readonly input: Uint8Array
  readonly output: Uint8Array
  /** The model that it used, and the InferenceRecorded of that use. */
  readonly used?: { readonly model: string; readonly inference?: { readonly source: string; readonly id: string } }
  /** What it cost. Default: nothing. */
  readonly cost?: { readonly token: string; readonly amount: bigint }
  /** Default: run and number of the step, so that no other one can take its place. */
  readonly id?: string
  readonly now?: Date
  /** 16 bytes that hide input and output. Default: the system's random bytes. */
  readonly salt?: Uint8Array
}

const NO_STEP = toHash32(`0x${'00'.repeat(32)}`)
const NOTHING = { token: `0x${'00'.repeat(20)}`, amount: 0n }

/**
 * A signed step of an agent, linked to the one before: what it read, what it wrote, what it used and paid. Input and output stay with
 * you; only their salted hashes are in it.
 *
 * @returns the record, and `taken`: store both before you send the record, and send that record again after a crash. One made anew is
 *          another step in the same place, and is refused
 * @throws RangeError when the run does not have 16 bytes
 */
export async function recordStep(
  options: StepOptions,
): Promise<{ id: string; record: OutgoingRecord; salt: Uint8Array; taken: TakenStep }> {
  const { ledgerId, signer, source, agent, run, after, used, cost = NOTHING } = options
  if (run.length !== RUN_BYTES) throw new RangeError(`A run has ${RUN_BYTES} bytes, not ${run.length}.`)
  const step = after === undefined ? 0 : after.step + 1
  const id = options.id ?? `${toHex(run)}/${step}`
  const salt = options.salt ?? randomBytes(SALT_BYTES)
  const body = {
    ...{ agent, account: fromHex(toAddress(signer.address)), run, step, previous: fromHex(after?.hash ?? NO_STEP) },
    ...{ inputHash: saltedHash(salt, options.input), outputHash: saltedHash(salt, options.output) },
    ...{ model: used?.model ?? '', inferenceSource: used?.inference?.source ?? '' },
    ...{ inferenceId: used?.inference?.id ?? '', token: fromHex(toAddress(cost.token)), cost: cost.amount },
  }
  const event = await signEvent(ledgerId, signer, { type: 'AgentStep', source, id, body })
  const record = encodeEvent(event, (options.now ?? new Date()).toISOString())
  return { id, record, salt, taken: { step, hash: signingDigest(ledgerId, event) } }
}
